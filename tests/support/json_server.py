"""A server on a real socket that answers with objects as JSON, and with streams of events."""

from __future__ import annotations

import contextlib
import json
import socket
import sys
import threading
from collections.abc import Callable, Iterator
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any, NamedTuple, Self

Json = dict[str, Any]
Answer = Callable[[str, str, dict[str, str], Any], Any]
"""Of the method, the target, the headers and the body: an object, or a `Stream`."""


class RefusedError(Exception):
    """A request that is answered with a failure."""

    def __init__(self, status: int, code: str, message: str) -> None:
        super().__init__(message)
        self.status = status
        self.answer = {"success": False, "error": code, "message": message}


class Stream(NamedTuple):
    """An answer of events instead of one object; None stands for `[DONE]`."""

    events: list[Json | None]


class AnsweringServer(ThreadingHTTPServer):
    """Answers each request with what a function gives for it, for as long as the `with` block lasts."""

    daemon_threads = False  # so that the end of the server waits for its answers

    def __init__(self, answer: Answer) -> None:
        super().__init__(("127.0.0.1", 0), _Handler)
        self.answer = answer
        self._open: set[socket.socket] = set()
        self._thread = threading.Thread(target=self.serve_forever, args=(0.01,))

    def __enter__(self) -> Self:
        self._thread.start()
        return self

    def __exit__(self, *error: object) -> None:
        self.shutdown()
        self._thread.join()
        self.hang_up()
        self.server_close()

    def process_request(self, request: Any, client_address: Any) -> None:
        self._open.add(request)
        super().process_request(request, client_address)

    def shutdown_request(self, request: Any) -> None:
        self._open.discard(request)
        super().shutdown_request(request)

    def hang_up(self) -> None:
        """Wake the threads that wait for another request of a connection kept open."""
        for connection in list(self._open):
            with contextlib.suppress(OSError):  # its client may have gone in the meantime
                connection.shutdown(socket.SHUT_RDWR)

    def handle_error(self, request: Any, client_address: Any) -> None:
        if not isinstance(sys.exc_info()[1], ConnectionError):
            super().handle_error(request, client_address)


class _Handler(BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"
    disable_nagle_algorithm = True
    server: AnsweringServer

    def respond(self) -> None:
        body = self.rfile.read(int(self.headers.get("content-length", 0)))
        headers = {name.lower(): value for name, value in self.headers.items()}
        status = 200
        try:
            answer = self.server.answer(
                self.command, self.path, headers, json.loads(body) if body else None
            )
        except RefusedError as refusal:
            status, answer = refusal.status, refusal.answer
        if isinstance(answer, Stream):
            self._send(200, "text/event-stream", "Transfer-Encoding", "chunked")
            for data in _event_data(answer):
                event = f"data: {data}\n\n".encode()
                self.wfile.write(b"%x\r\n%b\r\n" % (len(event), event))
            self.wfile.write(b"0\r\n\r\n")
        else:
            content = json.dumps(answer).encode()
            self._send(status, "application/json", "Content-Length", str(len(content)))
            self.wfile.write(content)

    do_GET = do_POST = do_PATCH = do_DELETE = respond  # noqa: N815 - named by http.server

    def log_message(self, format: str, *args: Any) -> None:
        pass

    def _send(self, status: int, content_type: str, framing: str, value: str) -> None:
        self.send_response(status)
        self.send_header("Content-Type", content_type)
        self.send_header(framing, value)
        self.end_headers()


def _event_data(stream: Stream) -> Iterator[str]:
    return ("[DONE]" if event is None else json.dumps(event) for event in stream.events)
