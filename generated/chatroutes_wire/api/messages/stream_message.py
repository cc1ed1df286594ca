# Rendered from openapi/chatroutes.yaml and templates/ by scripts/regen.py. Do not edit.

"""POST /conversations/{conversation_id}/messages/stream: Send a message and stream the reply."""

from __future__ import annotations

from typing import TYPE_CHECKING, cast

from ...client import Request, check_body, check_headers, quote_path_segment
from ...errors import UnexpectedPayload

if TYPE_CHECKING:
    from ... import types
else:
    from ...client import lazy_types as types

_KNOWN_FIELDS = frozenset(
    (
        "Last-Event-ID",
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
    headers: types.StreamMessageHeaders | None = None,
) -> Request:
    """Build a request for `streamMessage`.

    Does the same as `sendMessage`, but returns an event stream. The `data` of each event is a `StreamEvent`
    in JSON. The last event may be the text `[DONE]`. An error before the stream starts is an ordinary error
    response. An error after the stream has started is an `error` event.

    While the message waits for earlier turns of the branch, and while the model generates no text, a server
    may send comments: lines that begin with a colon and that are not events. The stream may start with a
    comment some seconds after the request. The first event may then be an `error` event.

    Events have an `id`. To resume an interrupted stream, send the request again with the same
    `Idempotency-Key` and with the id of the last complete event as `Last-Event-ID`. The response contains
    the events that follow, including new ones if the reply is still being generated, and repeats none.
    Without `Last-Event-ID`, the response contains all events.

    If the last client of the reply disconnects, the server keeps the reply running for a resume window, if
    the request had an `Idempotency-Key`. It then stops the reply: the text so far is stored, and the finish
    reason is `cancelled`. Without a key, it stops the reply at once. The guide describes this under *Turns*.

    Args:
        conversation_id: Id of the conversation.
        body: A message to send, and options for the reply.
        headers: Headers: `Last-Event-ID`.

    Raises:
        InvalidArgument: If an argument is invalid.
    """
    return Request(
        operation="streamMessage",
        method="POST",
        path=f"/conversations/{quote_path_segment('conversation_id', conversation_id)}/messages/stream",
        headers=check_headers("streamMessage", headers),
        body=check_body("streamMessage", body, "branchId", example="content"),
        accept="text/event-stream",
        idempotent_by_key=True,
        known_fields=_KNOWN_FIELDS,
    )


def read(payload: object) -> types.StreamChunk:
    """Return the decoded data of one event.

    Raises:
        UnexpectedPayload: If the event does not have the shape that the contract defines.
    """
    if not isinstance(payload, dict):
        raise UnexpectedPayload("the event is not a JSON object")
    return cast("types.StreamChunk", payload)
