"""A server on a real socket that sends scripted responses, including network faults."""

from __future__ import annotations

import contextlib
import json
import select
import socket
import ssl
import struct
import threading
from collections import deque
from dataclasses import dataclass
from types import TracebackType
from typing import Any, Self
from urllib.parse import urlsplit

from tests.support.fault_responses import ScriptedResponse, text_response

TIMEOUT = 60.0
"""The time, in seconds, that the server waits for a request, an idle state or the end of a thread."""


class _ClientDisconnectedError(Exception):
    pass


@dataclass(frozen=True)
class RecordedRequest:
    """A request that the server received."""

    method: str
    target: str
    headers: dict[str, str]
    body: bytes

    @property
    def path(self) -> str:
        return urlsplit(self.target).path

    def json(self) -> Any:
        return json.loads(self.body)


class Connection:
    """The server's side of one client connection."""

    def __init__(self, sock: socket.socket) -> None:
        sock.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
        self._socket = sock
        self._reader = sock.makefile("rb")

    def send(self, data: bytes) -> None:
        try:
            self._socket.sendall(data)
        except OSError:
            raise _ClientDisconnectedError from None

    def wait_for(self, gate: threading.Event) -> None:
        """Wait until the gate is set, and raise if the client disconnects or the server stops."""
        while not gate.wait(0.01):
            try:
                readable, _, _ = select.select([self._socket], [], [], 0)
                disconnected = bool(readable) and not self._socket.recv(1, socket.MSG_PEEK)
            except OSError:
                disconnected = True
            if disconnected:
                raise _ClientDisconnectedError

    def pause(self, seconds: float) -> None:
        """Wait for this time, and raise if the client disconnects or the server stops meanwhile."""
        readable, _, _ = select.select([self._socket], [], [], seconds)
        if readable:  # a client that waits for its response sends nothing but its end
            raise _ClientDisconnectedError

    def wait_for_disconnect(self) -> None:
        """Wait until the client disconnects or the server stops, and raise."""
        while self._read(1):
            pass
        raise _ClientDisconnectedError

    def read_request(self) -> RecordedRequest:
        request_line = self._read_line()
        method, target, _ = request_line.split(" ")
        headers: dict[str, str] = {}
        while line := self._read_line():
            name, _, value = line.partition(":")
            values = [headers[name.lower()]] if name.lower() in headers else []
            headers[name.lower()] = ", ".join([*values, value.strip()])
        if headers.get("transfer-encoding", "").lower() == "chunked":
            body = self._read_chunks()
        else:
            body = self._read_exactly(int(headers.get("content-length", "0")))
        return RecordedRequest(method, target, headers, body)

    def close(self) -> None:
        self._reader.close()
        self._socket.close()

    def reset(self) -> None:
        """Close with RST instead of FIN."""
        # SO_LINGER with zero seconds discards unsent data and resets the connection.
        self._socket.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))
        self.close()

    def shutdown(self) -> None:
        """Wake the thread that serves this connection."""
        with contextlib.suppress(OSError):
            self._socket.shutdown(socket.SHUT_RDWR)

    def _read_line(self) -> str:
        try:
            line = self._reader.readline()
        except OSError:
            raise _ClientDisconnectedError from None
        if not line.endswith(b"\n"):
            raise _ClientDisconnectedError
        return line.decode("latin-1").rstrip("\r\n")

    def _read(self, size: int) -> bytes:
        try:
            return self._reader.read(size)
        except OSError:
            raise _ClientDisconnectedError from None

    def _read_exactly(self, size: int) -> bytes:
        data = self._read(size)
        if len(data) < size:
            raise _ClientDisconnectedError
        return data

    def _read_chunks(self) -> bytes:
        chunks: list[bytes] = []
        while size := int(self._read_line().partition(";")[0], 16):
            chunks.append(self._read_exactly(size))
            self._read_line()
        while self._read_line():
            pass
        return b"".join(chunks)


