# Rendered from openapi/chatroutes.yaml and templates/ by scripts/regen.py. Do not edit.

"""GET /conversations/{conversation_id}/checkpoints: List checkpoints."""

from __future__ import annotations

from typing import TYPE_CHECKING, cast

from ...client import Request, path_segment, query_of, read_list

if TYPE_CHECKING:
    from ... import types


def request(
    conversation_id: str,
    params: types.ListCheckpointsParams | None = None,
) -> Request:
    """Returns the checkpoints of a conversation, or of one of its branches, oldest first. Available since
    release 0.2.

    Args:
        conversation_id: Goes into the path, quoted.
        params: `branchId`.

    Raises:
        InvalidArgument: no request can be made of these.
    """
    return Request(
        operation="listCheckpoints",
        method="GET",
        path=f"/conversations/{path_segment('conversation_id', conversation_id)}/checkpoints",
        query=query_of("listCheckpoints", params),
        result="checkpoints",
    )


def read(payload: object) -> list[types.Checkpoint]:
    """Take the result out of the decoded answer.

    Raises:
        UnexpectedPayload: it does not have the shape that the contract gives it.
    """
    return cast("list[types.Checkpoint]", read_list(payload, "checkpoints"))
