"""Responses with a large body, for clients that may read slowly or not at all.

The body is sent in chunks, each after the client has read the previous ones. Until then it waits in
the spool, so that slow clients neither use up the memory nor delay other clients.
"""

from __future__ import annotations

from collections.abc import AsyncIterator, Sequence
from contextlib import suppress

from anyio import to_thread
from starlette.requests import ClientDisconnect
from starlette.responses import Response
from starlette.types import Receive, Scope, Send

from chatroutes_server.body_spool import BLOCK_SIZE, SPOOL
from chatroutes_server.disconnect import run_until_disconnect
from chatroutes_server.errors import ServiceUnavailableError

MIN_SIZE = BLOCK_SIZE
RETRY_AFTER = 1  # seconds


class LargeResponse(Response):
    """A response whose body is sent in chunks."""

    _size = 0
    _reserved = 0  # bytes of memory
    _blocks: Sequence[int] = ()  # of the file

    async def prepare(self) -> None:
        """Put the body into the spool.

        Raises:
            ServiceUnavailableError: If there is room for the body neither in memory nor on the disk.
        """
        self._size = len(self.body)
        if SPOOL.reserve_memory(self._size):
            self._reserved = self._size
            return
        try:
            self._blocks = await to_thread.run_sync(SPOOL.write, bytes(self.body))
        except OSError as error:
            raise ServiceUnavailableError(
                f"too many large responses wait for their clients: {error.strerror}",
                retry_after=RETRY_AFTER,
            ) from error
        self.body = b""

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if not self._size:
            await self.prepare()
        try:
            with suppress(ClientDisconnect):
                await run_until_disconnect(self._send(send), receive)
        finally:
            if self._reserved:
                SPOOL.release_memory(self._reserved)
            else:
                SPOOL.release_blocks(self._blocks)

    async def _send(self, send: Send) -> None:
        start = {"status": self.status_code, "headers": self.raw_headers}
        await send({"type": "http.response.start", **start})
        async for chunk in self._chunks():
            await send({"type": "http.response.body", "body": chunk, "more_body": True})
        await send({"type": "http.response.body", "body": b"", "more_body": False})

    async def _chunks(self) -> AsyncIterator[bytes]:
        for number, start in enumerate(range(0, self._size, BLOCK_SIZE)):
            if self._reserved:
                yield bytes(self.body[start : start + BLOCK_SIZE])
            else:
                length = min(BLOCK_SIZE, self._size - start)
                yield await to_thread.run_sync(SPOOL.read, self._blocks[number], length)