class FaultServer:
    """A server that sends scripted responses, in the order in which requests arrive.

    It runs for the duration of a `with` block. A request without a scripted response gets status 599, and
    the block then raises an AssertionError that names the request. Any other error of the server is raised
    in the same way.
    """

    def __init__(self, ssl_context: ssl.SSLContext | None = None) -> None:
        self._ssl_context = ssl_context
        self._changed = threading.Condition()
        self._script: deque[ScriptedResponse] = deque()
        self._last_response: ScriptedResponse | None = None
        self._repeat_last = False
        self._requests: list[RecordedRequest] = []
        self._errors: list[str] = []
        self._open: set[Connection] = set()
        self._threads: list[threading.Thread] = []
        self._stopping = False
        self._connection_count = 0

    def __enter__(self) -> Self:
        self._listener = socket.create_server(("127.0.0.1", 0), backlog=128)
        self.address: tuple[str, int] = self._listener.getsockname()
        self._acceptor = threading.Thread(target=self._accept, daemon=True)
        self._acceptor.start()
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        traceback: TracebackType | None,
    ) -> None:
        self._stop()
        if error is None and self._errors:
            raise AssertionError("; ".join(self._errors))

    @property
    def base_url(self) -> str:
        return f"http://127.0.0.1:{self.address[1]}/api/v1"

    @property
    def requests(self) -> list[RecordedRequest]:
        """The requests that arrived so far."""
        with self._changed:
            return list(self._requests)

    @property
    def open_connections(self) -> int:
        with self._changed:
            return len(self._open)

    @property
    def connection_count(self) -> int:
        """The number of connections that clients have opened, including closed ones."""
        with self._changed:
            return self._connection_count

    def script(self, *responses: ScriptedResponse, repeat_last: bool = False) -> None:
        """Add a response for each of the next requests; `repeat_last` sends the last one to all later requests."""
        with self._changed:
            self._script.extend(responses)
            self._repeat_last = repeat_last

    def wait_for_requests(self, count: int) -> list[RecordedRequest]:
        """Wait until this many requests have arrived, and return them."""
        with self._changed:
            if not self._changed.wait_for(lambda: len(self._requests) >= count, TIMEOUT):
                raise AssertionError(f"{len(self._requests)} of {count} requests arrived")
            return list(self._requests)

    def wait_until_idle(self, remaining: int = 0) -> None:
        """Wait until no connection is open, or no more than `remaining`."""
        with self._changed:
            if not self._changed.wait_for(lambda: len(self._open) <= remaining, TIMEOUT):
                raise AssertionError(f"{len(self._open)} connections are still open")

    def _stop(self) -> None:
        self._stopping = True
        # Closing a listener does not wake a thread that waits in accept(); a connection does.
        socket.create_connection(self.address).close()
        self._acceptor.join(TIMEOUT)
        self._listener.close()
        with self._changed:
            for connection in self._open:
                connection.shutdown()
        for thread in self._threads:
            thread.join(TIMEOUT)
        if any(thread.is_alive() for thread in [self._acceptor, *self._threads]):
            self._errors.append("the server did not stop")

    def _accept(self) -> None:
        while True:
            sock, _ = self._listener.accept()
            if self._stopping:
                sock.close()
                return
            if self._ssl_context is not None:
                sock = self._ssl_context.wrap_socket(sock, server_side=True)
            connection = Connection(sock)
            thread = threading.Thread(target=self._serve, args=(connection,), daemon=True)
            with self._changed:
                self._open.add(connection)
                self._connection_count += 1
                self._threads.append(thread)
                self._changed.notify_all()
            thread.start()

    def _serve(self, connection: Connection) -> None:
        try:
            while True:
                request = connection.read_request()
                respond = self._next_response(request)
                if not respond(connection) or request.headers.get("connection") == "close":
                    break
        except _ClientDisconnectedError:
            pass
        except Exception as error:  # noqa: BLE001 - any error in the server must fail the test
            with self._changed:
                self._errors.append(f"the server failed: {error!r}")
        finally:
            connection.close()
            with self._changed:
                self._open.discard(connection)
                self._changed.notify_all()

    def _next_response(self, request: RecordedRequest) -> ScriptedResponse:
        with self._changed:
            self._requests.append(request)
            self._changed.notify_all()
            if self._script:
                self._last_response = self._script.popleft()
            elif not self._repeat_last or self._last_response is None:
                self._errors.append(
                    f"no response is scripted for {request.method} {request.target}"
                )
                return text_response(599, "No response is scripted.")
            return self._last_response
