"""A reply that waits for its turn, is being generated or is stored, for any number of clients."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator
from contextlib import suppress
from typing import NamedTuple

from chatroutes_server.errors import ApiError
from chatroutes_server.generation.chunk_list import ChunkList
from chatroutes_server.json_encoding import Json


class Chunk(NamedTuple):
    """Some text of a reply, and the position in the reply at which it ends, in code points."""

    text: str
    end: int


class Generation:
    """The chunks of a reply so far, and its result or error at the end.

    `notify` must be called after each change. `reply_id` is known when the request is accepted, `model`
    and `created` before the first chunk.
    """

    def __init__(self) -> None:
        self.reply_id = ""
        self.model = ""
        self.created = 0  # seconds since 1970
        # Set when the turn waits, runs or has failed.
        self.accepted: asyncio.Event = asyncio.Event()
        self.chunks: ChunkList = ChunkList()
        self.result: Json | None = None
        self.error: ApiError | None = None
        self.replayed = False  # whether it is the stored reply of an earlier request
        self._changed = asyncio.Event()
        self._last_change = 0.0
        self._silence_timer: asyncio.TimerHandle | None = None

    @property
    def done(self) -> bool:
        return self.result is not None or self.error is not None

    def notify(self) -> None:
        """Wake all clients that wait for a change."""
        self._last_change = asyncio.get_running_loop().time()
        if self.done:
            self._stop_silence_timer()
        self._wake_clients()

    async def chunk_batches(self, offset: int, keep_alive: float) -> AsyncIterator[list[Chunk]]:
        """Yield the text after an offset in the reply, in batches of the available chunks.

        Yields an empty batch when `keep_alive` seconds pass without a chunk. With several clients,
        an empty batch may come sooner.
        """
        position, end = 0, 0
        while True:
            batch: list[Chunk] = []
            for text in self.chunks.read_batch(position):
                position += 1
                end += len(text)
                if end > offset:
                    batch.append(Chunk(text[max(0, offset - end + len(text)) :], end))
            if batch:
                yield batch
            if position < len(self.chunks):
                await asyncio.sleep(0)
            elif self.done:
                return
            elif not batch:
                await self._wait_for_change(keep_alive)
                if position == len(self.chunks) and not self.done:
                    yield []

    async def wait_for_first_chunk(self, timeout: float) -> None:
        """Wait for the first chunk or the timeout. Raise an error that occurs before the chunk."""
        with suppress(TimeoutError):
            await asyncio.wait_for(self._wait_until_started(), timeout)
        if self.error is not None and not self.chunks:
            raise self.error

    async def wait_for_result(self) -> Json:
        """Wait for the end of the generation. Return the `data` of the response, or raise the error."""
        while not self.done:
            await self._changed.wait()
        if self.error is not None:
            raise self.error
        assert self.result is not None
        return self.result

    async def _wait_until_started(self) -> None:
        while not self.chunks and not self.done:
            await self._changed.wait()

    async def _wait_for_change(self, timeout: float) -> None:
        """Return at the next change, or when `timeout` seconds have passed since the last one."""
        # One timer that stays is cheaper than one for each chunk and client.
        if self._silence_timer is None:
            self._start_silence_timer(timeout, asyncio.get_running_loop().time())
        await self._changed.wait()

    def _start_silence_timer(self, timeout: float, silent_since: float) -> None:
        self._silence_timer = asyncio.get_running_loop().call_at(
            silent_since + timeout, self._on_silence_timer, timeout, silent_since
        )

    def _on_silence_timer(self, timeout: float, silent_since: float) -> None:
        self._silence_timer = None
        if self._last_change > silent_since:
            self._start_silence_timer(timeout, self._last_change)
        else:
            self._wake_clients()

    def _stop_silence_timer(self) -> None:
        if self._silence_timer is not None:
            self._silence_timer.cancel()
            self._silence_timer = None

    def _wake_clients(self) -> None:
        self._changed.set()
        self._changed = asyncio.Event()
