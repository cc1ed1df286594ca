# Rendered from openapi/chatroutes.yaml and templates/ by scripts/regen.py. Do not edit.

"""PATCH /messages/{message_id}: Change the content of a message."""

from __future__ import annotations

from typing import TYPE_CHECKING, cast

from ...client import Request, check_body, quote_path_segment, read_object

if TYPE_CHECKING:
    from ... import types
else:
    from ...client import lazy_types as types

_KNOWN_FIELDS = frozenset(("content",))


def request(
    message_id: str,
    body: types.UpdateMessageRequest,
) -> Request:
    """Build a request for `updateMessage`.

    Replaces the content and updates `contentHash` and `tokenCount`. The id, the position and the time of
    the message do not change. Later replies do not change either. The next reply uses the new content.

    Args:
        message_id: Id of the message.
        body: The new content of a message.

    Raises:
        InvalidArgument: If an argument is invalid.
    """
    return Request(
        operation="updateMessage",
        method="PATCH",
        path=f"/messages/{quote_path_segment('message_id', message_id)}",
        body=check_body("updateMessage", body, example="content"),
        result="message",
        known_fields=_KNOWN_FIELDS,
    )


def read(payload: object) -> types.Message:
    """Return the result from the decoded response.

    Raises:
        UnexpectedPayload: If the response does not have the shape that the contract defines.
    """
    return cast(
        "types.Message",
        read_object(payload, "message", ("id", "conversationId", "role", "content", "createdAt")),
    )
