# Rendered from openapi/chatroutes.yaml and templates/ by scripts/regen.py. Do not edit.

"""GET /conversations/{conversation_id}/messages: List the messages of a branch."""

from __future__ import annotations

from typing import TYPE_CHECKING, cast

from ...client import Request, path_segment, query_of, read_list

if TYPE_CHECKING:
    from ... import types


def request(
    conversation_id: str,
    params: types.ListMessagesParams | None = None,
) -> Request:
    """Returns the messages that are visible on the branch, oldest first: the messages that the branch inherits
    from its ancestors, up to its fork point, and then its own messages. Without `branchId`, the branch is
    the main branch.

    Args:
        conversation_id: Goes into the path, quoted.
        params: `branchId`.

    Raises:
        InvalidArgument: no request can be made of these.
    """
    return Request(
        operation="listMessages",
        method="GET",
        path=f"/conversations/{path_segment('conversation_id', conversation_id)}/messages",
        query=query_of("listMessages", params),
        result="messages",
    )


def read(payload: object) -> list[types.Message]:
    """Take the result out of the decoded answer.

    Raises:
        UnexpectedPayload: it does not have the shape that the contract gives it.
    """
    return cast("list[types.Message]", read_list(payload, "messages"))
