"""The import path of releases 0.1 and 0.2 for the types of conversations. The same types are in `chatroutes`."""

from __future__ import annotations

from typing import TypedDict

from chatroutes_wire.types import Branch as Branch
from chatroutes_wire.types import Conversation as Conversation
from chatroutes_wire.types import ConversationTree as ConversationTree
from chatroutes_wire.types import CreateBranchRequest as CreateBranchRequest
from chatroutes_wire.types import CreateConversationRequest as CreateConversationRequest
from chatroutes_wire.types import ForkConversationRequest as ForkConversationRequest
from chatroutes_wire.types import ListConversationsParams as ListConversationsParams
from chatroutes_wire.types import Message as Message
from chatroutes_wire.types import MessageMetadata as MessageMetadata
from chatroutes_wire.types import SendMessageRequest as SendMessageRequest
from chatroutes_wire.types import SendMessageResponse as SendMessageResponse
from chatroutes_wire.types import StreamChunk as StreamChunk
from chatroutes_wire.types import StreamChunkChoice as StreamChunkChoice
from chatroutes_wire.types import StreamChunkDelta as StreamChunkDelta
from chatroutes_wire.types import TreeMetadata, add_pydantic_schemas
from chatroutes_wire.types import TreeNode as TreeNode
from chatroutes_wire.types import Usage as Usage

ConversationTreeMetadata = TreeMetadata


class CompletedMessage(SendMessageResponse, Message):
    """What `on_complete` receives: the keys of the response, and those of its `assistantMessage`."""


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


add_pydantic_schemas(globals())
