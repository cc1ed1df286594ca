# Rendered from openapi/chatroutes.yaml and templates/ by scripts/regen.py. Do not edit.

"""POST /conversations/{conversation_id}/branches/{branch_id}/messages: Send a message to a branch and wait for the reply."""

from __future__ import annotations

from typing import TYPE_CHECKING, cast

from ...client import Request, body_of, path_segment, read_object

if TYPE_CHECKING:
    from ... import types


def request(
    conversation_id: str,
    branch_id: str,
    body: types.SendMessageRequest,
) -> Request:
    """Does the same as `sendMessage` for the branch in the path. A `branchId` in the body is ignored.

    Args:
        conversation_id: Goes into the path, quoted.
        branch_id: Goes into the path, quoted.
        body: A message to send, and options for the reply.

    Raises:
        InvalidArgument: no request can be made of these.
    """
    return Request(
        operation="sendBranchMessage",
        method="POST",
        path=f"/conversations/{path_segment('conversation_id', conversation_id)}/branches/{path_segment('branch_id', branch_id)}/messages",
        body=body_of("sendBranchMessage", body, "branchId"),
        idempotent_by_key=True,
    )


def read(payload: object) -> types.SendMessageResponse | types.CompactSendMessageResponse:
    """Take the result out of the decoded answer.

    Raises:
        UnexpectedPayload: it does not have the shape that the contract gives it.
    """
    return cast(
        "types.SendMessageResponse | types.CompactSendMessageResponse",
        read_object(payload, None, ()),
    )
