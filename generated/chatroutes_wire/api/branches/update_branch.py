# Rendered from openapi/chatroutes.yaml and templates/ by scripts/regen.py. Do not edit.

"""PATCH /conversations/{conversation_id}/branches/{branch_id}: Change the title, the description or the context mode of a branch."""

from __future__ import annotations

from typing import TYPE_CHECKING, cast

from ...client import Request, body_of, path_segment, read_object

if TYPE_CHECKING:
    from ... import types


def request(
    conversation_id: str,
    branch_id: str,
    body: types.UpdateBranchRequest,
) -> Request:
    """Changes the fields that are given, and leaves the other fields as they are. A new `contextMode` applies
    from the next message.

    Args:
        conversation_id: Goes into the path, quoted.
        branch_id: Goes into the path, quoted.
        body: The fields to change.

    Raises:
        InvalidArgument: no request can be made of these.
    """
    return Request(
        operation="updateBranch",
        method="PATCH",
        path=f"/conversations/{path_segment('conversation_id', conversation_id)}/branches/{path_segment('branch_id', branch_id)}",
        body=body_of("updateBranch", body),
        result="branch",
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
