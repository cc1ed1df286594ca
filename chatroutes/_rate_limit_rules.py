"""The rate limit of a service, as its responses describe it, and the times of the next requests.

A response with `X-RateLimit-*` headers gives the number of requests that are left in the current window.
Requests that were just sent and have no response yet may not be counted in it, so they are subtracted.
Responses can arrive in another order than they were sent, so the least number of a window applies.
If none is left, the next request waits for the end of the window. The new window then has the whole
limit.

A 429 holds all requests, for the time in `Retry-After`, or else until the end of the window, or else
for an exponential backoff. After the hold, one request is sent, and the others wait for its response.

The module does not read a clock. The argument `now` is the time of a monotonic clock, in seconds.
"""

from __future__ import annotations

import contextlib
import re
from collections import deque
from collections.abc import Mapping
from email.utils import parsedate_to_datetime
from typing import Final, NamedTuple

from ._retry import delay_before_retry

# The longest wait for a rate limit, in seconds. The windows of the contract have at most an hour.
MAX_WAIT: Final = 3600.0

# The number of consecutive 429 responses without a time to wait after which a batch ends.
MAX_BACKOFFS: Final = 20

# The time that the server may take to count a request, in seconds.
_COUNTING_TIME: Final = 1.0


class Window(NamedTuple):
    """The `X-RateLimit-*` headers of a response. `reset_after` is in seconds."""

    limit: int
    remaining: int
    reset_after: float


class Rejection(NamedTuple):
    """A response with status 429."""

    retry_after: float | None
    """The number of seconds that the response asks to wait, or None."""
    retry_delay: float
    """The delay of the first backoff, in seconds."""
    jitter: float
    """A random number from a uniform distribution over [0, 1)."""


def parse_window(headers: Mapping[str, str], time: float) -> Window | None:
    """Return the window in the headers of a response, or None if a header is missing or invalid.

    The reset is a time of the server's clock. It is compared with the header `Date`, if there is one,
    because the local clock may differ.

    Args:
        headers: The headers.
        time: The time, in seconds since the epoch.
    """
    numbers: list[int] = []
    for name in ("limit", "remaining", "reset"):
        value = headers.get(f"x-ratelimit-{name}", "").strip()
        if not re.fullmatch(r"[0-9]{1,18}", value):
            return None
        numbers.append(int(value))
    # The exception for an invalid date depends on the version of Python.
    with contextlib.suppress(ArithmeticError, LookupError, TypeError, ValueError):
        time = parsedate_to_datetime(headers.get("date", "")).timestamp()
    limit, remaining, reset = numbers
    reset_after = reset - time
    if limit < 1 or not 0 <= reset_after <= MAX_WAIT:
        return None
    return Window(limit, remaining, reset_after)


class RateLimits:
    """Decides when the next request may be sent, from the responses so far."""

    def __init__(self) -> None:
        self._in_flight = 0
        self._recent: deque[float] = deque()  # when the latest requests were sent
        self._held_until = 0.0
        self._is_probing = False
        self._is_probe_sent = False
        self._backoffs = 0  # in a row
        self._limit: int | None = None
        self._remaining = 0  # the least that a response of the current window has named
        self._window_end = 0.0

    def delay(self, now: float) -> float:
        """Return how long to wait before the next request, in seconds; 0 if it may be sent.

        The end of another request can end the wait.
        """
        if now < self._held_until:
            return self._held_until - now
        if self._is_probing and self._is_probe_sent:
            return MAX_WAIT
        if self._limit is None:
            return 0.0
        if now >= self._window_end:  # a new window has begun, or begins with the next request
            self._remaining = self._limit
            self._window_end = now + MAX_WAIT  # until a response gives its end
        uncounted = self._uncounted(now)
        if self._remaining > uncounted:
            return 0.0
        end = self._window_end
        if self._remaining:  # when the oldest of these requests counts as counted
            end = min(end, self._recent[0] + _COUNTING_TIME)
        return end - now

    @property
    def is_exhausted(self) -> bool:
        """Whether the service rejects all requests without a time to wait."""
        return self._backoffs > MAX_BACKOFFS

    def start(self, now: float) -> None:
        """Record that a request is sent."""
        self._in_flight += 1
        self._recent.append(now)
        self._is_probe_sent = True

    def finish(
        self,
        now: float,
        *,
        has_response: bool,
        window: Window | None = None,
        rejection: Rejection | None = None,
    ) -> float | None:
        """Record the end of a request. Return the number of seconds of a hold that begins, or None.

        Args:
            now: The time.
            has_response: Whether there was a response.
            window: The window in its headers.
            rejection: The response, if it was a 429.
        """
        self._in_flight -= 1
        self._is_probe_sent = False
        if window is not None:
            self._record_window(now, window)
        elif has_response:
            self._limit = None
        if rejection is not None:
            return self._hold(now, window, rejection)
        if has_response:
            self._backoffs = 0
            self._is_probing = False
        return None

    def _record_window(self, now: float, window: Window) -> None:
        """Record the window of a response. Responses can arrive in another order."""
        end = now + window.reset_after
        if self._limit is None or now >= self._window_end:
            self._remaining, self._window_end = window.remaining, end
        else:
            self._remaining = min(self._remaining, window.remaining)
            self._window_end = min(self._window_end, end)
        self._limit = window.limit

    def _uncounted(self, now: float) -> int:
        """Return how many requests the server may not have counted yet."""
        recent = self._recent
        while recent and recent[0] + _COUNTING_TIME <= now:
            recent.popleft()
        return min(self._in_flight, len(recent))

    def _hold(self, now: float, window: Window | None, rejection: Rejection) -> float | None:
        is_held = now < self._held_until
        seconds = rejection.retry_after
        if seconds is None and window is not None:
            seconds = window.reset_after
        if seconds is None:
            if is_held:  # by the rejection of a request that was sent at the same time
                return None
            seconds = delay_before_retry(
                retries_made=self._backoffs,
                retry_attempts=self._backoffs + 1,
                retry_delay=rejection.retry_delay,
                status=429,
                retry_after=None,
                jitter=rejection.jitter,
            )
            self._backoffs += 1
        self._is_probing = True
        self._held_until = max(self._held_until, now + (seconds or 0.0))
        self._window_end = self._held_until
        return None if is_held else seconds
