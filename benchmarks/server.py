"""A server that writes the ready-made bytes of `payloads`, so that it does not limit any client.

    python -m benchmarks.server    # prints its port, and stops when its standard input ends

A stream of the kind `held` pauses after its first text event, until `POST /release` continues all of them.
"""

import asyncio
import re
import sys
from typing import ClassVar

from benchmarks.payloads import json_response, parse_scenario, stream_response

_LENGTH = re.compile(rb"\r\ncontent-length: *(\d+)", re.IGNORECASE)


class Connection(asyncio.Protocol):
    """A connection, which sends one request after the other."""

    paused: ClassVar[list[tuple[asyncio.Transport, bytes]]] = []

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        assert isinstance(transport, asyncio.Transport)
        self._transport, self._received = transport, b""

    def data_received(self, data: bytes) -> None:
        self._received += data
        while (end := end_of_request(self._received)) > 0:
            path = self._received.split(b" ", 2)[1].decode()
            self._received = self._received[end:]
            self._respond(path)

    def _respond(self, path: str) -> None:
        if path == "/release":
            self._transport.write(b"HTTP/1.1 200 OK\r\nContent-Length: 0\r\n\r\n")
            for transport, rest in self.paused:
                transport.write(rest)
            self.paused.clear()
            return
        _, scenario, api, *_ = path.split("/")
        kind, events = parse_scenario(scenario)
        if not events:
            self._transport.write(json_response(kind, api))
            return
        first, rest = stream_response(scenario, api)
        self._transport.write(first if kind == "held" else first + rest)
        if kind == "held":
            self.paused.append((self._transport, rest))


def end_of_request(received: bytes) -> int:
    """Return where the first request ends, or 0 if it is not complete. No client sends chunks."""
    head = received.find(b"\r\n\r\n") + 4
    if head < 4:
        return 0
    length = _LENGTH.search(received, 0, head)
    end = head + (int(length[1]) if length else 0)
    return end if len(received) >= end else 0


async def serve() -> None:
    """Listen on a free port until the standard input ends."""
    loop = asyncio.get_running_loop()
    server = await loop.create_server(Connection, "127.0.0.1", 0, backlog=4096)
    print(server.sockets[0].getsockname()[1], flush=True)
    await loop.run_in_executor(None, sys.stdin.read)
    server.close()


if __name__ == "__main__":
    asyncio.run(serve())
