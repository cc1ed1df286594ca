"""Run jobs at the same time, in a limited number of threads or tasks, and read their results from a queue.

`AsyncWorkers` is the counterpart of `Workers` in the asynchronous client.
"""

from __future__ import annotations

import os
import queue
import threading
import weakref
from collections import deque
from collections.abc import Awaitable, Callable
from contextvars import copy_context
from types import TracebackType
from typing import Any, Generic, Protocol, Self, TypeVar

from ._batch_rate_limiter import BatchStoppedError
from ._concurrency import anyio_module, run_shielded_async, schedule_close
from .errors import ChatRoutesError, invalid_argument

J = TypeVar("J")
R = TypeVar("R")

# Seconds between two attempts to interrupt the threads.
_INTERRUPT_INTERVAL = 0.05


def validate_max_concurrency(value: object) -> None:
    """Check the argument `max_concurrency`.

    Raises:
        ValidationError: If it is not a positive whole number.
    """
    if isinstance(value, bool) or not isinstance(value, int) or value < 1:
        raise invalid_argument(
            f"max_concurrency must be a whole number of at least 1, not {value!r}."
        )


class Closable(Protocol):
    """An object whose `close` ends a call that another thread makes with it."""

    def close(self) -> object:
        """Close the object."""


class Workers(Generic[J, R]):
    """Threads that run jobs. A thread ends when no job is left, and `put` starts another one.

    As a context manager, the workers wait at the end of the block until all jobs have ended. `stop` and
    `close` end them earlier.

    Ctrl-C can interrupt the caller's thread between any two calls, even in the methods of a
    `threading.Condition`, which then stays locked. So that thread uses queues and a `with` statement with a
    lock alone, which are not interrupted.

    Args:
        run: Runs a job.
        count: The number of threads.
        interrupt: Interrupts the requests of the running jobs. `stop` calls it repeatedly.
    """

    def __init__(
        self, run: Callable[[J], R], count: int, interrupt: Callable[[], object] = lambda: None
    ) -> None:
        self._run = run
        self._count = count
        self._interrupt = interrupt
        self._lock = threading.Lock()
        self._jobs: deque[J] = deque()
        self._results: queue.SimpleQueue[R | BaseException] = queue.SimpleQueue()
        self._running = 0  # threads that take jobs
        self._threads: list[threading.Thread] = []  # also those that are about to end
        self._is_stopped = False
        self._finalizer: Any = None
        self._process_id: int | None = None  # of the threads

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        traceback: TracebackType | None,
    ) -> None:
        for thread in self._threads:
            if thread.is_alive():  # not if Ctrl-C has interrupted its start
                thread.join()

    def start(self, owner: object) -> None:
        """Stop the threads when the owner is dropped without being closed."""
        if self._finalizer is None:
            self._finalizer = weakref.finalize(owner, schedule_close, None, self.stop)
            self._finalizer.atexit = False

    def require_started(self, owner: object) -> None:
        """Do the same as `start`: threads need no block that ends them."""
        self.start(owner)

    def put(self, job: J) -> None:
        """Add a job.

        Raises:
            ChatRoutesError: If the threads are those of the parent process.
        """
        self._require_own_threads()
        with self._lock:
            self._process_id = os.getpid()
            self._jobs.append(job)
            if self._running == self._count or self._is_stopped:
                return
            self._running += 1
            # Each thread has the context of the caller, for the spans of OpenTelemetry. A daemon, because
            # workers that are not closed must not delay the end of the program.
            thread = threading.Thread(
                target=copy_context().run,
                args=(self._work,),
                name=f"chatroutes-worker-{id(self)}",
                daemon=True,
            )
            self._threads = [*filter(threading.Thread.is_alive, self._threads), thread]
        thread.start()

    def put_result(self, result: R) -> None:
        """Add a result. A job can have several: what it returns is the last one."""
        self._results.put(result)

    @property
    def has_result(self) -> bool:
        """Whether `take` returns at once."""
        return not self._results.empty()

    def take(self) -> R:
        """Wait for the next result, in the order of completion. If a job has failed, raise its error.

        Raises:
            BatchStoppedError: If the workers were stopped.
            ChatRoutesError: If the threads are those of the parent process.
        """
        self._require_own_threads()
        result = self._results.get()
        if isinstance(result, BaseException):
            raise result
        if self._is_stopped:
            raise BatchStoppedError
        return result

    def stop(self) -> None:
        """End all jobs, and return when no thread is left."""
        if self._finalizer is not None:
            self._finalizer.detach()
        if self._is_forked:
            return
        with self._lock:
            self._is_stopped = True
            self._jobs.clear()
            threads = self._threads
        self._results.put(BatchStoppedError())  # ends a `take` of another thread
        for thread in threads:
            # A thread that has not begun ends without a job.
            while thread.is_alive() and thread is not threading.current_thread():
                # Repeated, because a thread may be about to wait for its socket.
                self._interrupt()
                thread.join(_INTERRUPT_INTERVAL)

    @property
    def _is_forked(self) -> bool:
        """Whether the threads are those of the parent process, and their lock may stay locked."""
        return self._process_id not in (None, os.getpid())

    def _require_own_threads(self) -> None:
        if self._is_forked:
            raise ChatRoutesError(
                "The requests were begun before this process was forked, and the parent process has "
                "their results. Send the requests in the process that reads the results.",
                status_code=None,
            )

    def stop_after_interrupt(self) -> bool:
        """Stop after Ctrl-C, because a loop without a block does not close its iterator."""
        self.stop()
        return True

    def close(self) -> None:
        """Do the same as `stop`."""
        self.stop()

    def _work(self) -> None:
        while True:
            with self._lock:
                if not self._jobs:
                    self._running -= 1
                    return
                job = self._jobs.popleft()
            try:
                self._results.put(self._run(job))
            except BaseException as error:  # noqa: BLE001 - `take` raises it
                self._results.put(error)


