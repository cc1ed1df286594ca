"""An OpenAI-compatible endpoint on a real socket, with a scripted behaviour."""

from __future__ import annotations

import json
import threading
from collections.abc import Callable
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any, Self

import pytest

Behaviour = Callable[["Handler"], None]

UPSTREAM_API_KEY = "sk-very-secret"
SHORT_TIMEOUT = pytest.mark.parametrize("upstream_timeout", [1], ids=["short timeout"])
"""Marks tests that wait until the server's requests to the upstream time out."""


class Handler(BaseHTTPRequestHandler):
    upstream: FakeUpstream
    body: Any

    def do_POST(self) -> None:
        self.body = json.loads(self.rfile.read(int(self.headers["Content-Length"])))
        self.upstream.requests.append(self)
        self.upstream.request_received.set()
        self.close_connection = True
        try:
            self.upstream.behaviour(self)
        except OSError:
            self.upstream.client_disconnected.set()

    def log_message(self, format: str, *args: object) -> None:
        pass

    def start_response(
        self, status: int = 200, content_type: str = "text/event-stream", **headers: str
    ) -> None:
        self.send_response(status)
        self.send_header("Content-Type", content_type)
        for name, value in headers.items():
            self.send_header(name.replace("_", "-"), value)
        self.end_headers()

    def send_event(self, data: Any) -> None:
        text = data if isinstance(data, str) else json.dumps(data)
        self.wfile.write(f"data: {text}\n\n".encode())

    def send_text(self, text: str, finish_reason: str | None = None) -> None:
        choice = {"index": 0, "delta": {"content": text}, "finish_reason": finish_reason}
        self.send_event({"object": "chat.completion.chunk", "choices": [choice]})

    def wait_for_disconnect(self) -> None:
        """Send nothing more, and wait until the client disconnects."""
        assert self.connection.recv(1) == b""
        self.upstream.client_disconnected.set()

    def repeat(self, data: bytes, pause: float = 0.01) -> None:
        """Send this data again and again until the client disconnects."""
        while True:
            self.wfile.write(data)
            self.upstream.client_disconnected.wait(pause)


class FakeUpstream:
    def __init__(self) -> None:
        self.behaviour: Behaviour = stream_reply("Hello", " there")
        self.requests: list[Handler] = []
        self.request_received = threading.Event()
        self.client_disconnected = threading.Event()
        handler = type("UpstreamHandler", (Handler,), {"upstream": self})
        self._server = ThreadingHTTPServer(("127.0.0.1", 0), handler)
        self._server.daemon_threads = False
        self._thread = threading.Thread(target=self._server.serve_forever, args=(0.02,))
        self.url = f"http://127.0.0.1:{self._server.server_port}/v1"

    def __enter__(self) -> Self:
        self._thread.start()
        return self

    def __exit__(self, *error: object) -> None:
        self._server.shutdown()
        self._thread.join()
        self._server.server_close()


def stream_reply(*texts: str, finish_reason: str = "stop") -> Behaviour:
    """Stream a complete reply of these texts."""

    def stream(handler: Handler) -> None:
        handler.start_response()
        handler.send_event({"choices": [{"index": 0, "delta": {"role": "assistant"}}]})
        for text in texts:
            handler.send_text(text)
        handler.send_text("", finish_reason)
        handler.send_event({"choices": [], "usage": {"total_tokens": 3}})
        handler.send_event("[DONE]")

    return stream


def respond_with(
    status: int, body: Any, content_type: str = "application/json", **headers: str
) -> Behaviour:
    def respond(handler: Handler) -> None:
        handler.start_response(status, content_type, **headers)
        text = body if isinstance(body, str) else json.dumps(body)
        handler.wfile.write(text.encode())

    return respond


def stream_then_close(*texts: str) -> Behaviour:
    """Stream these texts, and close the connection before the reply is complete."""

    def stream(handler: Handler) -> None:
        handler.start_response()
        for text in texts:
            handler.send_text(text)

    return stream


def stream_then_stall(*texts: str, headers: bool = True) -> Behaviour:
    """Stream these texts, and send nothing more until the client disconnects."""

    def stream(handler: Handler) -> None:
        if headers:
            handler.start_response()
        for text in texts:
            handler.send_text(text)
        handler.wait_for_disconnect()

    return stream


def stream_raw(*lines: str) -> Behaviour:
    """Send these lines as an event stream, without any framing of their own."""

    def stream(handler: Handler) -> None:
        handler.start_response()
        for line in lines:
            handler.wfile.write(line.encode("utf-8", "surrogateescape"))

    return stream
