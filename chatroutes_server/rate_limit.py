"""The rate limit: a number of requests in a fixed window of time, for each account.

A window begins with the first request of an account and lasts a second, a minute or an hour. The
next request after its end begins a new window. Rejected requests do not count. The windows are in
memory, so a restart of the server resets them. Servers that share a database have them there: see
`store/rate_limits.py`.
"""

from __future__ import annotations

import math
import re
import time
from collections.abc import Callable
from dataclasses import dataclass
from typing import Protocol

from chatroutes_server.errors import StartupError

PERIODS = {"second": 1, "minute": 60, "hour": 3600}


@dataclass(frozen=True)
class RateLimit:
    """A number of requests, and the length of a window in seconds."""

    requests: int
    window: int

    @classmethod
    def parse(cls, text: str) -> RateLimit:
        """Parse a limit such as `60/minute`.

        Raises:
            StartupError: If the text has another form.
        """
        valid = r"([1-9][0-9]{0,8})/(second|minute|hour)"
        match = re.fullmatch(valid, text) if isinstance(text, str) else None
        if match is None:
            raise StartupError(
                f"invalid rate limit {text!r}: expected N/second, N/minute or N/hour"
            )
        return cls(int(match[1]), PERIODS[match[2]])


@dataclass(frozen=True)
class RateLimitResult:
    """Whether a request is allowed, and the remaining requests and time of the window."""

    allowed: bool
    limit: int
    remaining: int
    reset_after: int  # whole seconds until the window ends

    def headers(self, now: float) -> dict[str, str]:
        """Return the `X-RateLimit-*` headers; `now` is in seconds since 1970."""
        return {
            "X-RateLimit-Limit": str(self.limit),
            "X-RateLimit-Remaining": str(self.remaining),
            "X-RateLimit-Reset": str(math.ceil(now) + self.reset_after),
        }


class Limiter(Protocol):
    async def acquire(self, user_id: str) -> RateLimitResult:
        """Count a request of the account, if the limit allows it."""
        ...


class RateLimiter:
    """Counts the requests of each account to this server."""

    def __init__(self, limit: RateLimit, clock: Callable[[], float] = time.monotonic) -> None:
        self._limit = limit
        self._clock = clock
        self._windows: dict[str, tuple[float, int]] = {}  # end and number of requests

    async def acquire(self, user_id: str) -> RateLimitResult:
        """Count a request of the account, if the limit allows it."""
        limit, now = self._limit, self._clock()
        end, count = self._windows.get(user_id, (0.0, 0))
        if now >= end:
            end, count = now + limit.window, 0
        allowed = count < limit.requests
        count += allowed
        self._windows[user_id] = end, count
        reset_after = max(1, math.ceil(end - now))
        return RateLimitResult(allowed, limit.requests, limit.requests - count, reset_after)
