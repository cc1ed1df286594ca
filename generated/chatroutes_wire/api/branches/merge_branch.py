# Rendered from openapi/chatroutes.yaml and templates/ by scripts/regen.py. Do not edit.

"""POST /conversations/{conversation_id}/branches/{branch_id}/merge: Merge a branch into its parent."""

from __future__ import annotations

from typing import TYPE_CHECKING, cast

from ...client import Request, path_segment, read_object

if TYPE_CHECKING:
    from ... import types


def request(
    conversation_id: str,
    branch_id: str,
) -> Request:
    """Appends copies of the branch's own messages to its parent, in order. The copies have new ids, and the
    same roles and contents. `metadata.mergedFrom` names the source of each copy. The branch keeps its
    messages and becomes inactive (`isActive: false`). Returns the parent. The main branch and a branch
    that is already merged cannot be merged: 409.

    Args:
        conversation_id: Goes into the path, quoted.
        branch_id: Goes into the path, quoted.

    Raises:
        InvalidArgument: no request can be made of these.
    """
    return Request(
        operation="mergeBranch",
        method="POST",
        path=f"/conversations/{path_segment('conversation_id', conversation_id)}/branches/{path_segment('branch_id', branch_id)}/merge",
        body={},
        result="branch",
        idempotent_by_key=True,
    )


def read(payload: object) -> types.Branch:
    """Take the result out of the decoded answer.

    Raises:
        UnexpectedPayload: it does not have the shape that the contract gives it.
    """
    return cast(
        "types.Branch",
        read_object(
            payload, "branch", ("id", "conversationId", "title", "isMain", "isActive", "createdAt")
        ),
    )
