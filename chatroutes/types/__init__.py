"""The objects of the contract as TypedDicts."""

from __future__ import annotations

from typing import TypedDict

from chatroutes_wire.types import Branch as Branch
from chatroutes_wire.types import BranchInfo as BranchInfo
from chatroutes_wire.types import BranchPoint as BranchPoint
from chatroutes_wire.types import BranchSuggestion as BranchSuggestion
from chatroutes_wire.types import Checkpoint as Checkpoint
from chatroutes_wire.types import ContextMode as ContextMode
from chatroutes_wire.types import Conversation as Conversation
from chatroutes_wire.types import ConversationFilter as ConversationFilter
from chatroutes_wire.types import ConversationPage as ConversationPage
from chatroutes_wire.types import ConversationTree as ConversationTree
from chatroutes_wire.types import CreateBranchRequest as CreateBranchRequest
from chatroutes_wire.types import CreateConversationRequest as CreateConversationRequest
from chatroutes_wire.types import ForkConversationRequest as ForkConversationRequest
from chatroutes_wire.types import HealthResponse as HealthResponse
from chatroutes_wire.types import ListCheckpointsParams as ListCheckpointsParams
from chatroutes_wire.types import ListConversationsParams as ListConversationsParams
from chatroutes_wire.types import ListMessagesParams as ListMessagesParams
from chatroutes_wire.types import Message as Message
from chatroutes_wire.types import MessageMetadata as MessageMetadata
from chatroutes_wire.types import Model as Model
from chatroutes_wire.types import SendMessageRequest as SendMessageRequest
from chatroutes_wire.types import SendMessageResponse as SendMessageResponse
from chatroutes_wire.types import StreamChunk as StreamChunk
from chatroutes_wire.types import StreamChunkChoice as StreamChunkChoice
from chatroutes_wire.types import StreamChunkDelta as StreamChunkDelta
from chatroutes_wire.types import SuggestBranchesRequest as SuggestBranchesRequest
from chatroutes_wire.types import SuggestBranchesResponse as SuggestBranchesResponse
from chatroutes_wire.types import SuggestionMetadata as SuggestionMetadata
from chatroutes_wire.types import TreeMetadata as TreeMetadata
from chatroutes_wire.types import TreeNode as TreeNode
from chatroutes_wire.types import UpdateBranchRequest as UpdateBranchRequest
from chatroutes_wire.types import UpdateConversationRequest as UpdateConversationRequest
from chatroutes_wire.types import Usage as Usage


class PaginatedResponse(TypedDict):
    """One page of a list, as `conversations.list` returns it."""

    data: list[Conversation]
    """The conversations of this page."""
    total: int
    """The number of conversations on all pages."""
    page: int
    """The number of this page, from 1."""
    limit: int
    """The maximum number of conversations on a page."""
    hasNext: bool
    """Whether there is another page after this one."""
