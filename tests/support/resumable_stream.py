"""An event stream that a service resumes: its events have ids, and it is interrupted at given places."""

from __future__ import annotations

import json
from collections.abc import Iterator, Sequence
from typing import Any, Literal

import httpx

from tests.support.fault_responses import event_stream
from tests.support.fault_server import Connection, FaultServer
from tests.support.payloads import choice

Dialect = Literal["documented", "compact"]
End = Literal["clean", "close", "reset", "stall"]

TEXTS = ("Grüße, ", "😀 ", "w", "w", "o", " end.")


def make_events(dialect: Dialect, texts: Sequence[str] = TEXTS) -> list[tuple[str, str]]:
    """Return the id and the data of each event of a reply with these texts."""
    text = "".join(texts)
    message = {"id": "msg_1", "conversationId": "conv_1", "role": "assistant", "content": text}
    payloads: list[Any] = []
    for number, piece in enumerate(texts):
        if dialect == "compact":
            payloads.append({"type": "content", "content": piece, "model": "m"})
        else:
            part = choice(piece)
            part["delta"] |= {"role": "assistant"} if number == 0 else {}
            payloads.append({"id": "msg_1", "model": "m", "created": 1, "choices": [part]})
    if dialect == "compact":
        payloads.append({"type": "complete", "message": message, "model": "m"})
    else:
        payloads.append({"id": "msg_1", "model": "m", "choices": [choice(None, "stop")]})
    data = [*(json.dumps(each, ensure_ascii=False) for each in payloads), "[DONE]"]
    return [(f"msg_1-{number}", each) for number, each in enumerate(data)]


def encode(events: Sequence[tuple[str, str]]) -> bytes:
    """Return events as the body of a response."""
    return b"".join(f"data: {data}\nid: {event_id}\n\n".encode() for event_id, data in events)


def after(events: Sequence[tuple[str, str]], last_event_id: str | None) -> bytes:
    """Return the body of the response to a request with this `Last-Event-ID`."""
    ids = [event_id for event_id, _ in events]
    return encode(events[0 if last_event_id is None else ids.index(last_event_id) + 1 :])


class ResumableStream:
    """A service that resumes a stream after the event in `Last-Event-ID`.

    Args:
        server: The server that sends the responses, to all requests.
        events: The events of the reply.

    Attributes:
        cuts: After how many bytes the next responses are interrupted, and how. Later responses are whole.
    """

    def __init__(self, server: FaultServer, events: Sequence[tuple[str, str]]) -> None:
        self._server = server
        self._events = events
        self.cuts: list[tuple[int, End]] = []
        server.script(self._respond, repeat_last=True)

    def _respond(self, connection: Connection) -> bool:
        body = after(self._events, self._server.requests[-1].headers.get("last-event-id"))
        size, end = self.cuts.pop(0) if self.cuts else (len(body), "clean")
        part = body[:size]
        return event_stream(*([part] if part else []), end=end)(connection)


class CutTransport(httpx.BaseTransport):
    """The same service without a connection.

    Args:
        events: The events of the reply.
        cuts: After how many bytes the first responses are interrupted, and how.
    """

    def __init__(self, events: Sequence[tuple[str, str]], cuts: Sequence[tuple[int, End]]) -> None:
        self._events = events
        self._cuts = list(cuts)

    def handle_request(self, request: httpx.Request) -> httpx.Response:
        body = after(self._events, request.headers.get("last-event-id"))
        size, end = self._cuts.pop(0) if self._cuts else (len(body), "clean")
        return httpx.Response(
            200,
            headers={"Content-Type": "text/event-stream"},
            stream=_Body(body[:size], end),
        )


class _Body(httpx.SyncByteStream):
    def __init__(self, part: bytes, end: End) -> None:
        self._part = part
        self._end = end

    def __iter__(self) -> Iterator[bytes]:
        yield self._part
        if self._end == "close":
            raise httpx.RemoteProtocolError("peer closed connection without sending the body")
        if self._end == "reset":
            raise httpx.ReadError("connection reset by peer")
