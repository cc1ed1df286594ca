"""Run several calls at the same time, and receive what they put into a queue.

`AsyncTaskGroup` is the counterpart of `TaskGroup` in the asynchronous client. It runs the calls in tasks
instead of threads.
"""

from __future__ import annotations

import contextlib
from collections import deque
from collections.abc import Awaitable, Callable
from types import TracebackType
from typing import Generic, Self, TypeVar

from ._concurrency import anyio_module
from .errors import invalid_argument

T = TypeVar("T")


def validate_max_concurrency(value: object) -> None:
    """Check the argument `max_concurrency`.

    Raises:
        ValidationError: If it is not a positive whole number.
    """
    if isinstance(value, bool) or not isinstance(value, int) or value < 1:
        raise invalid_argument(
            f"max_concurrency must be a whole number of at least 1, not {value!r}."
        )


class TaskGroup(Generic[T]):
    """A context manager that runs calls in threads. At its end, it waits until all calls have ended.

    Close what the calls read before the end of the block, so that they end.

    Args:
        limit: The number of calls that run at the same time.
    """

    def __init__(self, limit: int) -> None:
        # Imported here, so that importing the SDK stays fast.
        from concurrent.futures import ThreadPoolExecutor
        from queue import SimpleQueue

        self._name = f"chatroutes-{id(self)}"
        self._executor = ThreadPoolExecutor(limit, self._name)
        self._items: SimpleQueue[T | BaseException] = SimpleQueue()

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        traceback: TracebackType | None,
    ) -> None:
        import threading

        try:
            self._executor.shutdown()
        finally:
            # Ctrl-C while a thread is started can leave it unknown to the executor.
            for thread in threading.enumerate():
                if thread.name.startswith(f"{self._name}_"):
                    with contextlib.suppress(RuntimeError):  # it was not started
                        thread.join()

    def start(self, call: Callable[[], object]) -> None:
        """Run a call as soon as fewer calls than the limit are running."""
        from contextvars import copy_context

        def run() -> None:
            try:
                call()
            except BaseException as error:  # noqa: BLE001  `get` raises it
                self._items.put(error)

        # Each thread has the context of the caller, for the spans of OpenTelemetry.
        self._executor.submit(copy_context().run, run)

    def put(self, item: T) -> None:
        """Add an item to the queue."""
        self._items.put(item)

    def get(self) -> T:
        """Wait for the next item and return it. If a call has failed, raise its error."""
        item = self._items.get()
        if isinstance(item, BaseException):
            raise item
        return item


class AsyncTaskGroup(Generic[T]):
    """A context manager that runs calls in tasks. At its end, it waits until all calls have ended.

    Cancellation cancels the calls.

    Args:
        limit: The number of calls that run at the same time.
    """

    def __init__(self, limit: int) -> None:
        self._limit = limit
        self._calls: deque[Callable[[], Awaitable[object]]] = deque()
        self._workers = 0
        anyio = anyio_module()
        self._tasks = anyio.create_task_group()
        self._sender, self._receiver = anyio.create_memory_object_stream(float("inf"))

    async def __aenter__(self) -> Self:
        await self._tasks.__aenter__()
        return self

    async def __aexit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        traceback: TracebackType | None,
    ) -> None:
        try:
            # Without the error, so that the caller receives it instead of an exception group.
            await self._tasks.__aexit__(None, None, None)
        finally:
            self._sender.close()
            self._receiver.close()

    def start(self, call: Callable[[], Awaitable[object]]) -> None:
        """Run a call as soon as fewer calls than the limit are running."""
        self._calls.append(call)
        if self._workers < self._limit:
            self._workers += 1
            self._tasks.start_soon(self._work)

    async def _work(self) -> None:
        """Run calls in the order in which they were started. Trio begins tasks in any order."""
        while self._calls:
            call = self._calls.popleft()
            try:
                await call()
            except Exception as error:  # noqa: BLE001  `get` raises it
                self._sender.send_nowait(error)
        self._workers -= 1

    def put(self, item: T) -> None:
        """Add an item to the queue."""
        self._sender.send_nowait(item)

    async def get(self) -> T:
        """Wait for the next item and return it. If a call has failed, raise its error."""
        item: T | BaseException = await self._receiver.receive()
        if isinstance(item, BaseException):
            raise item
        return item
