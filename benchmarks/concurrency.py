"""Many streams at once in one process.

The server holds each stream back after its first piece of text, and lets all go on when it is told
to. So all of them are open at the same time, what one costs in memory can be read while nothing
happens, and the time of the events is that of the events alone, without the making of connections.
"""

from __future__ import annotations

import asyncio
import gc
import socket
import threading
import time
import tracemalloc
from collections.abc import Callable
from typing import Any
from urllib.parse import urlsplit

from benchmarks.machine import resident
from benchmarks.workloads import Figures, check_stream

TO_BEGIN = 20.0  # seconds for all streams to open: a pool of connections may be too small for them
TO_END = 120.0


class _Streams:
    """The pieces of each stream, and when all have begun."""

    def __init__(self, origin: str, count: int, all_begun: Callable[[], object]) -> None:
        self.taken: list[list[Any]] = [[] for _ in range(count)]
        self._address = urlsplit(origin)
        self._waiting = count
        self._all_begun = all_begun
        self._lock = threading.Lock()

    def taker(self, number: int) -> Callable[[Any], None]:
        taken = self.taken[number]

        def take(piece: Any) -> None:
            taken.append(piece)
            if len(taken) == 1:
                with self._lock:
                    self._waiting -= 1
                    if not self._waiting:
                        self._all_begun()

        return take

    def release(self) -> None:
        """Tell the server to go on."""
        address = (self._address.hostname, self._address.port or 80)
        with socket.create_connection(address, timeout=TO_END) as connection:
            connection.sendall(b"POST /release HTTP/1.1\r\nContent-Length: 0\r\n\r\n")
            connection.recv(1000)

    def check(self, events: int, contender: Any) -> None:
        for taken in self.taken:
            check_stream(taken, events, contender)


class _Memory:
    """What this process holds more than before, for each stream."""

    def __init__(self, traced: bool) -> None:
        self._traced = traced
        gc.collect()
        if traced:
            tracemalloc.start()
        self._before = self._now()

    def read(self, streams: int) -> float:
        gc.collect()
        more = (self._now() - self._before) / streams
        tracemalloc.stop()
        return more

    def _now(self) -> int:
        return tracemalloc.get_traced_memory()[0] if self._traced else resident()


def together_async(
    contender: Any,
    origin: str,
    count: int,
    events: int,
    loop: asyncio.AbstractEventLoop,
    traced: bool = False,
) -> Figures:
    """Read so many streams at once, each of so many events, in one event loop."""

    async def run() -> Figures:
        begun = asyncio.Event()
        streams = _Streams(origin, count, begun.set)
        takers = list(map(streams.taker, range(count)))
        memory = _Memory(traced)
        tasks = [asyncio.ensure_future(contender.stream(take)) for take in takers]
        try:
            await _wait_for_all(begun, tasks)
            held = memory.read(count)
            cpu, wall = time.process_time(), time.perf_counter()
            streams.release()
            await asyncio.wait_for(asyncio.gather(*tasks), TO_END)
            wall, cpu = time.perf_counter() - wall, time.process_time() - cpu
        finally:
            for task in tasks:
                task.cancel()
            await asyncio.gather(*tasks, return_exceptions=True)
        streams.check(events, contender)
        return {"wall": wall / count / events, "cpu": cpu / count / events, "memory": held}

    return loop.run_until_complete(run())


async def _wait_for_all(begun: asyncio.Event, tasks: list[asyncio.Task[None]]) -> None:
    """Wait until all have begun, or one of them has failed."""
    waiting = asyncio.ensure_future(begun.wait())
    done, _ = await asyncio.wait(
        [waiting, *tasks], timeout=TO_BEGIN, return_when=asyncio.FIRST_COMPLETED
    )
    if waiting not in done:
        waiting.cancel()
        for task in done:
            await task
        raise TimeoutError(f"Not all streams began within {TO_BEGIN:.0f} s.")


def together_threads(contender: Any, origin: str, count: int, events: int) -> Figures:
    """As `together_async`, with a thread for each stream."""
    begun = threading.Event()
    streams = _Streams(origin, count, begun.set)
    failures: list[BaseException] = []

    def read(take: Callable[[Any], None]) -> None:
        try:
            contender.stream(take)
        except Exception as problem:  # noqa: BLE001  whatever it is, the main thread raises it
            failures.append(problem)
            begun.set()

    takers = list(map(streams.taker, range(count)))
    memory = _Memory(traced=False)
    threads = [threading.Thread(target=read, args=(take,), daemon=True) for take in takers]
    for thread in threads:
        thread.start()
    if not begun.wait(TO_BEGIN):
        raise TimeoutError(f"Not all streams began within {TO_BEGIN:.0f} s.")
    held = memory.read(count)
    cpu, wall = time.process_time(), time.perf_counter()
    streams.release()
    for thread in threads:
        thread.join(TO_END)
    wall, cpu = time.perf_counter() - wall, time.process_time() - cpu
    if failures:
        raise failures[0]
    streams.check(events, contender)
    return {"wall": wall / count / events, "cpu": cpu / count / events, "memory": held}
