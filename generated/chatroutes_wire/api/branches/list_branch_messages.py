# Rendered from openapi/chatroutes.yaml and templates/ by scripts/regen.py. Do not edit.

"""GET /conversations/{conversation_id}/branches/{branch_id}/messages: List the messages of one branch."""

from __future__ import annotations

from typing import TYPE_CHECKING, cast

from ...client import Request, path_segment, read_list

if TYPE_CHECKING:
    from ... import types


def request(
    conversation_id: str,
    branch_id: str,
) -> Request:
    """Returns the messages that the branch inherits from its ancestors, up to its fork point, and then its own
    messages, oldest first.

    Args:
        conversation_id: Goes into the path, quoted.
        branch_id: Goes into the path, quoted.

    Raises:
        InvalidArgument: no request can be made of these.
    """
    return Request(
        operation="listBranchMessages",
        method="GET",
        path=f"/conversations/{path_segment('conversation_id', conversation_id)}/branches/{path_segment('branch_id', branch_id)}/messages",
        result="messages",
    )


def read(payload: object) -> list[types.Message]:
    """Take the result out of the decoded answer.

    Raises:
        UnexpectedPayload: it does not have the shape that the contract gives it.
    """
    return cast("list[types.Message]", read_list(payload, "messages"))
