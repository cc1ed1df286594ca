"""A reply that waits for its turn, is being generated or is stored, for any number of clients."""

from __future__ import annotations

import asyncio
import json
from collections.abc import AsyncIterator
from contextlib import suppress
from typing import NamedTuple

from chatroutes_server.body_spool import BLOCK_SIZE, SpooledBytes
from chatroutes_server.errors import ApiError
from chatroutes_server.generation.chunk_list import ChunkList
from chatroutes_server.json_encoding import Json, dump_json


class Chunk(NamedTuple):
    """Some text of a reply, and the position in the reply at which it ends, in code points."""

    text: str
    end: int


class Result:
    """The `data` of a response. A large one waits in the spool as JSON."""

    def __init__(self, data: Json) -> None:
        text_length = len(data["userMessage"]["content"]) + len(data["message"]["content"])
        is_large = text_length >= BLOCK_SIZE
        self._data = SpooledBytes(dump_json(data).encode()) if is_large else data

    def load(self) -> Json:
        if not isinstance(self._data, SpooledBytes):
            return self._data
        data: Json = json.loads(bytes(self._data))
        return data


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
        self._result: Result | None = None
        self.error: ApiError | None = None
        self.replayed = False  # whether it is the stored reply of an earlier request
        self._waiters: list[asyncio.Future[None]] = []
        self._last_change = 0.0
        self._silence_timer: asyncio.TimerHandle | None = None

    @property
    def result(self) -> Json | None:
        return None if self._result is None else self._result.load()

    @result.setter
    def result(self, value: Json) -> None:
        self._result = Result(value)

    @property
    def done(self) -> bool:
        return self._result is not None or self.error is not None

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
            batch, position, end = self._read_batch(position, end, offset)
            is_empty = not batch
            if batch:
                yield batch
            if position < len(self.chunks):
                await asyncio.sleep(0)
            elif self.done:
                return
            elif is_empty:
                await self._wait_for_change(keep_alive)
                if position == len(self.chunks) and not self.done:
                    yield []

    def _read_batch(self, position: int, end: int, offset: int) -> tuple[list[Chunk], int, int]:
        """Return a batch of chunks, and the number and the end of the last chunk."""
        batch: list[Chunk] = []
        for text in self.chunks.read_batch(position):
            position += 1
            end += len(text)
            if end > offset:
                batch.append(Chunk(text[max(0, offset - end + len(text)) :], end))
        return batch, position, end

    async def wait_for_first_chunk(self, timeout: float) -> None:
        """Wait for the first chunk or the timeout. Raise an error that occurs before the chunk."""
        with suppress(TimeoutError):
            await asyncio.wait_for(self._wait_until_started(), timeout)
        if self.error is not None and not self.chunks:
            raise self.error

    async def wait_for_result(self) -> Json:
        """Wait for the end of the generation. Return the `data` of the response, or raise the error."""
        while not self.done:
            await self._wait()
        if self.error is not None:
            raise self.error
        result = self.result
        assert result is not None
        return result

    async def _wait_until_started(self) -> None:
        while not self.chunks and not self.done:
            await self._wait()

    async def _wait_for_change(self, timeout: float) -> None:
        """Return at the next change, or when `timeout` seconds have passed since the last one."""
        # Keeping one timer costs less than a new one for each chunk and client.
        if self._silence_timer is None:
            self._start_silence_timer(timeout, asyncio.get_running_loop().time())
        await self._wait()

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
        waiters, self._waiters = self._waiters, []
        for waiter in waiters:
            if not waiter.done():  # the client may have disconnected
                waiter.set_result(None)

    async def _wait(self) -> None:
        # Unlike an asyncio.Event, this costs nothing while no client waits, such as between late chunks.
        waiter = asyncio.get_running_loop().create_future()
        self._waiters.append(waiter)
        await waiter
