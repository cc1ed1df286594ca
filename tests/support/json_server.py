"""A server on a real socket that sends JSON and event streams."""

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
Respond = Callable[[str, str, dict[str, str], Any], Any]
"""Takes the method, target, headers and body of a request; returns a JSON value or an `EventStream`."""


class ErrorResponse(Exception):  # noqa: N818 - named after what the client receives
    """Raised by the respond function to send an error envelope."""

    def __init__(self, status: int, code: str, message: str) -> None:
        super().__init__(message)
        self.status = status
        self.body = {"success": False, "error": code, "message": message}


class EventStream(NamedTuple):
    """A response of server-sent events; None stands for `[DONE]`."""

    events: list[Json | None]


class JsonServer(ThreadingHTTPServer):
    """A server that calls a function for each request and sends its result; it runs during a `with` block."""

    daemon_threads = False  # server_close() waits for the responses

    def __init__(self, respond: Respond) -> None:
        super().__init__(("127.0.0.1", 0), _Handler)
        self.respond = respond
        self._open: set[socket.socket] = set()
        self._thread = threading.Thread(target=self.serve_forever, args=(0.01,))

    def __enter__(self) -> Self:
        self._thread.start()
        return self

    def __exit__(self, *error: object) -> None:
        self.shutdown()
        self._thread.join()
        self._close_connections()
        self.server_close()

    def process_request(self, request: Any, client_address: Any) -> None:
        self._open.add(request)
        super().process_request(request, client_address)

    def shutdown_request(self, request: Any) -> None:
        self._open.discard(request)
        super().shutdown_request(request)

    def _close_connections(self) -> None:
        """Wake the threads that wait for another request on a persistent connection."""
        for connection in list(self._open):
            with contextlib.suppress(OSError):  # the client may have disconnected
                connection.shutdown(socket.SHUT_RDWR)

    def handle_error(self, request: Any, client_address: Any) -> None:
        if not isinstance(sys.exc_info()[1], ConnectionError):
            super().handle_error(request, client_address)


class _Handler(BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"
    disable_nagle_algorithm = True
    server: JsonServer

    def handle_request(self) -> None:
        body = self.rfile.read(int(self.headers.get("content-length", 0)))
        headers = {name.lower(): value for name, value in self.headers.items()}
        status = 200
        try:
            result = self.server.respond(
                self.command, self.path, headers, json.loads(body) if body else None
            )
        except ErrorResponse as error:
            status, result = error.status, error.body
        if isinstance(result, EventStream):
            self._send(200, "text/event-stream", "Transfer-Encoding", "chunked")
            for data in _event_data(result):
                event = f"data: {data}\n\n".encode()
                self.wfile.write(b"%x\r\n%b\r\n" % (len(event), event))
            self.wfile.write(b"0\r\n\r\n")
        else:
            content = json.dumps(result).encode()
            self._send(status, "application/json", "Content-Length", str(len(content)))
            self.wfile.write(content)

    do_GET = do_POST = do_PATCH = do_DELETE = handle_request  # noqa: N815 - named by http.server

    def log_message(self, format: str, *args: Any) -> None:
        pass

    def _send(self, status: int, content_type: str, framing: str, value: str) -> None:
        self.send_response(status)
        self.send_header("Content-Type", content_type)
        self.send_header(framing, value)
        self.end_headers()


def _event_data(stream: EventStream) -> Iterator[str]:
    return ("[DONE]" if event is None else json.dumps(event) for event in stream.events)
