"""A server on a real socket that answers as scripted, faults included."""

from __future__ import annotations

import contextlib
import json
import select
import socket
import struct
import threading
from collections import deque
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from http import HTTPStatus
from types import TracebackType
from typing import Any, Literal, Self
from urllib.parse import urlsplit

PATIENCE = 30.0
"""Seconds that a test waits for something that is due at once."""

Headers = Mapping[str, str]


class _ClientLeftError(Exception):
    pass


@dataclass(frozen=True)
class Recorded:
    """One request as it arrived."""

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
    """The server's end of one client connection, as an answer sees it."""

    def __init__(self, sock: socket.socket) -> None:
        sock.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
        self._socket = sock
        self._reader = sock.makefile("rb")

    def send(self, data: bytes) -> None:
        try:
            self._socket.sendall(data)
        except OSError:
            raise _ClientLeftError from None

    def wait_for(self, gate: threading.Event) -> None:
        """Wait until the gate is set; a client that leaves, or the server's end, ends it too."""
        while not gate.wait(0.01):
            try:
                readable, _, _ = select.select([self._socket], [], [], 0)
                left = bool(readable) and not self._socket.recv(1, socket.MSG_PEEK)
            except OSError:
                left = True
            if left:
                raise _ClientLeftError

    def wait_until_client_leaves(self) -> None:
        while self._read(1):
            pass
        raise _ClientLeftError

    def read_request(self) -> Recorded:
        start = self._read_line()
        method, target, _ = start.split(" ")
        headers: dict[str, str] = {}
        while line := self._read_line():
            name, _, value = line.partition(":")
            headers[name.lower()] = value.strip()
        if headers.get("transfer-encoding", "").lower() == "chunked":
            body = self._read_chunks()
        else:
            body = self._read_exactly(int(headers.get("content-length", "0")))
        return Recorded(method, target, headers, body)

    def close(self) -> None:
        self._reader.close()
        self._socket.close()

    def reset(self) -> None:
        """Close with RST instead of FIN."""
        # SO_LINGER on with zero seconds: what is unsent is dropped and the peer is told so.
        self._socket.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))
        self.close()

    def shut_down(self) -> None:
        """Wake the thread that serves this connection, wherever it waits."""
        with contextlib.suppress(OSError):
            self._socket.shutdown(socket.SHUT_RDWR)

    def _read_line(self) -> str:
        try:
            line = self._reader.readline()
        except OSError:
            raise _ClientLeftError from None
        if not line.endswith(b"\n"):
            raise _ClientLeftError
        return line.decode("latin-1").rstrip("\r\n")

    def _read(self, size: int) -> bytes:
        try:
            return self._reader.read(size)
        except OSError:
            raise _ClientLeftError from None

    def _read_exactly(self, size: int) -> bytes:
        data = self._read(size)
        if len(data) < size:
            raise _ClientLeftError
        return data

    def _read_chunks(self) -> bytes:
        chunks: list[bytes] = []
        while size := int(self._read_line().partition(";")[0], 16):
            chunks.append(self._read_exactly(size))
            self._read_line()
        while self._read_line():
            pass
        return b"".join(chunks)


Answer = Callable[[Connection], bool]
"""Writes one answer; true if the connection can carry another request."""


def json_answer(status: int, payload: Any, headers: Headers | None = None) -> Answer:
    return text_answer(status, json.dumps(payload), "application/json", headers)


def text_answer(
    status: int,
    text: str,
    content_type: str = "text/plain; charset=utf-8",
    headers: Headers | None = None,
) -> Answer:
    body = text.encode()
    framing = {"Content-Type": content_type, "Content-Length": str(len(body))}
    return _whole(_head(status, framing, headers) + body)


def empty_answer(status: int, headers: Headers | None = None) -> Answer:
    framing = {} if status in (204, 304) else {"Content-Length": "0"}
    return _whole(_head(status, framing, headers))


def raw_answer(data: bytes) -> Answer:
    """Send exactly these bytes, then close."""

    def answer(connection: Connection) -> bool:
        connection.send(data)
        return False

    return answer


def cut_body(
    body: bytes,
    *,
    missing: int = 100,
    status: int = 200,
    content_type: str = "application/json",
    headers: Headers | None = None,
) -> Answer:
    """Promise `missing` bytes more than are sent, then close."""
    framing = {"Content-Type": content_type, "Content-Length": str(len(body) + missing)}
    return raw_answer(_head(status, framing, headers) + body)


def hang_up() -> Answer:
    """Close without a word."""
    return raw_answer(b"")


def reset() -> Answer:
    """Reset the connection without a word."""

    def answer(connection: Connection) -> bool:
        connection.reset()
        return False

    return answer


def stall() -> Answer:
    """Say nothing until the client leaves."""

    def answer(connection: Connection) -> bool:
        connection.wait_until_client_leaves()
        return False

    return answer


