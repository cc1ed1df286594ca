"""Responses for the fault server: complete, truncated, stalled, reset, streamed and counted."""

from __future__ import annotations

import json
import threading
from collections.abc import Callable, Mapping
from http import HTTPStatus
from typing import TYPE_CHECKING, Any, Literal

if TYPE_CHECKING:
    from tests.support.fault_server import Connection

Headers = Mapping[str, str]

ScriptedResponse = Callable[["Connection"], bool]
"""Writes one response to a connection, and returns whether the connection can carry another request."""


def json_response(status: int, payload: Any, headers: Headers | None = None) -> ScriptedResponse:
    return text_response(status, json.dumps(payload), "application/json", headers)


def text_response(
    status: int,
    text: str,
    content_type: str = "text/plain; charset=utf-8",
    headers: Headers | None = None,
) -> ScriptedResponse:
    body = text.encode()
    framing = {"Content-Type": content_type, "Content-Length": str(len(body))}
    return _keep_alive(_head(status, framing, headers) + body)


def empty_response(status: int, headers: Headers | None = None) -> ScriptedResponse:
    framing = {} if status in (204, 304) else {"Content-Length": "0"}
    return _keep_alive(_head(status, framing, headers))


def raw_response(data: bytes) -> ScriptedResponse:
    """Send exactly these bytes, and close the connection."""

    def respond(connection: Connection) -> bool:
        connection.send(data)
        return False

    return respond


def truncated_body(
    body: bytes, *, missing: int = 100, headers: Headers | None = None
) -> ScriptedResponse:
    """Announce `missing` more bytes than the body has, send the body, and close the connection."""
    framing = {"Content-Type": "application/json", "Content-Length": str(len(body) + missing)}
    return raw_response(_head(200, framing, headers) + body)


def close_connection() -> ScriptedResponse:
    """Close the connection without a response."""
    return raw_response(b"")


def reset_connection() -> ScriptedResponse:
    """Reset the connection without a response."""

    def respond(connection: Connection) -> bool:
        connection.reset()
        return False

    return respond


def stall() -> ScriptedResponse:
    """Send nothing until the client disconnects."""

    def respond(connection: Connection) -> bool:
        connection.wait_for_disconnect()
        return False

    return respond


def dripped_response(*parts: bytes, interval: float) -> ScriptedResponse:
    """Send each part after an interval, in seconds, until the client disconnects or all are sent."""

    def respond(connection: Connection) -> bool:
        for part in parts:
            connection.pause(interval)
            connection.send(part)
        return False

    return respond


def event_stream(
    *parts: bytes | threading.Event,
    end: Literal["clean", "close", "reset", "stall"] = "clean",
    status: int = 200,
    content_type: str = "text/event-stream",
    headers: Headers | None = None,
) -> ScriptedResponse:
    """Send each part as one HTTP chunk, and wait at each part that is a threading.Event.

    The end "clean" sends the last chunk. "close" and "reset" end the connection without it. "stall" sends
    nothing more until the client disconnects.
    """
    if b"" in parts:
        raise ValueError("an empty part would be the last chunk")
    framing = {"Content-Type": content_type, "Transfer-Encoding": "chunked"}

    def respond(connection: Connection) -> bool:
        connection.send(_head(status, framing, headers))
        for part in parts:
            if isinstance(part, bytes):
                connection.send(b"%x\r\n%b\r\n" % (len(part), part))
            else:
                connection.wait_for(part)
        if end == "clean":
            connection.send(b"0\r\n\r\n")
        elif end == "reset":
            connection.reset()
        elif end == "stall":
            connection.wait_for_disconnect()
        return end == "clean"

    return respond


def counted_response(
    counts: list[int], wait: Callable[[Connection], object], response: ScriptedResponse
) -> ScriptedResponse:
    """Append the number of requests that wait at the same time to `counts`, wait, and respond."""
    lock = threading.Lock()
    waiting = 0

    def respond(connection: Connection) -> bool:
        nonlocal waiting
        with lock:
            waiting += 1
            counts.append(waiting)
        wait(connection)
        with lock:
            waiting -= 1
        return response(connection)

    return respond


def _keep_alive(data: bytes) -> ScriptedResponse:
    def respond(connection: Connection) -> bool:
        connection.send(data)
        return True

    return respond


def _head(status: int, framing: Headers, headers: Headers | None) -> bytes:
    try:
        reason = HTTPStatus(status).phrase
    except ValueError:
        reason = "Unknown"
    fields = "".join(
        f"{name}: {value}\r\n" for name, value in {**framing, **(headers or {})}.items()
    )
    return f"HTTP/1.1 {status} {reason}\r\n{fields}\r\n".encode("latin-1")


def half_response(gate: threading.Event, body: bytes) -> ScriptedResponse:
    """Send the headers and half of the body, and the rest when the gate is set."""
    half = len(body) // 2

    def respond(connection: Any) -> bool:
        head = f"HTTP/1.1 200 OK\r\nContent-Length: {len(body)}\r\nX-Request-Id: req_1\r\n\r\n"
        connection.send(head.encode() + body[:half])
        connection.wait_for(gate)
        connection.send(body[half:])
        return True

    return respond