class AsyncWorkers(Generic[J, R]):
    """Tasks that run jobs. A task ends when no job is left, and `put` starts another one.

    As a context manager, the workers wait at the end of the block until all jobs have ended. Cancellation
    of the block cancels the jobs.

    Args:
        run: Runs a job.
        count: The number of tasks.
    """

    def __init__(
        self,
        run: Callable[[J], Awaitable[R]],
        count: int,
        _interrupt: Callable[[], object] | None = None,
    ) -> None:
        self._run = run
        self._count = count
        self._jobs: deque[J] = deque()
        self._results: deque[R | Exception] = deque()
        self._scopes: set[Any] = set()
        self._running = 0
        self._is_stopped = False
        self._tasks: Any = None
        self._changed = anyio_module().Event()

    async def __aenter__(self) -> Self:
        await self.start(None)
        return self

    async def __aexit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        traceback: TracebackType | None,
    ) -> None:
        # Without the error, so that the caller receives it instead of an exception group.
        await self._tasks.__aexit__(None, None, None)

    async def start(self, _owner: object) -> None:
        """Begin the task group. The same task must call `close`."""
        if self._tasks is None:
            self._tasks = anyio_module().create_task_group()
            await self._tasks.__aenter__()

    async def require_started(self, _owner: object) -> None:
        """Check that there is a block that ends the tasks.

        Raises:
            ChatRoutesError: If there is none.
        """
        if self._tasks is None:
            raise ChatRoutesError(
                "The batch needs a block that ends its tasks: "
                "async with client.map(...) as results: async for result in results: ...",
                status_code=None,
            )

    def put(self, job: J) -> None:
        """Add a job."""
        self._jobs.append(job)
        if self._running < self._count:
            self._running += 1
            self._tasks.start_soon(self._work)

    def put_result(self, result: R) -> None:
        """Add a result. A job can have several: what it returns is the last one."""
        self._results.append(result)
        self._notify()

    @property
    def has_result(self) -> bool:
        """Whether `take` returns at once."""
        return bool(self._results)

    async def take(self) -> R:
        """Wait for the next result, in the order of completion. If a job has failed, raise its error.

        Raises:
            BatchStoppedError: If the workers were stopped.
        """
        await anyio_module().sleep(0)  # so that a fast reader does not delay the tasks
        while not self._results or self._is_stopped:
            if self._is_stopped:
                raise BatchStoppedError
            await self._changed.wait()
        result = self._results.popleft()
        if isinstance(result, Exception):
            raise result
        return result

    async def stop(self) -> None:
        """End all jobs, and return when no task is left."""
        self._cancel()
        await run_shielded_async(self._wait_until_ended)

    async def stop_after_interrupt(self) -> bool:
        """Do nothing: a read that was cancelled has lost no result, and the block ends the tasks."""
        return False

    async def close(self) -> None:
        """Stop, and end the task group."""
        tasks, self._tasks = self._tasks, None
        if tasks is not None:
            self._cancel()
            await tasks.__aexit__(None, None, None)

    def _cancel(self) -> None:
        self._is_stopped = True
        self._jobs.clear()
        self._notify()
        for scope in [*self._scopes]:
            scope.cancel()

    async def _wait_until_ended(self) -> None:
        while self._running:
            await self._changed.wait()

    async def _work(self) -> None:
        try:
            with anyio_module().CancelScope() as scope:
                self._scopes.add(scope)
                try:
                    await self._run_jobs()
                finally:
                    self._scopes.discard(scope)
        finally:
            self._running -= 1
            self._notify()

    async def _run_jobs(self) -> None:
        """Run jobs in the order in which they were added. Trio begins tasks in any order."""
        while self._jobs:
            job = self._jobs.popleft()
            try:
                self._results.append(await self._run(job))
            except Exception as error:  # noqa: BLE001 - `take` raises it
                self._results.append(error)
            self._notify()

    def _notify(self) -> None:
        self._changed.set()
        self._changed = anyio_module().Event()
