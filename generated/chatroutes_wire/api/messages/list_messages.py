# Rendered from openapi/chatroutes.yaml and templates/ by scripts/regen.py. Do not edit.

"""GET /conversations/{conversation_id}/messages: List the messages of a branch."""

from __future__ import annotations

from typing import TYPE_CHECKING, cast

from ...client import Request, check_query, quote_path_segment, read_list

if TYPE_CHECKING:
    from ... import types
else:
    from ...client import lazy_types as types

_KNOWN_FIELDS = frozenset(
    (
        "branchId",
        "scope",
        "limit",
        "cursor",
    )
)


def request(
    conversation_id: str,
    params: types.ListMessagesParams | None = None,
) -> Request:
    """Build a request for `listMessages`.

    Returns the messages that are visible on the branch, oldest first: the messages that the branch inherits
    from its ancestors, up to its fork point, and then its own messages. Without `branchId`, the branch is
    the main branch.

    With `scope=conversation`, returns the messages of all branches, each once, oldest first. `branchId` has
    no effect then. A service that does not support the parameter ignores it.

    Args:
        conversation_id: Id of the conversation.
        params: Query parameters: `branchId`, `scope`, `limit`, `cursor`.

    Raises:
        InvalidArgument: If an argument is invalid.
    """
    return Request(
        operation="listMessages",
        method="GET",
        path=f"/conversations/{quote_path_segment('conversation_id', conversation_id)}/messages",
        query=check_query("listMessages", params),
        result="messages",
        known_fields=_KNOWN_FIELDS,
    )


def read(payload: object) -> list[types.Message]:
    """Return the result from the decoded response.

    Raises:
        UnexpectedPayload: If the response does not have the shape that the contract defines.
    """
    return cast("list[types.Message]", read_list(payload, "messages"))
