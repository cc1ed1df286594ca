"""The limits of a whole call: its deadline, and how long it waits for the first event of a stream.

A timeout limits one step: connecting, or one wait for bytes. A service that sends a byte before each
timeout could keep a call waiting for ever. The limits here are points in time, which nothing that
arrives moves. Nothing here reads a clock: the time is an argument.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Final, Literal, NamedTuple, TypeAlias

from ._options import NotGiven, limit_wait

LimitName: TypeAlias = Literal["timeout", "first_event_timeout", "deadline"]

# A wait can end this much before the time that it was given, because clocks are rounded.
_CLOCK_PRECISION: Final = 0.005


class TimeLimitError(TimeoutError):
    """A limit was reached before a step began."""


class ReachedLimit(NamedTuple):
    """A limit that was reached. `seconds` is its value, and `elapsed`, which is not less, the time since it began."""

    name: LimitName
    seconds: float
    elapsed: float


def format_seconds(seconds: float) -> str:
    """Return a time for a message, with a digit that is not 0."""
    return f"{seconds:.1f}" if seconds >= 0.1 else f"{seconds:.1g}"


class TimeLimits:
    """The limits of one call, with all of its attempts. All times are in seconds."""

    def __init__(
        self, deadline: float | None, first_event_timeout: float | NotGiven | None, now: float
    ) -> None:
        """Begin a call.

        Args:
            deadline: How long the call may take, or None for no limit.
            first_event_timeout: How long each attempt may take until its first event, None for no
                limit, or NOT_GIVEN if the timeout of reading applies.
            now: The time.
        """
        if not isinstance(first_event_timeout, NotGiven):
            first_event_timeout = limit_wait(first_event_timeout)
        self._deadline = limit_wait(deadline)
        self._first_event_timeout = first_event_timeout
        self._started = self._attempt_started = now
        self._paused: float | None = None
        self.is_awaiting_first_event: bool = False

    def start_attempt(self, now: float) -> None:
        """Begin an attempt."""
        self._attempt_started = now
        self._paused = None
        self.is_awaiting_first_event = not isinstance(self._first_event_timeout, NotGiven)

    def pause(self, now: float) -> None:
        """Begin a time in which nothing is read. `first_event_timeout` does not include it."""
        self._paused = now

    def resume(self, now: float) -> None:
        """End a time in which nothing was read."""
        if self._paused is not None:
            self._attempt_started += now - self._paused
            self._paused = None

    @property
    def is_active(self) -> bool:
        """Whether a limit can be reached: there is a deadline, or the first event has not arrived."""
        return self._deadline is not None or self.is_awaiting_first_event

    def remaining(self, now: float) -> float | None:
        """Return the time until the deadline, or None if there is none."""
        return None if self._deadline is None else self._started + self._deadline - now

    def limit(self, timeout: float | None, now: float) -> float | None:
        """Return how long a step may take: its timeout, or less if a limit comes earlier.

        Raises:
            TimeLimitError: If a limit was reached.
        """
        limits = [timeout, self.remaining(now), self._until_first_event(now)]
        given = [each for each in limits if each is not None]
        if not given:
            return None
        seconds = min(given)
        if seconds <= 0 and seconds != timeout:
            raise TimeLimitError("no time is left")
        return seconds

    def limit_read(self, timeout: float | None, now: float) -> float | None:
        """Return how long a wait for bytes may take.

        Until the first event, `first_event_timeout` takes the place of the timeout.

        Raises:
            TimeLimitError: If a limit was reached.
        """
        return self.limit(None if self.is_awaiting_first_event else timeout, now)

    def limit_steps(
        self, timeouts: Mapping[str, float | None], now: float
    ) -> dict[str, float | None]:
        """Return the timeouts of an attempt for a transport that does not know these limits.

        Args:
            timeouts: The timeouts of `connect`, `read`, `write` and `pool`.
            now: The time.

        Raises:
            TimeLimitError: If a limit was reached.
        """
        limited = {name: self.limit(timeout, now) for name, timeout in timeouts.items()}
        limited["read"] = self.limit_read(timeouts.get("read"), now)
        return limited

    def limit_body(
        self, timeouts: Mapping[str, float | None], now: float
    ) -> dict[str, float | None]:
        """Return the timeouts of a body for a transport that does not know these limits.

        Its timeout of reading cannot change after the first event, so that it is the longer one of the
        two, and at most the time until the deadline.
        """
        longest = timeouts.get("read")
        if longest is not None and self.is_awaiting_first_event:
            first = self._until_first_event(now)
            longest = None if first is None else max(longest, first)
        limits = [each for each in (longest, self.remaining(now)) if each is not None]
        # A timeout of 0 would be one for a socket that never waits.
        return {**timeouts, "read": max(min(limits), _CLOCK_PRECISION) if limits else None}

    def check_body(self, now: float) -> None:
        """Check the limits when a part of a body has arrived. It counts as the first event.

        Raises:
            TimeLimitError: If a limit was reached.
        """
        self.is_awaiting_first_event = False
        self.limit(None, now)

    def reached(self, now: float) -> ReachedLimit | None:
        """Return the limit that was reached, or None."""
        remaining, until_first_event = self.remaining(now), self._until_first_event(now)
        first_event_timeout = self._first_event_timeout
        if remaining is not None and remaining <= _CLOCK_PRECISION:
            assert self._deadline is not None
            elapsed = max(now - self._started, self._deadline)
            return ReachedLimit("deadline", self._deadline, elapsed)
        if until_first_event is not None and until_first_event <= _CLOCK_PRECISION:
            assert isinstance(first_event_timeout, (int, float))
            elapsed = max(now - self._attempt_started, first_event_timeout)
            return ReachedLimit("first_event_timeout", first_event_timeout, elapsed)
        return None

    def _until_first_event(self, now: float) -> float | None:
        timeout = self._first_event_timeout
        if not self.is_awaiting_first_event or timeout is None or isinstance(timeout, NotGiven):
            return None
        return self._attempt_started + timeout - now
