# Rendered from openapi/chatroutes.yaml and templates/ by scripts/regen.py. Do not edit.

"""GET /conversations/{conversation_id}/checkpoints: List checkpoints."""

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
        "limit",
        "cursor",
    )
)


def request(
    conversation_id: str,
    params: types.ListCheckpointsParams | None = None,
) -> Request:
    """Build a request for `listCheckpoints`.

    Returns the checkpoints of a conversation, or of one of its branches, oldest first. Available since
    release 0.2.

    Args:
        conversation_id: Id of the conversation.
        params: Query parameters: `branchId`, `limit`, `cursor`.

    Raises:
        InvalidArgument: If an argument is invalid.
    """
    return Request(
        operation="listCheckpoints",
        method="GET",
        path=f"/conversations/{quote_path_segment('conversation_id', conversation_id)}/checkpoints",
        query=check_query("listCheckpoints", params),
        result="checkpoints",
        known_fields=_KNOWN_FIELDS,
    )


def read(payload: object) -> list[types.Checkpoint]:
    """Return the result from the decoded response.

    Raises:
        UnexpectedPayload: If the response does not have the shape that the contract defines.
    """
    return cast("list[types.Checkpoint]", read_list(payload, "checkpoints"))