def event_stream(
    *pieces: bytes | threading.Event,
    end: Literal["clean", "close", "reset", "stall"] = "clean",
    status: int = 200,
    content_type: str = "text/event-stream",
    headers: Headers | None = None,
) -> Answer:
    """Send each piece as an HTTP chunk of its own; a piece that is a gate is waited for.

    "clean" sends the last chunk, "close" and "reset" leave without it, "stall" falls silent.
    """
    if b"" in pieces:
        raise ValueError("an empty piece would be the last chunk")
    framing = {"Content-Type": content_type, "Transfer-Encoding": "chunked"}

    def answer(connection: Connection) -> bool:
        connection.send(_head(status, framing, headers))
        for piece in pieces:
            if isinstance(piece, bytes):
                connection.send(b"%x\r\n%b\r\n" % (len(piece), piece))
            else:
                connection.wait_for(piece)
        if end == "clean":
            connection.send(b"0\r\n\r\n")
        elif end == "reset":
            connection.reset()
        elif end == "stall":
            connection.wait_until_client_leaves()
        return end == "clean"

    return answer


def _whole(data: bytes) -> Answer:
    def answer(connection: Connection) -> bool:
        connection.send(data)
        return True

    return answer


def _head(status: int, framing: Headers, headers: Headers | None) -> bytes:
    try:
        reason = HTTPStatus(status).phrase
    except ValueError:
        reason = "Unknown"
    fields = "".join(
        f"{name}: {value}\r\n" for name, value in {**framing, **(headers or {})}.items()
    )
    return f"HTTP/1.1 {status} {reason}\r\n{fields}\r\n".encode("latin-1")


class FaultServer:
    """Answers the requests of a `with` block from a script, in order of arrival.

    A request beyond the script is answered with status 599, and the block then ends with an
    AssertionError that names it, as it does for anything else that went wrong in the server.
    """

    def __init__(self) -> None:
        self._changed = threading.Condition()
        self._script: deque[Answer] = deque()
        self._last: Answer | None = None
        self._repeat_last = False
        self._requests: list[Recorded] = []
        self._problems: list[str] = []
        self._open: set[Connection] = set()
        self._threads: list[threading.Thread] = []
        self._stopping = False
        self._connections_made = 0

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
        if error is None and self._problems:
            raise AssertionError("; ".join(self._problems))

    @property
    def base_url(self) -> str:
        return f"http://127.0.0.1:{self.address[1]}/api/v1"

    @property
    def requests(self) -> list[Recorded]:
        """What has arrived so far."""
        with self._changed:
            return list(self._requests)

    @property
    def open_connections(self) -> int:
        with self._changed:
            return len(self._open)

    @property
    def connections_made(self) -> int:
        """How many connections were ever opened: fewer than requests if they were reused."""
        with self._changed:
            return self._connections_made

    def script(self, *answers: Answer, repeat_last: bool = False) -> None:
        """Add an answer for each of the next requests; the last may serve all that follow."""
        with self._changed:
            self._script.extend(answers)
            self._repeat_last = repeat_last

    def wait_for_requests(self, count: int) -> list[Recorded]:
        """Wait until this many requests have arrived and return them."""
        with self._changed:
            if not self._changed.wait_for(lambda: len(self._requests) >= count, PATIENCE):
                raise AssertionError(f"{len(self._requests)} of {count} requests arrived")
            return list(self._requests)

    def wait_until_idle(self) -> None:
        """Wait until no client holds a connection open."""
        with self._changed:
            if not self._changed.wait_for(lambda: not self._open, PATIENCE):
                raise AssertionError(f"{len(self._open)} connections are still open")

    def _stop(self) -> None:
        self._stopping = True
        # Closing a listener does not wake a thread that waits in accept; a connection does.
        socket.create_connection(self.address).close()
        self._acceptor.join(PATIENCE)
        self._listener.close()
        with self._changed:
            for connection in self._open:
                connection.shut_down()
        for thread in self._threads:
            thread.join(PATIENCE)
        if any(thread.is_alive() for thread in [self._acceptor, *self._threads]):
            self._problems.append("the server did not stop")

    def _accept(self) -> None:
        while True:
            sock, _ = self._listener.accept()
            if self._stopping:
                sock.close()
                return
            connection = Connection(sock)
            thread = threading.Thread(target=self._serve, args=(connection,), daemon=True)
            with self._changed:
                self._open.add(connection)
                self._connections_made += 1
                self._threads.append(thread)
                self._changed.notify_all()
            thread.start()

    def _serve(self, connection: Connection) -> None:
        try:
            while True:
                request = connection.read_request()
                answer = self._next_answer(request)
                if not answer(connection) or request.headers.get("connection") == "close":
                    break
        except _ClientLeftError:
            pass
        except Exception as error:  # noqa: BLE001 - whatever it is, the test has to fail with it
            with self._changed:
                self._problems.append(f"the server failed: {error!r}")
        finally:
            connection.close()
            with self._changed:
                self._open.discard(connection)
                self._changed.notify_all()

    def _next_answer(self, request: Recorded) -> Answer:
        with self._changed:
            self._requests.append(request)
            self._changed.notify_all()
            if self._script:
                self._last = self._script.popleft()
            elif not self._repeat_last or self._last is None:
                self._problems.append(f"no answer was left for {request.method} {request.target}")
                return text_answer(599, "The script of the test has run out.")
            return self._last
