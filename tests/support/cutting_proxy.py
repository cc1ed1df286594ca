"""A proxy that cuts or stalls the responses of a server after a random number of bytes."""

from __future__ import annotations

import asyncio
import random
from collections.abc import Sequence
from contextlib import suppress
from types import TracebackType
from typing import Literal, Self, TypeAlias
from urllib.parse import urlsplit

End: TypeAlias = Literal["whole", "close", "abort", "stall"]
ENDS: tuple[End, ...] = ("whole", "close", "abort", "stall")
MIN_SIZE, MAX_SIZE = 600, 9000  # bytes until a cut: after the headers, and before most ends


class CuttingProxy:
    """Forwards connections to a server, and interrupts most of them.

    Args:
        url: The URL of the server.
        chance: Decides which connections are interrupted, after how many bytes, and how.
        ends: The ends to choose from.
    """

    def __init__(self, url: str, chance: random.Random, ends: Sequence[End] = ENDS) -> None:
        self._target = urlsplit(url)
        self._chance = chance
        self._ends = ends
        self._tasks: set[asyncio.Task[None]] = set()
        self.cuts = 0

    async def __aenter__(self) -> Self:
        self._server = await asyncio.start_server(self._accept, "127.0.0.1", 0, backlog=2048)
        port = self._server.sockets[0].getsockname()[1]
        self.url = self._target._replace(netloc=f"127.0.0.1:{port}").geturl()
        return self

    async def __aexit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        traceback: TracebackType | None,
    ) -> None:
        self._server.close()
        for task in self._tasks:
            task.cancel()
        await asyncio.gather(*self._tasks, return_exceptions=True)

    def _accept(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        task = asyncio.create_task(self._forward(reader, writer))
        self._tasks.add(task)
        task.add_done_callback(self._tasks.discard)

    async def _forward(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        end = self._chance.choice(self._ends)
        size = None if end == "whole" else self._chance.randint(MIN_SIZE, MAX_SIZE)
        response, upstream = await asyncio.open_connection(self._target.hostname, self._target.port)
        request = asyncio.create_task(_copy(reader, upstream))
        reply = asyncio.create_task(_copy(response, writer, size))
        try:
            await asyncio.wait({request, reply}, return_when=asyncio.FIRST_COMPLETED)
            if reply.done() and reply.result() == size:
                self.cuts += 1
                if end == "abort":
                    writer.transport.abort()
                elif end == "stall":
                    await request  # until the client gives up
        finally:
            request.cancel()
            reply.cancel()
            writer.close()
            upstream.close()


async def _copy(
    reader: asyncio.StreamReader, writer: asyncio.StreamWriter, size: int | None = None
) -> int:
    """Copy bytes to the end, or until their number is `size`. Return their number."""
    copied = 0
    with suppress(OSError):
        while size is None or copied < size:
            data = await reader.read(65536 if size is None else min(65536, size - copied))
            if not data:
                break
            copied += len(data)
            writer.write(data)
            await writer.drain()
    return copied
