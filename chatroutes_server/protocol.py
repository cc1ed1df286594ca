"""HTTP/1.1 for uvicorn: its H11Protocol with timeouts, the error envelope and stricter parsing.

H11Protocol is not part of uvicorn's documented interface, so pyproject.toml has an upper bound for
it. `tests/server/test_http_protocol.py`, `test_timeouts.py` and `test_fault_injection.py` fail
without any of the changes.

A client cannot keep a connection open for ever. These phases of a connection end by a timeout:

- The client sends the head of a request, or nothing: `head`, in total.
- It sends the body: `body`, since the last byte. `DrainMiddleware` limits the rest of a body that
  was rejected.
- It reads the response: `response`, since the last byte that it read.
- The connection is idle after a response: `idle`.

While the server has no room for other clients, connections without a request end sooner.
"""

from __future__ import annotations

import asyncio
import contextlib
from collections.abc import Callable
from http import HTTPStatus
from typing import Any, cast
from urllib.parse import urlsplit

import h11
import uvicorn
from uvicorn.protocols.http.h11_impl import H11Protocol, RequestResponseCycle
from uvicorn.server import ServerState

from chatroutes_server.config import Timeouts
from chatroutes_server.errors import ApiError, RequestTimeoutError, ValidationError
from chatroutes_server.ids import new_id
from chatroutes_server.middleware.request_log import UNKNOWN, log_request
from chatroutes_server.responses import error_response

# Seconds, in place of the timeouts `head` and `rejected`, while the server has no room for other
# clients. A program that connects 1,000 times needs most of a second before it sends a request.
HEAD_IF_FULL = 2.0
REJECTED_IF_FULL = 0.5


class ServerProtocol(H11Protocol):
    """One connection.

    Args:
        on_close: Called when the connection is lost.
    """

    def __init__(
        self,
        config: uvicorn.Config,
        server_state: ServerState,
        app_state: dict[str, Any],
        _loop: asyncio.AbstractEventLoop | None = None,
        *,
        timeouts: Timeouts | None = None,
        on_close: Callable[[], None] = lambda: None,
    ) -> None:
        super().__init__(config, server_state, app_state, _loop)
        self.conn: StrictConnection = StrictConnection(h11.SERVER)
        self._timeouts = timeouts or Timeouts()
        # uvicorn passes it to `call_later`, which accepts a float.
        self.timeout_keep_alive: float = self._timeouts.idle  # type: ignore[assignment]
        self._on_close = on_close
        self._rejected = False
        self._read_timer: asyncio.TimerHandle | None = None
        self._read_timeout = 0.0
        self._on_read_timeout: Callable[[], None] = lambda: None
        self._write_timer: asyncio.TimerHandle | None = None
        self._waits_for_head = False
        self._head_began = self.loop.time()

    def connection_made(self, transport: asyncio.Transport) -> None:  # type: ignore[override]
        """Add `close_connection` to the state of each request, for the middleware."""
        super().connection_made(transport)
        self.app_state: dict[str, Any] = {**self.app_state, "close_connection": transport.close}
        self._wait_for_head()

    def connection_lost(self, exc: Exception | None) -> None:
        self._stop_read_timer()
        self._stop_write_timer()
        self._unset_keepalive_if_required()  # uvicorn does not do this after a reset
        super().connection_lost(exc)
        self._on_close()

    def data_received(self, data: bytes) -> None:
        """Discard what arrives after a rejected request."""
        if not self._rejected:
            if self.conn.their_state is h11.IDLE and not self.conn.trailing_data[0]:
                self._head_began = self.loop.time()
            super().data_received(data)
            self._update_read_timer()

    def on_response_complete(self) -> None:
        super().on_response_complete()
        self._update_read_timer()  # the next request may have begun
        if self._write_timer is None and self.transport.get_write_buffer_size():
            self._wait_for_reader()

    def pause_writing(self) -> None:
        super().pause_writing()
        self._wait_for_reader()

    def resume_writing(self) -> None:
        super().resume_writing()
        self._stop_write_timer()

    def make_room(self) -> None:
        """Close the connection as soon as possible, because other clients wait.

        It is closed after the response, or now if it is idle after one. A client that has not sent
        its first request yet gets less time than usual.
        """
        if self._rejected:
            self._limit_read_timer(REJECTED_IF_FULL)
        elif self._last_cycle is None:
            self._limit_read_timer(HEAD_IF_FULL)
        else:
            self.shutdown()

    @property
    def _last_cycle(self) -> RequestResponseCycle | None:
        """The last request, with its response. uvicorn's type hint omits None."""
        return cast("RequestResponseCycle | None", self.cycle)

    def send_400_response(self, msg: str) -> None:
        """Respond to bytes that are not HTTP with the error envelope instead of plain text."""
        self._reject(ValidationError("request: not valid HTTP, or the headers are too large"))

    def _should_upgrade(self) -> bool:
        """Ignore an offer to upgrade, which HTTP allows. Java's client makes one in each request.

        uvicorn ignores it too, but logs a warning that no WebSocket library is installed.
        """
        return False

    def _update_read_timer(self) -> None:
        if self._rejected:
            return
        if self.conn.their_state is h11.SEND_BODY:
            self._start_read_timer(self._timeouts.body, self._on_body_timeout)
        elif self.conn.their_state is h11.IDLE and self.conn.trailing_data[0]:
            if not self._waits_for_head:
                self._wait_for_head()
        else:
            self._stop_read_timer()

    def _wait_for_head(self) -> None:
        self._start_read_timer(self._timeouts.head, self._on_head_timeout)
        self._waits_for_head = True

    def _limit_read_timer(self, timeout: float) -> None:
        """Let the read timer end at most `timeout` seconds after its start."""
        timer = self._read_timer
        if timer is not None and timeout < self._read_timeout:
            started = timer.when() - self._read_timeout
            timer.cancel()
            self._read_timeout = timeout
            self._read_timer = self.loop.call_at(started + timeout, self._on_read_timeout)

    def _on_head_timeout(self) -> None:
        if not self.conn.trailing_data[0]:
            self.transport.close()
            return
        self._reject(
            RequestTimeoutError(
                f"request: the headers did not arrive within {self._read_timeout:g} s"
            )
        )

    def _on_body_timeout(self) -> None:
        self._reject(RequestTimeoutError(f"body: nothing arrived for {self._timeouts.body:g} s"))

    def _start_read_timer(self, timeout: float, on_timeout: Callable[[], None]) -> None:
        self._stop_read_timer()
        self._read_timeout, self._on_read_timeout = timeout, on_timeout
        self._read_timer = self.loop.call_later(timeout, on_timeout)

    def _stop_read_timer(self) -> None:
        self._waits_for_head = False
        if self._read_timer is not None:
            self._read_timer.cancel()
            self._read_timer = None

    def _wait_for_reader(self) -> None:
        self._stop_write_timer()
        self._write_timer = self.loop.call_later(
            self._timeouts.response,
            self._on_response_timeout,
            self.transport.get_write_buffer_size(),
        )

    def _on_response_timeout(self, unread: int) -> None:
        """Disconnect the client, unless it has read a part of the response since the timer began."""
        self._write_timer = None
        size = self.transport.get_write_buffer_size()
        if size == unread:
            self.transport.abort()
        elif size:
            self._wait_for_reader()

    def _stop_write_timer(self) -> None:
        if self._write_timer is not None:
            self._write_timer.cancel()
            self._write_timer = None

    def _reject(self, error: ApiError) -> None:
        """Send an error response in place of the application, and close the connection.

        The server then sends nothing more. It discards all input until the client closes the
        connection, or until the timeout. If it closed the connection with unread input, the client
        would get a reset and could lose the response.
        """
        self._rejected = True
        self._stop_read_timer()
        self._unset_keepalive_if_required()
        cycle = self._last_cycle
        request_id = new_id("req")
        if cycle is not None and not cycle.response_complete:
            state = cast("dict[str, Any]", cycle.scope.get("state"))
            request_id = state.setdefault("request_id", request_id)
            state["rejected_with"] = error.status
        else:
            duration = self.loop.time() - self._head_began
            log_request(UNKNOWN, UNKNOWN, error.status, duration, request_id)
        if cycle is not None:
            cycle.disconnected = True
            cycle.waiting_for_100_continue = False
            cycle.message_event.set()
        if self.conn.our_state not in (h11.IDLE, h11.SEND_RESPONSE):  # there is a response already
            self.transport.abort()
            return
        response = error_response(error)
        headers = [
            *response.raw_headers,
            (b"x-request-id", request_id.encode()),
            (b"connection", b"close"),
        ]
        reason = HTTPStatus(response.status_code).phrase.encode()
        for event in (
            h11.Response(status_code=response.status_code, headers=headers, reason=reason),
            h11.Data(data=b"" if self.conn.method == b"HEAD" else bytes(response.body)),
            h11.EndOfMessage(),
        ):
            self.transport.write(self.conn.send(event) or b"")
        with contextlib.suppress(OSError):  # the client has reset the connection
            self.transport.write_eof()
        self._start_read_timer(self._timeouts.rejected, self.transport.abort)


