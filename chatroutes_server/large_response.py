"""Responses with a large body, for clients that may read slowly or not at all.

A large body is sent in chunks, each after the client has read the previous ones. The bodies that wait
for their clients share a limited amount of memory. Those beyond the limit wait in temporary files, so
that slow clients neither use up the memory nor delay other clients.
"""

from __future__ import annotations

import tempfile
from collections.abc import AsyncIterator
from contextlib import ExitStack, suppress
from threading import Lock
from typing import IO

from anyio import to_thread
from starlette.requests import ClientDisconnect
from starlette.responses import Response
from starlette.types import Receive, Scope, Send

from chatroutes_server.disconnect import run_until_disconnect
from chatroutes_server.errors import ServiceUnavailableError

CHUNK_SIZE = 64 * 1024  # bytes
MAX_MEMORY = 32 * 1024 * 1024  # bytes of all large bodies together
RETRY_AFTER = 1  # seconds


class LargeResponse(Response):
    """A response whose body is sent in chunks."""

    _file: IO[bytes] | None = None
    _reserved = 0  # bytes

    async def prepare(self) -> None:
        """Reserve memory for the body, or move it to a temporary file.

        Raises:
            ServiceUnavailableError: If there is room for the body neither in memory nor on the disk.
        """
        size = len(self.body)
        if _memory.reserve(size):
            self._reserved = size
            return
        try:
            self._file = await to_thread.run_sync(_write_temporary_file, bytes(self.body))
        except OSError as error:
            raise ServiceUnavailableError(
                f"too many large responses wait for their clients: {error.strerror}",
                retry_after=RETRY_AFTER,
            ) from error
        self.body = b""

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if not self._reserved and self._file is None:
            await self.prepare()
        try:
            with suppress(ClientDisconnect):
                await run_until_disconnect(self._send(send), receive)
        finally:
            _memory.release(self._reserved)
            if self._file is not None:
                self._file.close()

    async def _send(self, send: Send) -> None:
        start = {"status": self.status_code, "headers": self.raw_headers}
        await send({"type": "http.response.start", **start})
        async for chunk in self._chunks():
            await send({"type": "http.response.body", "body": chunk, "more_body": True})
        await send({"type": "http.response.body", "body": b"", "more_body": False})

    async def _chunks(self) -> AsyncIterator[bytes]:
        if self._file is None:
            for start in range(0, len(self.body), CHUNK_SIZE):
                yield bytes(self.body[start : start + CHUNK_SIZE])
        else:
            while chunk := await to_thread.run_sync(self._file.read, CHUNK_SIZE):
                yield chunk


class _Memory:
    """A limited number of bytes, for all servers of this process."""

    def __init__(self, size: int) -> None:
        self._free = size
        self._lock = Lock()

    def reserve(self, size: int) -> bool:
        """Return whether there was enough memory."""
        with self._lock:
            if size > self._free:
                return False
            self._free -= size
            return True

    def release(self, size: int) -> None:
        with self._lock:
            self._free += size


_memory = _Memory(MAX_MEMORY)


def _write_temporary_file(body: bytes) -> IO[bytes]:
    with ExitStack() as on_error:
        file = on_error.enter_context(tempfile.TemporaryFile(buffering=0))
        view = memoryview(body)
        while view:
            view = view[file.write(view) :]
        file.seek(0)
        on_error.pop_all()
    return file
