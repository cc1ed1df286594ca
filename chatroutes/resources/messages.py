"""The import path of releases 0.1 and 0.2 for the class of `client.messages`."""

from .._sync.resources.messages import Messages

MessagesResource = Messages
