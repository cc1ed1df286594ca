# Rendered from openapi/chatroutes.yaml and templates/ by scripts/regen.py. Do not edit.

"""DELETE /messages/{message_id}: Delete a message."""

from __future__ import annotations

from ...client import Request, quote_path_segment
from ...errors import UnexpectedPayload


def request(
    message_id: str,
) -> Request:
    """Build a request for `deleteMessage`.

    Removes the message from every branch on which it is visible. The messages after it remain, and branches
    that were forked at it still work.

    Args:
        message_id: Id of the message.

    Raises:
        InvalidArgument: If an argument is invalid.
    """
    return Request(
        operation="deleteMessage",
        method="DELETE",
        path=f"/messages/{quote_path_segment('message_id', message_id)}",
    )


def read(payload: object) -> None:
    """Check that the decoded response is an object. It contains no result.

    Raises:
        UnexpectedPayload: If the response does not have the shape that the contract defines.
    """
    if not isinstance(payload, dict):
        raise UnexpectedPayload("the response is not a JSON object")
