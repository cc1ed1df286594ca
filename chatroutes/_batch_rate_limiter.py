"""The rate limiter of a batch, which delays the requests of all its workers together.

`AsyncRateLimiter` is the counterpart of `RateLimiter` in the asynchronous client.
"""

from __future__ import annotations

import threading
from time import monotonic
from typing import Any

from ._concurrency import anyio_module
from ._rate_limit_rules import RateLimits


class BatchStoppedError(Exception):
    """The batch ends, and no more requests are sent."""


class RateLimiter:
    """Delays requests by the rules of `RateLimits`, until a response arrives, or the batch or the client ends."""

    def __init__(self) -> None:
        self._limits = RateLimits()
        # Ctrl-C can interrupt the methods of a condition, but not a `with` statement with its lock.
        self._lock = threading.RLock()
        self._condition = threading.Condition(self._lock)
        self.is_stopped: bool = False
        self._is_awake = False

    def wait(self, until: float | None = None) -> None:
        """Wait until a request may be sent.

        Args:
            until: The time at which the wait ends in any case.

        Raises:
            BatchStoppedError: If the batch ends.
        """
        with self._lock:
            while not (self.is_stopped or self._is_awake):
                now = monotonic()
                delay = _limit_delay(self._limits.delay(now), until, now)
                if delay <= 0:
                    return
                self._condition.wait(delay)
        if self.is_stopped:
            raise BatchStoppedError

    def acquire(self, until: float | None = None) -> None:
        """Wait until a request may be sent, and record that it is sent."""
        with self._lock:
            self.wait(until)
            self._limits.start(monotonic())

    def release(self, **outcome: Any) -> float | None:
        """Record the end of a request: see `RateLimits.finish`."""
        with self._lock:
            seconds = self._limits.finish(monotonic(), **outcome)
            self._condition.notify_all()
            return seconds

    @property
    def is_exhausted(self) -> bool:
        """Whether the service rejects all requests: see `RateLimits.is_exhausted`."""
        return self._limits.is_exhausted

    def delay(self) -> float:
        """Return how long the next request must wait, in seconds."""
        with self._lock:
            return self._limits.delay(monotonic())

    def sleep(self, seconds: float) -> None:
        """Sleep, at most until the batch ends or `wake` is called."""
        with self._lock:
            self._condition.wait_for(lambda: self.is_stopped or self._is_awake, seconds)

    def wake(self) -> None:
        """End all waits and sleeps, because the client was closed and every request fails at once."""
        with self._lock:
            self._is_awake = True
            self._condition.notify_all()

    def stop(self) -> None:
        """Send no more requests."""
        with self._lock:
            self.is_stopped = True
            self._condition.notify_all()


class AsyncRateLimiter:
    """Delays requests by the rules of `RateLimits`, until a response arrives, or the batch or the client ends."""

    def __init__(self) -> None:
        self._limits = RateLimits()
        self._changed = anyio_module().Event()
        self.is_stopped: bool = False
        self._is_awake = False

    async def wait(self, until: float | None = None) -> None:
        """Wait until a request may be sent.

        Args:
            until: The time at which the wait ends in any case.

        Raises:
            BatchStoppedError: If the batch ends.
        """
        while not (self.is_stopped or self._is_awake):
            now = monotonic()
            delay = _limit_delay(self._limits.delay(now), until, now)
            if delay <= 0:
                return
            with anyio_module().move_on_after(delay):
                await self._changed.wait()
        if self.is_stopped:
            raise BatchStoppedError

    async def acquire(self, until: float | None = None) -> None:
        """Wait until a request may be sent, and record that it is sent."""
        await self.wait(until)
        self._limits.start(monotonic())

    def release(self, **outcome: Any) -> float | None:
        """Record the end of a request: see `RateLimits.finish`."""
        seconds = self._limits.finish(monotonic(), **outcome)
        self._notify()
        return seconds

    @property
    def is_exhausted(self) -> bool:
        """Whether the service rejects all requests: see `RateLimits.is_exhausted`."""
        return self._limits.is_exhausted

    def delay(self) -> float:
        """Return how long the next request must wait, in seconds."""
        return self._limits.delay(monotonic())

    async def sleep(self, seconds: float) -> None:
        """Sleep, at most until the batch ends or `wake` is called."""
        with anyio_module().move_on_after(seconds):
            while not (self.is_stopped or self._is_awake):
                await self._changed.wait()

    def wake(self) -> None:
        """End all waits and sleeps, because the client was closed and every request fails at once."""
        self._is_awake = True
        self._notify()

    def stop(self) -> None:
        """Send no more requests."""
        self.is_stopped = True
        self._notify()

    def _notify(self) -> None:
        self._changed.set()
        self._changed = anyio_module().Event()


def _limit_delay(delay: float, until: float | None, now: float) -> float:
    return delay if until is None else min(delay, until - now)
