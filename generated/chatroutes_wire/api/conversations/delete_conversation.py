# Rendered from openapi/chatroutes.yaml and templates/ by scripts/regen.py. Do not edit.

"""DELETE /conversations/{conversation_id}: Delete a conversation."""

from __future__ import annotations

from ...client import Request, path_segment
from ...errors import UnexpectedPayload


def request(
    conversation_id: str,
) -> Request:
    """Deletes the conversation with its branches, messages and checkpoints. Later requests for it return 404.

    Args:
        conversation_id: Goes into the path, quoted.

    Raises:
        InvalidArgument: no request can be made of these.
    """
    return Request(
        operation="deleteConversation",
        method="DELETE",
        path=f"/conversations/{path_segment('conversation_id', conversation_id)}",
    )


def read(payload: object) -> None:
    """Check the decoded answer, which says no more than that it was done.

    Raises:
        UnexpectedPayload: it does not have the shape that the contract gives it.
    """
    if not isinstance(payload, dict):
        raise UnexpectedPayload("the answer is not a JSON object")
