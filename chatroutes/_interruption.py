"""Interrupting a sleep before a retry, and the read of a stream, when the client or the stream is closed.

`AsyncSleeper` and `AsyncInterruption` are the counterparts of `Sleeper` and `Interruption` in the
asynchronous client.
"""

from __future__ import annotations

import contextlib
import os
import threading
from collections.abc import Awaitable, Callable
from time import monotonic
from typing import Any, Final, TypeVar

from ._concurrency import anyio_module, shut_down

T = TypeVar("T")

# Seconds. On Windows, Ctrl-C has no effect until a wait for a lock has ended.
_MAX_WAIT: Final = 0.2 if os.name == "nt" else 60.0


class Sleeper:
    """Sleeps until it is woken by another thread or a signal handler.

    A signal handler may run in the thread that sleeps, between any two lines. A `threading.Event` has a
    lock that this thread may hold then, so that its `set` would wait for ever.
    """

    def __init__(self) -> None:
        self._is_awake = False
        self._alarm = threading.Lock()
        self._alarm.acquire()

    def sleep(self, seconds: float) -> None:
        """Sleep, at most until `wake` is called. It may have been called before."""
        end = monotonic() + seconds
        while not self._is_awake and (remaining := end - monotonic()) > 0:
            self._alarm.acquire(timeout=min(remaining, _MAX_WAIT))

    def wake(self) -> None:
        """End the sleep, and all later ones."""
        self._is_awake = True
        with contextlib.suppress(RuntimeError):  # it was woken before
            self._alarm.release()


class AsyncSleeper:
    """Sleeps until it is woken by another task."""

    _woken: Any = None

    async def sleep(self, seconds: float) -> None:
        """Sleep, at most until `wake` is called."""
        self._woken = anyio_module().Event()
        with anyio_module().move_on_after(seconds):
            await self._woken.wait()

    def wake(self) -> None:
        """End the sleep."""
        if self._woken is not None:
            self._woken.set()


class Interruption(Sleeper):
    """Interrupts the read of a stream when the stream is closed by another thread.

    The socket is shut down. The read then ends like one whose connection was closed by the service.
    Only the reader closes the socket: a descriptor must not be closed while a thread waits for it.
    """

    def __init__(self) -> None:
        super().__init__()
        self.is_reading = False
        self._socket: Any = None
        self.has_socket = False  # whether the socket of the response is known
        # While it is held, the socket belongs to the stream. A signal handler can close the stream then.
        self._lock = threading.RLock()

    def attach(self, sock: Any) -> None:
        """Use the socket of a response."""
        self._socket = sock
        self.has_socket = sock is not None

    def detach(self) -> None:
        """Forget the socket: from now on, another request may use it."""
        with self._lock:
            self._socket = None
            self.has_socket = False

    def run(self, step: Callable[[], T]) -> T | None:
        """Run a step. Only a step that sleeps, or waits for the socket, can be interrupted."""
        return step()

    def interrupt(self, find_socket: Callable[[], Any]) -> bool:
        """Interrupt the read. Return False if there is none.

        Args:
            find_socket: Returns the socket on which the request waits for its response, or None.
        """
        self.wake()
        if not self.is_reading:
            return False
        with self._lock:
            sock = self._socket or find_socket()
            if sock is not None:
                shut_down(sock)
        return True


class AsyncInterruption(AsyncSleeper):
    """Interrupts the read of a stream when the stream is closed by another task.

    The socket is shut down. A step that waits for no socket of its own is cancelled.
    """

    def __init__(self) -> None:
        self.is_reading = False
        self._socket: Any = None
        self.has_socket = False
        self._scope: Any = None

    def attach(self, sock: Any) -> None:
        """Use the socket of a response."""
        self._socket = sock
        self.has_socket = sock is not None

    def detach(self) -> None:
        """Forget the socket: from now on, another request may use it."""
        self._socket = None
        self.has_socket = False

    async def run(self, step: Callable[[], Awaitable[T]]) -> T | None:
        """Run a step, and return None if it is interrupted. A cancel scope costs more than a read."""
        result: T | None = None
        self._scope = anyio_module().CancelScope()
        try:
            with self._scope:
                result = await step()
        finally:
            self._scope = None
        return result

    def interrupt(self, _find_socket: Callable[[], Any]) -> bool:
        """Interrupt the read. Return False if there is none."""
        if not self.is_reading:
            return False
        if self._scope is not None:
            self._scope.cancel()
        elif self._socket is not None:
            shut_down(self._socket)
        return True
