"""The import path of releases 0.1 and 0.2 for the class of `client.messages`."""

from .._sync.resources.messages import Messages
from ..types import Message as Message
from ..types import SendMessageRequest as SendMessageRequest
from ..types import SendMessageResponse as SendMessageResponse
from ..types import StreamChunk as StreamChunk

MessagesResource = Messages
