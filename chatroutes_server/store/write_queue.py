"""The queue of writes: writes that wait for the writer thread are committed together.

A commit waits for the disk, and many writes can share it. The writer thread takes all waiting writes
and runs them in one transaction. A request gets the result of its write after the commit. If a write
fails, the transaction is rolled back, and each write runs again in a transaction of its own. So a
failure affects no other write.

The thread does not return to the event loop between transactions. On a busy event loop, each write
would wait for a round of the loop.
"""

from __future__ import annotations

import asyncio
from collections import deque
from collections.abc import Callable, Sequence
from contextlib import suppress
from functools import cached_property
from typing import Any, NamedTuple, TypeVar

from anyio import CapacityLimiter, to_thread

from chatroutes_server.store.connection import Connection

MAX_BATCH_SIZE = 100  # writes in one transaction

T = TypeVar("T")
Work = Callable[[Connection], Any]


class _Write(NamedTuple):
    work: Work
    result: asyncio.Future[Any]


class _Outcome(NamedTuple):
    write: _Write
    result: Any
    error: Exception | None


class WriteQueue:
    """Runs writes in a thread, one transaction after the other.

    Args:
        run: Runs a function in one transaction, and returns its result after the commit.
    """

    def __init__(self, run: Callable[[Work], Any]) -> None:
        self._run = run
        self._waiting: deque[_Write] = deque()
        self._writer: asyncio.Task[None] | None = None

    # A limiter belongs to the event loop in which it is created.
    @cached_property
    def _one_thread(self) -> CapacityLimiter:
        return CapacityLimiter(1)

    async def write(self, work: Callable[[Connection], T]) -> T:
        """Run a function in a transaction, and return its result after the commit.

        The function must not change anything but the database, because it may run twice.
        """
        loop = asyncio.get_running_loop()
        result: asyncio.Future[T] = loop.create_future()
        self._waiting.append(_Write(work, result))
        if self._writer is None or self._writer.done():
            self._writer = loop.create_task(self._write_waiting(loop))
        return await result

    async def _write_waiting(self, loop: asyncio.AbstractEventLoop) -> None:
        while self._waiting:
            outcomes = await to_thread.run_sync(self._drain, loop, limiter=self._one_thread)
            _deliver(outcomes)

    def _drain(self, loop: asyncio.AbstractEventLoop) -> Sequence[_Outcome]:
        """Run all waiting writes, in the writer thread. Return the outcomes of the last ones."""
        while True:
            batch = self._take_batch()
            outcomes = self._commit(batch) if batch else []
            if not self._waiting:
                return outcomes
            with suppress(RuntimeError):  # the event loop is closed, so no request waits
                loop.call_soon_threadsafe(_deliver, outcomes)

    def _take_batch(self) -> list[_Write]:
        batch: list[_Write] = []
        while self._waiting and len(batch) < MAX_BATCH_SIZE:
            write = self._waiting.popleft()
            if not write.result.cancelled():
                batch.append(write)
        return batch

    def _commit(self, batch: Sequence[_Write]) -> list[_Outcome]:
        try:
            results = self._run(lambda connection: [write.work(connection) for write in batch])
        except Exception as error:  # noqa: BLE001  `write` raises it in the requests that wait
            if len(batch) == 1:
                return [_Outcome(batch[0], None, error)]
            return [outcome for write in batch for outcome in self._commit([write])]
        return [_Outcome(*pair, None) for pair in zip(batch, results, strict=True)]


def _deliver(outcomes: Sequence[_Outcome]) -> None:
    for write, result, error in outcomes:
        if write.result.done():  # the request was cancelled
            continue
        if error is None:
            write.result.set_result(result)
        else:
            write.result.set_exception(error)
