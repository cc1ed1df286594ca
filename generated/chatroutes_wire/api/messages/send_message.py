# Rendered from openapi/chatroutes.yaml and templates/ by scripts/regen.py. Do not edit.

"""POST /conversations/{conversation_id}/messages: Send a message and wait for the reply."""

from __future__ import annotations

from typing import TYPE_CHECKING, cast

from ...client import Request, check_body, quote_path_segment, read_object

if TYPE_CHECKING:
    from ... import types
else:
    from ...client import lazy_types as types

_KNOWN_FIELDS = frozenset(
    (
        "content",
        "model",
        "temperature",
        "maxTokens",
        "branchId",
    )
)


def request(
    conversation_id: str,
    body: types.SendMessageRequest,
) -> Request:
    """Build a request for `sendMessage`.

    Appends the message to the branch `branchId`, or to the main branch if there is no `branchId`. Sends
    the messages of the branch to the model (`createBranch` describes how `contextMode` limits them), and
    returns when the reply is complete. The message and the reply are stored. To receive the text while it
    is generated, use `streamMessage`. A merged branch accepts no messages: 409.

    The message waits for earlier turns of the branch, and a client that disconnects may stop the reply: the
    guide describes both under *Turns*.

    If the model fails, the response is an error and the message remains. A retry with the same
    `Idempotency-Key` generates the reply again. If the model is an upstream service that cannot be reached
    or that fails, the status is 502. If the upstream service does not respond in time, the status is 504.
    Both errors have the code `UPSTREAM_ERROR` and name the model.

    Args:
        conversation_id: Id of the conversation.
        body: A message to send, and options for the reply.

    Raises:
        InvalidArgument: If an argument is invalid.
    """
    return Request(
        operation="sendMessage",
        method="POST",
        path=f"/conversations/{quote_path_segment('conversation_id', conversation_id)}/messages",
        body=check_body("sendMessage", body, "branchId", example="content"),
        idempotent_by_key=True,
        known_fields=_KNOWN_FIELDS,
    )


def read(payload: object) -> types.SendMessageResponse:
    """Return the result from the decoded response.

    Raises:
        UnexpectedPayload: If the response does not have the shape that the contract defines.
    """
    return cast(
        "types.SendMessageResponse",
        read_object(
            payload,
            None,
            ("userMessage", "assistantMessage"),
            {"userMessage": "an object", "assistantMessage": "an object"},
        ),
    )
