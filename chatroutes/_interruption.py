"""Interrupting the read of a stream, when the stream is closed by another thread or task."""

from __future__ import annotations

import threading
from collections.abc import Awaitable, Callable
from typing import Any, TypeVar

from ._concurrency import anyio_module, shut_down

T = TypeVar("T")


class Interruption:
    """Interrupts the read of a stream when the stream is closed by another thread.

    The socket is shut down. The read then ends like one whose connection was closed by the service.
    Only the reader closes the socket: a descriptor must not be closed while a thread waits for it.
    """

    def __init__(self) -> None:
        self.is_reading = False
        self._interrupted = threading.Event()
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

    def sleep(self, seconds: float) -> object:
        """Sleep, at most until the read is interrupted."""
        return self._interrupted.wait(seconds)

    def interrupt(self, find_socket: Callable[[], Any]) -> bool:
        """Interrupt the read. Return False if there is none.

        Args:
            find_socket: Returns the socket on which the request waits for its response, or None.
        """
        self._interrupted.set()
        if not self.is_reading:
            return False
        with self._lock:
            sock = self._socket or find_socket()
            if sock is not None:
                shut_down(sock)
        return True


class AsyncInterruption:
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

    async def sleep(self, seconds: float) -> object:
        """Sleep."""
        return await anyio_module().sleep(seconds)

    def interrupt(self, _find_socket: Callable[[], Any]) -> bool:
        """Interrupt the read. Return False if there is none."""
        if not self.is_reading:
            return False
        if self._scope is not None:
            self._scope.cancel()
        elif self._socket is not None:
            shut_down(self._socket)
        return True
