# Rendered from openapi/chatroutes.yaml and templates/ by scripts/regen.py. Do not edit.

"""PATCH /conversations/{conversation_id}/branches/{branch_id}: Change the title, the description or the context mode of a branch."""

from __future__ import annotations

from typing import TYPE_CHECKING, cast

from ...client import Request, check_body, quote_path_segment, read_object

if TYPE_CHECKING:
    from ... import types
else:
    from ...client import lazy_types as types

_KNOWN_FIELDS = frozenset(
    (
        "title",
        "description",
        "contextMode",
    )
)


def request(
    conversation_id: str,
    branch_id: str,
    body: types.UpdateBranchRequest,
) -> Request:
    """Build a request for `updateBranch`.

    Changes the fields that are given, and leaves the other fields as they are. A new `contextMode` applies
    from the next message.

    Args:
        conversation_id: Id of the conversation.
        branch_id: Id of the branch.
        body: The fields to change.

    Raises:
        InvalidArgument: If an argument is invalid.
    """
    return Request(
        operation="updateBranch",
        method="PATCH",
        path=f"/conversations/{quote_path_segment('conversation_id', conversation_id)}/branches/{quote_path_segment('branch_id', branch_id)}",
        body=check_body("updateBranch", body, example="title"),
        result="branch",
        known_fields=_KNOWN_FIELDS,
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
