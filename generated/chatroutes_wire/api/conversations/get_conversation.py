# Rendered from openapi/chatroutes.yaml and templates/ by scripts/regen.py. Do not edit.

"""GET /conversations/{conversation_id}: Get a conversation."""

from __future__ import annotations

from typing import TYPE_CHECKING, cast

from ...client import Request, path_segment, read_object

if TYPE_CHECKING:
    from ... import types


def request(
    conversation_id: str,
) -> Request:
    """Returns the conversation with all its branches and with the messages of its main branch, oldest first.

    Args:
        conversation_id: Goes into the path, quoted.

    Raises:
        InvalidArgument: no request can be made of these.
    """
    return Request(
        operation="getConversation",
        method="GET",
        path=f"/conversations/{path_segment('conversation_id', conversation_id)}",
        result="conversation",
    )


def read(payload: object) -> types.Conversation:
    """Take the result out of the decoded answer.

    Raises:
        UnexpectedPayload: it does not have the shape that the contract gives it.
    """
    return cast(
        "types.Conversation",
        read_object(payload, "conversation", ("id", "userId", "title", "createdAt", "updatedAt")),
    )
