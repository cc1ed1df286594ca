"""The import path of releases 0.1 and 0.2 for the class of `client.conversations`."""

from .._sync.resources.conversations import Conversations
from ..types import Conversation as Conversation
from ..types import ConversationTree as ConversationTree
from ..types import CreateConversationRequest as CreateConversationRequest
from ..types import ListConversationsParams as ListConversationsParams
from ..types import PaginatedResponse as PaginatedResponse

ConversationsResource = Conversations
