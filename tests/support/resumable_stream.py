"""An event stream that a service resumes: its events have ids, and it is interrupted at given places."""

from __future__ import annotations

import json
from collections.abc import Sequence
from typing import Any, Literal

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
        last_event_id = self._server.requests[-1].headers.get("last-event-id")
        ids = [event_id for event_id, _ in self._events]
        body = encode(self._events[0 if last_event_id is None else ids.index(last_event_id) + 1 :])
        size, end = self.cuts.pop(0) if self.cuts else (len(body), "clean")
        part = body[:size]
        return event_stream(*([part] if part else []), end=end)(connection)
