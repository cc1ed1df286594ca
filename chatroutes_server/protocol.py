"""HTTP as the contract knows it: what is none is refused in the envelope, and offers of other protocols are passed over."""

from __future__ import annotations

import h11
from uvicorn.protocols.http.h11_impl import H11Protocol

from chatroutes_server.api import serializers
from chatroutes_server.errors import ValidationError
from chatroutes_server.ids import new_id

# Seconds for which what still comes is read away after an error. Closed with something unread, the
# connection would be reset, and the response lost with it.
LINGER_SECONDS = 1


class EnvelopeProtocol(H11Protocol):
    _refused = False

    def data_received(self, data: bytes) -> None:
        if not self._refused:
            super().data_received(data)

    def _should_upgrade(self) -> bool:
        """Say no, and no more: HTTP allows it, and Java offers HTTP/2 with each request. Its parent would
        log that a library for web sockets is missing."""
        return False

    def send_400_response(self, msg: str) -> None:
        error = ValidationError("request: it is not HTTP, or its head is too large")
        body = serializers.dump(error.payload()).encode()
        headers = [
            (b"content-type", b"application/json"),
            (b"content-length", str(len(body)).encode()),
            (b"x-request-id", new_id("req").encode()),
            (b"connection", b"close"),
        ]
        for event in (
            h11.Response(status_code=error.status, headers=headers, reason=b"Bad Request"),
            h11.Data(data=body),
            h11.EndOfMessage(),
        ):
            self.transport.write(self.conn.send(event) or b"")
        self._refused = True
        self.transport.write_eof()
        self.loop.call_later(LINGER_SECONDS, self.transport.close)
