"""How many requests a key may send: so many in a window of time, refused beyond that.

A window opens with a key's first request and lasts a second, a minute or an hour; then the next
request opens a new one. Requests that are refused for this reason do not count. Each key has
windows of its own, so nobody is slowed down by somebody else. The limit is there to be tested
against and to keep one program from taking the whole machine; it guards no money, and so it lives
in memory and begins anew with the server.
"""

from __future__ import annotations

import math
import re
import time
from collections.abc import Callable
from dataclasses import dataclass

from chatroutes_server.errors import StartupError

SECONDS = {"second": 1, "minute": 60, "hour": 3600}


@dataclass(frozen=True)
class RateLimit:
    count: int
    seconds: int

    @classmethod
    def parse(cls, text: str) -> RateLimit:
        """Read a limit such as `60/minute`."""
        match = re.fullmatch(r"([1-9][0-9]{0,8})/(second|minute|hour)", text)
        if match is None:
            raise StartupError(
                f"the rate limit must be like 60/minute, with second, minute or hour, and not {text}"
            )
        return cls(int(match[1]), SECONDS[match[2]])


@dataclass(frozen=True)
class Allowance:
    """Whether one request may pass, and what is left of the window."""

    allowed: bool
    limit: int
    remaining: int
    wait: int  # whole seconds until the window ends

    def headers(self, now: float) -> dict[str, str]:
        """Tell it as headers; `now` is in seconds since 1970."""
        return {
            "X-RateLimit-Limit": str(self.limit),
            "X-RateLimit-Remaining": str(self.remaining),
            "X-RateLimit-Reset": str(math.ceil(now) + self.wait),
        }


class RateLimiter:
    """Counts the requests of each account."""

    def __init__(self, limit: RateLimit, clock: Callable[[], float] = time.monotonic) -> None:
        self._limit = limit
        self._clock = clock
        self._windows: dict[str, tuple[float, int]] = {}

    def take(self, user_id: str) -> Allowance:
        now = self._clock()
        ends, used = self._windows.get(user_id, (0.0, 0))
        if now >= ends:
            ends, used = now + self._limit.seconds, 0
        allowed = used < self._limit.count
        used += allowed
        self._windows[user_id] = ends, used
        return Allowance(
            allowed, self._limit.count, self._limit.count - used, max(1, math.ceil(ends - now))
        )
