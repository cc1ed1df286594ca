"""Run several calls at the same time: in threads, or in the tasks of a task group.

`run_concurrently_async` is the counterpart of `run_concurrently` in the asynchronous client.
"""

from __future__ import annotations

import sys
from collections.abc import Awaitable, Callable, Sequence
from typing import Any, Protocol


class Closable(Protocol):
    """An object whose `close` ends a call that another thread makes with it."""

    def close(self) -> object:
        """Close the object."""


def run_concurrently(
    calls: Sequence[Callable[[], object]], limit: int, streams: Sequence[Closable]
) -> None:
    """Run all calls in threads, and return when the last one has ended.

    If a call raises an error, or Ctrl-C interrupts the wait, the streams are closed, which ends the
    other calls. No thread is left.

    Args:
        calls: The functions to call.
        limit: The number of calls that run at the same time.
        streams: What the calls read.
    """
    from concurrent.futures import (
        ThreadPoolExecutor,
    )  # not at the top: importing the SDK stays fast
    from contextvars import copy_context

    executor = ThreadPoolExecutor(limit, "chatroutes")
    try:
        # Each thread has the context of the caller, for the spans of OpenTelemetry.
        for future in [executor.submit(copy_context().run, call) for call in calls]:
            future.result()
    except BaseException:
        executor.shutdown(wait=False, cancel_futures=True)
        for stream in streams:
            stream.close()
        raise
    finally:
        executor.shutdown()


async def run_concurrently_async(
    calls: Sequence[Callable[[], Awaitable[object]]], limit: int, _streams: Sequence[object]
) -> None:
    """Run all calls in tasks, and return when the last one has ended. Cancellation cancels all."""
    anyio: Any = sys.modules["anyio"]  # the asynchronous client has imported it
    limiter = anyio.CapacityLimiter(limit)

    async def run(call: Callable[[], Awaitable[object]]) -> None:
        async with limiter:
            await call()

    async with anyio.create_task_group() as tasks:
        for call in calls:
            tasks.start_soon(run, call)
