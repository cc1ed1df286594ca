"""A server that is nobody's bottleneck: it writes ready-made bytes, in a process of its own.

    python -m benchmarks.server    # prints its port, and runs until its standard input ends

A request's path begins with a plan (see `payloads`). A stream of the plan `held` stops after its first
event with text, until `POST /release` lets all that are held go on at once.
"""

from __future__ import annotations

import asyncio
import re
import sys
from typing import Final

from benchmarks.machine import allow_many_files
from benchmarks.payloads import Plan, api_of, json_answer, stream

_LENGTH: Final = re.compile(rb"\r\ncontent-length: *(\d+)", re.IGNORECASE)
_CHUNKED: Final = re.compile(rb"\r\ntransfer-encoding: *chunked", re.IGNORECASE)
_EMPTY: Final = b"HTTP/1.1 200 OK\r\nContent-Length: 0\r\n\r\n"


class Connection(asyncio.Protocol):
    """One connection, which asks one thing after the other."""

    held: Final[list[tuple[asyncio.Transport, bytes]]] = []

    def __init__(self) -> None:
        self._received = b""
        self._transport: asyncio.Transport

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        assert isinstance(transport, asyncio.Transport)
        self._transport = transport

    def data_received(self, data: bytes) -> None:
        self._received += data
        while (end := end_of_request(self._received)) > 0:
            path = self._received.split(b" ", 2)[1].decode()
            self._received = self._received[end:]
            self._answer(path)

    def _answer(self, path: str) -> None:
        if path == "/release":
            self._transport.write(_EMPTY)
            waiting = list(self.held)
            self.held.clear()
            for transport, rest in waiting:
                transport.write(rest)
            return
        plan = Plan.parse(path.split("/", 2)[1])
        if plan.layout in ("small", "big"):
            self._transport.write(json_answer(plan.layout, api_of(path)))
            return
        first, rest = stream(plan, api_of(path))
        if plan.layout == "held":
            self._transport.write(first)
            self.held.append((self._transport, rest))
        else:
            self._transport.write(first + rest)


def end_of_request(received: bytes) -> int:
    """Where the first request ends, or 0 if it has not come whole."""
    head = received.find(b"\r\n\r\n") + 4
    if head < 4:
        return 0
    length = _LENGTH.search(received, 0, head)
    if length is not None:
        end = head + int(length[1])
        return end if len(received) >= end else 0
    if _CHUNKED.search(received, 0, head):
        last = received.find(b"0\r\n\r\n", head)
        return last + 5 if last >= 0 else 0
    return head


async def serve() -> None:
    """Listen on a free port until standard input ends."""
    allow_many_files()
    loop = asyncio.get_running_loop()
    server = await loop.create_server(Connection, "127.0.0.1", 0, backlog=4096)
    print(server.sockets[0].getsockname()[1], flush=True)
    await loop.run_in_executor(None, sys.stdin.read)
    server.close()


if __name__ == "__main__":
    asyncio.run(serve())