class StrictConnection(h11.Connection):
    """h11's connection, with rules of RFC 9112 for requests that h11 leaves to its user.

    Attributes:
        method: The method of the current request; empty between requests.
    """

    method: bytes = b""

    def start_next_cycle(self) -> None:
        super().start_next_cycle()
        self.method = b""

    def next_event(self) -> type[h11.NEED_DATA | h11.PAUSED] | h11.Event:
        """Return the next event.

        Raises:
            h11.RemoteProtocolError: If the request has another version than HTTP/1, or its end is
                ambiguous: another program on the way might take a part of its body for a request.
        """
        event = super().next_event()
        if not isinstance(event, h11.Request):
            return event
        self.method = event.method
        if not event.http_version.startswith(b"1."):  # such as that of an HTTP/2 client
            raise h11.RemoteProtocolError("unsupported version")
        names = {name for name, _ in event.headers}
        if b"transfer-encoding" in names and (
            b"content-length" in names or event.http_version < b"1.1"
        ):
            raise h11.RemoteProtocolError("ambiguous length of the body")
        return event if event.target.startswith(b"/") else _to_origin_form(event)


def _to_origin_form(request: h11.Request) -> h11.Request:
    """Replace a target such as `http://host/path?query`, which proxies use, by `/path?query`."""
    try:
        parts = urlsplit(request.target.decode("ascii"))
    except ValueError:
        raise h11.RemoteProtocolError("invalid target") from None
    if parts.scheme not in ("http", "https") or not parts.netloc:
        return request
    target = (parts.path or "/") + (f"?{parts.query}" if parts.query else "")
    return h11.Request(
        method=request.method,
        target=target.encode("ascii"),
        headers=request.headers,
        http_version=request.http_version,
    )
