# Rendered from openapi/chatroutes.yaml and templates/ by scripts/regen.py. Do not edit.

"""PATCH /messages/{message_id}: Change the content of a message."""

from __future__ import annotations

from typing import TYPE_CHECKING, cast

from ...client import Request, body_of, path_segment, read_object

if TYPE_CHECKING:
    from ... import types


def request(
    message_id: str,
    body: types.UpdateMessageRequest,
) -> Request:
    """Replaces the content and updates `contentHash` and `tokenCount`. The id, the position and the time of
    the message do not change. Later replies do not change either. The next reply uses the new content.

    Args:
        message_id: Goes into the path, quoted.
        body: The new content of a message.

    Raises:
        InvalidArgument: no request can be made of these.
    """
    return Request(
        operation="updateMessage",
        method="PATCH",
        path=f"/messages/{path_segment('message_id', message_id)}",
        body=body_of("updateMessage", body),
        result="message",
    )


def read(payload: object) -> types.Message:
    """Take the result out of the decoded answer.

    Raises:
        UnexpectedPayload: it does not have the shape that the contract gives it.
    """
    return cast(
        "types.Message",
        read_object(payload, "message", ("id", "conversationId", "role", "content", "createdAt")),
    )
