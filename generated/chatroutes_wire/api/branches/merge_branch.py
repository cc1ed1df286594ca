# Rendered from openapi/chatroutes.yaml and templates/ by scripts/regen.py. Do not edit.

"""POST /conversations/{conversation_id}/branches/{branch_id}/merge: Merge a branch into its parent."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, cast

from ...client import Request, check_body, quote_path_segment, read_object

if TYPE_CHECKING:
    from ... import types
else:
    from ...client import lazy_types as types


def request(
    conversation_id: str,
    branch_id: str,
    body: dict[str, Any] | None = None,
) -> Request:
    """Build a request for `mergeBranch`.

    Appends copies of the branch's own messages to its parent, in order. The copies have new ids, and the
    same roles and contents. `metadata.mergedFrom` names the source of each copy. The branch keeps its
    messages and becomes inactive (`isActive: false`). Returns the parent. The main branch and a branch
    that is already merged cannot be merged: 409.

    A merge waits for the earlier turns of both branches, see *Turns* in the guide.

    Args:
        conversation_id: Id of the conversation.
        branch_id: Id of the branch.
        body: An empty object. The body may also be left out.

    Raises:
        InvalidArgument: If an argument is invalid.
    """
    return Request(
        operation="mergeBranch",
        method="POST",
        path=f"/conversations/{quote_path_segment('conversation_id', conversation_id)}/branches/{quote_path_segment('branch_id', branch_id)}/merge",
        body={} if body is None else check_body("mergeBranch", body),
        result="branch",
        idempotent_by_key=True,
    )


def read(payload: object) -> types.Branch:
    """Return the result from the decoded response.

    Raises:
        UnexpectedPayload: If the response does not have the shape that the contract defines.
    """
    return cast(
        "types.Branch",
        read_object(
            payload, "branch", ("id", "conversationId", "title", "isMain", "isActive", "createdAt")
        ),
    )
