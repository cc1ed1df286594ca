# Rendered from openapi/chatroutes.yaml and templates/ by scripts/regen.py. Do not edit.

"""GET /conversations/{conversation_id}: Get a conversation."""

from __future__ import annotations

from typing import TYPE_CHECKING, cast

from ...client import Request, quote_path_segment, read_object

if TYPE_CHECKING:
    from ... import types
else:
    from ...client import lazy_types as types


def request(
    conversation_id: str,
) -> Request:
    """Build a request for `getConversation`.

    Returns the conversation with all its branches and with the messages of its main branch, oldest first.

    Args:
        conversation_id: Id of the conversation.

    Raises:
        InvalidArgument: If an argument is invalid.
    """
    return Request(
        operation="getConversation",
        method="GET",
        path=f"/conversations/{quote_path_segment('conversation_id', conversation_id)}",
        result="conversation",
    )


def read(payload: object) -> types.Conversation:
    """Return the result from the decoded response.

    Raises:
        UnexpectedPayload: If the response does not have the shape that the contract defines.
    """
    return cast(
        "types.Conversation",
        read_object(payload, "conversation", ("id", "userId", "title", "createdAt", "updatedAt")),
    )
