# Rendered from openapi/chatroutes.yaml and templates/ by scripts/regen.py. Do not edit.

"""DELETE /conversations/{conversation_id}/branches/{branch_id}: Delete a branch."""

from __future__ import annotations

from ...client import Request, path_segment
from ...errors import UnexpectedPayload


def request(
    conversation_id: str,
    branch_id: str,
) -> Request:
    """Deletes the branch and its own messages. Inherited messages remain on their branches. The main branch
    cannot be deleted, and neither can a branch from which other branches were forked: the status is 409,
    and the error names those branches.

    Args:
        conversation_id: Goes into the path, quoted.
        branch_id: Goes into the path, quoted.

    Raises:
        InvalidArgument: no request can be made of these.
    """
    return Request(
        operation="deleteBranch",
        method="DELETE",
        path=f"/conversations/{path_segment('conversation_id', conversation_id)}/branches/{path_segment('branch_id', branch_id)}",
    )


def read(payload: object) -> None:
    """Check the decoded answer, which says no more than that it was done.

    Raises:
        UnexpectedPayload: it does not have the shape that the contract gives it.
    """
    if not isinstance(payload, dict):
        raise UnexpectedPayload("the answer is not a JSON object")
