# Rendered from openapi/chatroutes.yaml and templates/ by scripts/regen.py. Do not edit.

"""GET /conversations/{conversation_id}/branches: List the branches of a conversation."""

from __future__ import annotations

from typing import TYPE_CHECKING, cast

from ...client import Request, path_segment, read_list

if TYPE_CHECKING:
    from ... import types


def request(
    conversation_id: str,
) -> Request:
    """Returns all branches, including merged branches. The main branch comes first, then the others from
    oldest to newest.

    Args:
        conversation_id: Goes into the path, quoted.

    Raises:
        InvalidArgument: no request can be made of these.
    """
    return Request(
        operation="listBranches",
        method="GET",
        path=f"/conversations/{path_segment('conversation_id', conversation_id)}/branches",
        result="branches",
    )


def read(payload: object) -> list[types.Branch]:
    """Take the result out of the decoded answer.

    Raises:
        UnexpectedPayload: it does not have the shape that the contract gives it.
    """
    return cast("list[types.Branch]", read_list(payload, "branches"))
