# Rendered from openapi/chatroutes.yaml and templates/ by scripts/regen.py. Do not edit.

"""GET /conversations/{conversation_id}/branches/{branch_id}/messages: List the messages of one branch."""

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
    branch_id: str,
    params: types.ListBranchMessagesParams | None = None,
) -> Request:
    """Build a request for `listBranchMessages`.

    Returns the messages that the branch inherits from its ancestors, up to its fork point, and then its own
    messages, oldest first.

    Args:
        conversation_id: Id of the conversation.
        branch_id: Id of the branch.
        params: Query parameters: `limit`, `cursor`.

    Raises:
        InvalidArgument: If an argument is invalid.
    """
    return Request(
        operation="listBranchMessages",
        method="GET",
        path=f"/conversations/{quote_path_segment('conversation_id', conversation_id)}/branches/{quote_path_segment('branch_id', branch_id)}/messages",
        query=check_query("listBranchMessages", params),
        result="messages",
        known_fields=_KNOWN_FIELDS,
    )


def read(payload: object) -> list[types.Message]:
    """Return the result from the decoded response.

    Raises:
        UnexpectedPayload: If the response does not have the shape that the contract defines.
    """
    return cast("list[types.Message]", read_list(payload, "messages"))
