"""What is no HTTP, refused in the contract's envelope like everything else."""

from __future__ import annotations

import h11
from uvicorn.protocols.http.h11_impl import H11Protocol

from chatroutes_server import wire
from chatroutes_server.errors import ValidationError
from chatroutes_server.ids import new_id


class EnvelopeProtocol(H11Protocol):
    def send_400_response(self, msg: str) -> None:
        refusal = ValidationError("request: it is not HTTP, or its head is too large")
        body = wire.dump(refusal.payload()).encode()
        headers = [
            (b"content-type", b"application/json"),
            (b"content-length", str(len(body)).encode()),
            (b"x-request-id", new_id("req").encode()),
            (b"connection", b"close"),
        ]
        for event in (
            h11.Response(status_code=refusal.status, headers=headers, reason=b"Bad Request"),
            h11.Data(data=body),
            h11.EndOfMessage(),
        ):
            self.transport.write(self.conn.send(event) or b"")
        self.transport.close()
