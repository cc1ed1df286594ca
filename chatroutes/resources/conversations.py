"""The import path of releases 0.1 and 0.2 for the class of `client.conversations`."""

from .._sync.resources.conversations import Conversations

ConversationsResource = Conversations
