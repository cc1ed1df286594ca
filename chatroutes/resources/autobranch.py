"""The import path of releases 0.1 and 0.2 for the class of `client.autobranch`."""

from .._sync.resources.autobranch import Autobranch
from ..types import HealthResponse as HealthResponse
from ..types import SuggestBranchesRequest as SuggestBranchesRequest
from ..types import SuggestBranchesResponse as SuggestBranchesResponse

AutoBranchResource = Autobranch
