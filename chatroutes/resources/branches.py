"""The import path of releases 0.1 and 0.2 for the class of `client.branches`."""

from .._sync.resources.branches import Branches
from ..types import Branch as Branch
from ..types import CreateBranchRequest as CreateBranchRequest
from ..types import ForkConversationRequest as ForkConversationRequest
from ..types import Message as Message

BranchesResource = Branches
