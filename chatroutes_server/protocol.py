"""HTTP/1.1 for uvicorn: its H11Protocol with three changes.

H11Protocol is not part of uvicorn's documented interface, so pyproject.toml has an upper bound for
it. `tests/server/test_http_protocol.py` and `test_fault_injection.py` fail without any of the
changes.
"""

from __future__ import annotations

import asyncio

import h11
from uvicorn.protocols.http.h11_impl import H11Protocol

from chatroutes_server.errors import ValidationError
from chatroutes_server.ids import new_id
from chatroutes_server.responses import error_response

# Seconds for which the connection stays open after an invalid request. Input that arrives in this
# time is discarded. If the connection were closed with unread input, the client would get a reset
# and lose the response.
LINGER_TIMEOUT = 1


class ServerProtocol(H11Protocol):
    _discarding = False

    def connection_made(self, transport: asyncio.Transport) -> None:  # type: ignore[override]
        """Add `close_connection` to the state of each request, for fault injection."""
        super().connection_made(transport)
        self.app_state = {**self.app_state, "close_connection": transport.close}

    def _should_upgrade(self) -> bool:
        """Ignore an offer to upgrade, which HTTP allows. Java's client makes one in each request.

        uvicorn ignores it too, but logs a warning that no WebSocket library is installed.
        """
        return False

    def send_400_response(self, msg: str) -> None:
        """Respond to a request that is not HTTP with the error envelope instead of plain text."""
        response = error_response(
            ValidationError("request: not valid HTTP, or the headers are too large")
        )
        headers = [
            *response.raw_headers,
            (b"x-request-id", new_id("req").encode()),
            (b"connection", b"close"),
        ]
        for event in (
            h11.Response(status_code=response.status_code, headers=headers, reason=b"Bad Request"),
            h11.Data(data=bytes(response.body)),
            h11.EndOfMessage(),
        ):
            self.transport.write(self.conn.send(event) or b"")
        self._discarding = True
        self.transport.write_eof()
        self.loop.call_later(LINGER_TIMEOUT, self.transport.close)

    def data_received(self, data: bytes) -> None:
        """Discard what arrives after an invalid request."""
        if not self._discarding:
            super().data_received(data)
