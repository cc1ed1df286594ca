# Rendered from openapi/chatroutes.yaml and templates/ by scripts/regen.py. Do not edit.

"""DELETE /conversations/{conversation_id}: Delete a conversation."""

from __future__ import annotations

from ...client import Request, quote_path_segment
from ...errors import UnexpectedPayload


def request(
    conversation_id: str,
) -> Request:
    """Build a request for `deleteConversation`.

    Deletes the conversation with its branches, messages and checkpoints. Later requests for it return 404.

    Args:
        conversation_id: Id of the conversation.

    Raises:
        InvalidArgument: If an argument is invalid.
    """
    return Request(
        operation="deleteConversation",
        method="DELETE",
        path=f"/conversations/{quote_path_segment('conversation_id', conversation_id)}",
    )


def read(payload: object) -> None:
    """Check that the decoded response is an object. It contains no result.

    Raises:
        UnexpectedPayload: If the response does not have the shape that the contract defines.
    """
    if not isinstance(payload, dict):
        raise UnexpectedPayload("the response is not a JSON object")
