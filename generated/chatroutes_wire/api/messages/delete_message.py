# Rendered from openapi/chatroutes.yaml and templates/ by scripts/regen.py. Do not edit.

"""DELETE /messages/{message_id}: Delete a message."""

from __future__ import annotations

from ...client import Request, path_segment
from ...errors import UnexpectedPayload


def request(
    message_id: str,
) -> Request:
    """Removes the message from every branch on which it is visible. The messages after it remain, and branches
    that were forked at it still work.

    Args:
        message_id: Goes into the path, quoted.

    Raises:
        InvalidArgument: no request can be made of these.
    """
    return Request(
        operation="deleteMessage",
        method="DELETE",
        path=f"/messages/{path_segment('message_id', message_id)}",
    )


def read(payload: object) -> None:
    """Check the decoded answer, which says no more than that it was done.

    Raises:
        UnexpectedPayload: it does not have the shape that the contract gives it.
    """
    if not isinstance(payload, dict):
        raise UnexpectedPayload("the answer is not a JSON object")
