"""The import path of releases 0.1 and 0.2 for the types of branch suggestions. The same types are in `chatroutes`."""

from chatroutes_wire.types import BranchPoint as BranchPoint
from chatroutes_wire.types import BranchSuggestion as BranchSuggestion
from chatroutes_wire.types import HealthResponse as HealthResponse
from chatroutes_wire.types import SuggestBranchesRequest as SuggestBranchesRequest
from chatroutes_wire.types import SuggestBranchesResponse as SuggestBranchesResponse
from chatroutes_wire.types import SuggestionMetadata as SuggestionMetadata
