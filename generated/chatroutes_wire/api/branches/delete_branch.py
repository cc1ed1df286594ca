# Rendered from openapi/chatroutes.yaml and templates/ by scripts/regen.py. Do not edit.

"""DELETE /conversations/{conversation_id}/branches/{branch_id}: Delete a branch."""

from __future__ import annotations

from ...client import Request, quote_path_segment
from ...errors import UnexpectedPayload


def request(
    conversation_id: str,
    branch_id: str,
) -> Request:
    """Build a request for `deleteBranch`.

    Deletes the branch and its own messages. Inherited messages remain on their branches. The main branch
    cannot be deleted, and neither can a branch from which other branches were forked: the status is 409,
    and the error names those branches.

    Args:
        conversation_id: Id of the conversation.
        branch_id: Id of the branch.

    Raises:
        InvalidArgument: If an argument is invalid.
    """
    return Request(
        operation="deleteBranch",
        method="DELETE",
        path=f"/conversations/{quote_path_segment('conversation_id', conversation_id)}/branches/{quote_path_segment('branch_id', branch_id)}",
    )


def read(payload: object) -> None:
    """Check that the decoded response is an object. It contains no result.

    Raises:
        UnexpectedPayload: If the response does not have the shape that the contract defines.
    """
    if not isinstance(payload, dict):
        raise UnexpectedPayload("the response is not a JSON object")
