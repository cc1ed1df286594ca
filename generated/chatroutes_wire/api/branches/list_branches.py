# Rendered from openapi/chatroutes.yaml and templates/ by scripts/regen.py. Do not edit.

"""GET /conversations/{conversation_id}/branches: List the branches of a conversation."""

from __future__ import annotations

from typing import TYPE_CHECKING, cast

from ...client import Request, check_query, quote_path_segment, read_list

if TYPE_CHECKING:
    from ... import types
else:
    from ...client import lazy_types as types

_KNOWN_FIELDS = frozenset(
    (
        "limit",
        "cursor",
    )
)


def request(
    conversation_id: str,
    params: types.ListBranchesParams | None = None,
) -> Request:
    """Build a request for `listBranches`.

    Returns all branches, including merged branches. The main branch comes first, then the others from
    oldest to newest.

    Args:
        conversation_id: Id of the conversation.
        params: Query parameters: `limit`, `cursor`.

    Raises:
        InvalidArgument: If an argument is invalid.
    """
    return Request(
        operation="listBranches",
        method="GET",
        path=f"/conversations/{quote_path_segment('conversation_id', conversation_id)}/branches",
        query=check_query("listBranches", params),
        result="branches",
        known_fields=_KNOWN_FIELDS,
    )


def read(payload: object) -> list[types.Branch]:
    """Return the result from the decoded response.

    Raises:
        UnexpectedPayload: If the response does not have the shape that the contract defines.
    """
    return cast("list[types.Branch]", read_list(payload, "branches"))
