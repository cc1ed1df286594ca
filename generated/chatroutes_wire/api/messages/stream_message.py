# Rendered from openapi/chatroutes.yaml and templates/ by scripts/regen.py. Do not edit.

"""POST /conversations/{conversation_id}/messages/stream: Send a message and receive the reply as it is written."""

from __future__ import annotations

from typing import TYPE_CHECKING, cast

from ...client import Request, body_of, path_segment
from ...errors import UnexpectedPayload

if TYPE_CHECKING:
    from ... import types


def request(
    conversation_id: str,
    body: types.SendMessageRequest,
) -> Request:
    """As `sendMessage`, but the answer is an event stream. The `data` of each event is a JSON object of
    the schema below; a last event may be the bare text `[DONE]`. What goes wrong before the answer
    begins is an ordinary error answer; what goes wrong later is an `error` event.

    While the model is silent, a server may send comments: lines that begin with a colon, and are no
    events. If the model is slow to its first word, the answer may begin with one, some seconds after the
    request; an `error` event may be its first event then.

    Events carry an `id`. Send the request again with the same `Idempotency-Key`, and the id of the last
    event that was read whole as `Last-Event-ID`, and the answer is the rest, live if the reply is still
    being written, with nothing told twice. Without `Last-Event-ID`, it is the whole again.

    A reply whose reader went away is finished and stored if the request carried an `Idempotency-Key`,
    since somebody may come back with it. Without a key, a server may cancel what a model elsewhere still
    writes; what was received so far is then stored with the finish reason `cancelled`. A reply that a
    crash of the server cut off is finished when it starts again, or by the next try.

    Args:
        conversation_id: Goes into the path, quoted.
        body: A message to send, and how it is to be answered.

    Raises:
        InvalidArgument: no request can be made of these.
    """
    return Request(
        operation="streamMessage",
        method="POST",
        path=f"/conversations/{path_segment('conversation_id', conversation_id)}/messages/stream",
        body=body_of("streamMessage", body, "branchId"),
        accept="text/event-stream",
        idempotent_by_key=True,
    )


def read(
    payload: object,
) -> types.StreamChunk | types.ContentChunk | types.CompleteChunk | types.ErrorChunk:
    """Check the decoded data of one event.

    Raises:
        UnexpectedPayload: it does not have the shape that the contract gives it.
    """
    if not isinstance(payload, dict):
        raise UnexpectedPayload("the event is not a JSON object")
    return cast(
        "types.StreamChunk | types.ContentChunk | types.CompleteChunk | types.ErrorChunk", payload
    )
