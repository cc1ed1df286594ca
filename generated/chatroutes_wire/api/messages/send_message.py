# Rendered from openapi/chatroutes.yaml and templates/ by scripts/regen.py. Do not edit.

"""POST /conversations/{conversation_id}/messages: Send a message and wait for the reply."""

from __future__ import annotations

from typing import TYPE_CHECKING, cast

from ...client import Request, body_of, path_segment, read_object

if TYPE_CHECKING:
    from ... import types


def request(
    conversation_id: str,
    body: types.SendMessageRequest,
) -> Request:
    """Appends the message to the branch named by `branchId`, or to the main branch, gives the model
    what the branch sees (see `createBranch` for what `contextMode` keeps of it), and answers once
    the reply is whole. Both the message and the reply are stored. To see text as it is written, use
    `streamMessage`. A branch that was merged takes no more messages: 409.

    If the model fails, the answer is an error and the message stays; the same `Idempotency-Key` tries the
    reply again. A model that runs elsewhere and cannot be reached, or fails, is a 502 that names it, and
    one that is too slow a 504, both with the code `UPSTREAM_ERROR`.

    Args:
        conversation_id: Goes into the path, quoted.
        body: A message to send, and how it is to be answered.

    Raises:
        InvalidArgument: no request can be made of these.
    """
    return Request(
        operation="sendMessage",
        method="POST",
        path=f"/conversations/{path_segment('conversation_id', conversation_id)}/messages",
        body=body_of("sendMessage", body, "branchId"),
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
