"""Many streams at once in one process. The server pauses each one after its first text, until all are open.

The time is that of the remaining events, without the time to connect.
"""

import asyncio
import gc
import time
import tracemalloc
from collections.abc import Awaitable
from concurrent.futures import ThreadPoolExecutor
from typing import Any
from urllib.request import Request, urlopen

import psutil

from benchmarks.peers import PEERS
from benchmarks.stream_reader import OnText, StreamReader
from benchmarks.workloads import Context, Figures, Workload

START_TIMEOUT = 20  # seconds for all streams to begin: a connection pool may be too small for them


def concurrent_streams(
    context: Context, count: int, events: int, is_async: bool = True, traced: bool = False
) -> Workload:
    """Read `count` streams of `events` texts at once, in threads if the client is synchronous."""
    peer = PEERS[context.row]
    is_async = is_async and bool(peer.imports_async)
    reader = StreamReader(peer, context.origin, f"held-{events}", is_async)
    first = StreamReader(peer, context.origin, "each-2", is_async)
    loop = asyncio.new_event_loop()
    loop.set_default_executor(ThreadPoolExecutor(count))

    def read(reader: StreamReader, on_text: OnText) -> Awaitable[Any]:
        return reader.read(on_text) if is_async else asyncio.to_thread(reader.read, on_text)

    async def measure() -> Figures:
        await read(first, bool)  # what a first stream loads is not part of what a stream costs
        received: list[list[Any]] = [[] for _ in range(count)]
        if traced:
            tracemalloc.start()
        before = _memory()
        streams = asyncio.gather(*(read(reader, texts.append) for texts in received))
        deadline = loop.time() + START_TIMEOUT
        while not all(received):
            if streams.done():
                streams.result()  # raises the error of a stream that failed
            if loop.time() > deadline:
                raise TimeoutError(f"Not all streams began within {START_TIMEOUT} s.")
            await asyncio.sleep(0.01)
        memory = max(_memory() - before, 1) / count  # pyperf accepts positive values only
        tracemalloc.stop()
        cpu, wall = time.process_time(), time.perf_counter()
        urlopen(Request(f"{context.origin}/release", method="POST"), timeout=60).close()
        await asyncio.wait_for(streams, timeout=120)
        figures = {"cpu": time.process_time() - cpu, "wall": time.perf_counter() - wall}
        for texts in received:
            reader.check(texts)
        return {**figures, "memory": memory}

    return Workload(lambda _: loop.run_until_complete(measure()), count * events)


def _memory() -> int:
    """Return the bytes that Python has allocated, if they are traced, or else those of the process."""
    gc.collect()
    if tracemalloc.is_tracing():
        return tracemalloc.get_traced_memory()[0]
    return int(psutil.Process().memory_info().rss)
