"""An OpenAI-compatible endpoint on a real socket, which behaves and misbehaves as it is told."""

from __future__ import annotations

import json
import threading
from collections.abc import Callable
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any, Self

import pytest

Behaviour = Callable[["Handler"], None]

KEY = "sk-very-secret"
SHORT = pytest.mark.parametrize("patience", [0.5], ids=["soon"])
"""For tests that wait until the server's patience with `upstream` is over."""


class Handler(BaseHTTPRequestHandler):
    owner: FakeUpstream
    body: Any

    def do_POST(self) -> None:
        self.body = json.loads(self.rfile.read(int(self.headers["Content-Length"])))
        self.owner.requests.append(self)
        self.owner.asked.set()
        self.close_connection = True
        try:
            self.owner.behaviour(self)
        except OSError:
            self.owner.left.set()

    def log_message(self, format: str, *args: object) -> None:
        pass

    def begin(
        self, status: int = 200, content_type: str = "text/event-stream", **more: str
    ) -> None:
        self.send_response(status)
        self.send_header("Content-Type", content_type)
        for name, value in more.items():
            self.send_header(name.replace("_", "-"), value)
        self.end_headers()

    def event(self, data: Any) -> None:
        text = data if isinstance(data, str) else json.dumps(data)
        self.wfile.write(f"data: {text}\n\n".encode())

    def piece(self, text: str, finish_reason: str | None = None) -> None:
        choice = {"index": 0, "delta": {"content": text}, "finish_reason": finish_reason}
        self.event({"object": "chat.completion.chunk", "choices": [choice]})

    def wait_until_left(self) -> None:
        """Send nothing more, and note that the other side hung up."""
        assert self.connection.recv(1) == b""
        self.owner.left.set()

    def trickle(self) -> None:
        """Send comments, and nothing else, until the other side hangs up."""
        while True:
            self.wfile.write(b": still here\n\n")
            self.owner.left.wait(0.01)


class FakeUpstream:
    def __init__(self) -> None:
        self.behaviour: Behaviour = speaking("Hello", " there")
        self.requests: list[Handler] = []
        self.asked = threading.Event()
        self.left = threading.Event()
        handler = type("OwnHandler", (Handler,), {"owner": self})
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


def speaking(*pieces: str, finish_reason: str = "stop") -> Behaviour:
    def speak(handler: Handler) -> None:
        handler.begin()
        handler.event({"choices": [{"index": 0, "delta": {"role": "assistant"}}]})
        for piece in pieces:
            handler.piece(piece)
        handler.piece("", finish_reason)
        handler.event({"choices": [], "usage": {"total_tokens": 3}})
        handler.event("[DONE]")

    return speak


def answering(
    status: int, body: Any, content_type: str = "application/json", **headers: str
) -> Behaviour:
    def answer(handler: Handler) -> None:
        handler.begin(status, content_type, **headers)
        text = body if isinstance(body, str) else json.dumps(body)
        handler.wfile.write(text.encode())

    return answer


def cutting(*pieces: str) -> Behaviour:
    def cut(handler: Handler) -> None:
        handler.begin()
        for piece in pieces:
            handler.piece(piece)

    return cut


def stalling(*pieces: str, headers: bool = True) -> Behaviour:
    def stall(handler: Handler) -> None:
        if headers:
            handler.begin()
        for piece in pieces:
            handler.piece(piece)
        handler.wait_until_left()

    return stall


def sending(*lines: str) -> Behaviour:
    """Send an event stream of these bytes."""

    def send(handler: Handler) -> None:
        handler.begin()
        for line in lines:
            handler.wfile.write(line.encode("utf-8", "surrogateescape"))

    return send
