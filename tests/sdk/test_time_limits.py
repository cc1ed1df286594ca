"""The limits of a whole call, as points in time."""

from __future__ import annotations

import pickle

import pytest

from chatroutes import RequestTimeoutError
from chatroutes._options import NOT_GIVEN
from chatroutes._retry import is_before_deadline
from chatroutes._time_limits import TimeLimitError, TimeLimits, format_seconds


def test_each_step_takes_at_most_the_time_until_the_deadline() -> None:
    limits = TimeLimits(10, NOT_GIVEN, 100)

    assert limits.limit(3, 100) == 3
    assert limits.limit(30, 104) == 6
    assert limits.limit(None, 104) == 6
    assert limits.limit_read(30, 109.5) == 0.5
    assert limits.reached(109) is None
    assert limits.reached(110.5) == ("deadline", 10, 10.5)
    with pytest.raises(TimeLimitError):
        limits.limit(30, 110)


def test_elapsed_time_is_at_least_the_limit() -> None:
    deadline, first_event = TimeLimits(10, NOT_GIVEN, 100), TimeLimits(None, 3, 100)
    first_event.start_attempt(100)

    assert deadline.reached(109.996) == ("deadline", 10, 10)
    assert first_event.reached(102.996) == ("first_event_timeout", 3, 3)


def test_the_deadline_includes_all_attempts() -> None:
    limits = TimeLimits(10, NOT_GIVEN, 100)

    limits.start_attempt(106)

    assert limits.limit_read(30, 106) == 4


@pytest.mark.parametrize("timeout", [1, 5, None])
def test_first_event_timeout_replaces_the_timeout_until_the_first_event(
    timeout: float | None,
) -> None:
    limits = TimeLimits(None, 3, 100)
    limits.start_attempt(110)

    assert limits.limit_read(timeout, 111) == 2
    assert limits.reached(113.5) == ("first_event_timeout", 3, 3.5)
    limits.start_attempt(120)
    assert limits.limit_read(timeout, 120) == 3
    limits.is_awaiting_first_event = False
    assert limits.limit_read(timeout, 140) == timeout
    assert limits.reached(140) is None


def test_first_event_timeout_excludes_the_time_of_the_program() -> None:
    limits = TimeLimits(60, 3, 100)
    limits.start_attempt(100)
    limits.pause(102)
    limits.resume(112)
    limits.resume(113)

    assert limits.limit_read(None, 112) == 1
    assert limits.reached(113) == ("first_event_timeout", 3, 3)
    assert limits.remaining(112) == 48
    limits.pause(113)
    limits.start_attempt(120)
    limits.resume(122)
    assert limits.limit_read(None, 122) == 1


def test_a_part_of_a_body_ends_the_first_event_timeout() -> None:
    limits = TimeLimits(10, 3, 100)
    limits.start_attempt(100)

    limits.check_body(104)

    assert limits.limit_read(30, 104) == 6
    with pytest.raises(TimeLimitError):
        limits.check_body(110)


def test_reached_limit_has_the_value_that_was_given() -> None:
    limits = TimeLimits(None, 1e-9, 1_000_000.1)
    limits.start_attempt(1_000_000.1)

    reached = limits.reached(1_000_000.2)
    assert reached is not None
    assert reached.seconds == 1e-9


def test_first_event_timeout_of_none_is_no_limit() -> None:
    limits = TimeLimits(None, None, 100)
    limits.start_attempt(100)

    assert limits.limit_read(1, 1000) is None
    assert limits.reached(1000) is None
    limits.is_awaiting_first_event = False
    assert limits.limit_read(1, 1000) == 1


def test_deadline_also_limits_the_first_event() -> None:
    limits = TimeLimits(4, 3, 100)
    limits.start_attempt(102)

    assert limits.limit_read(30, 102) == 2
    assert limits.reached(106) == ("deadline", 4, 6)


def test_timeouts_of_another_transport() -> None:
    timeouts = {"connect": 5.0, "read": 2.0, "write": None, "pool": 1.0}
    limits = TimeLimits(10, 4, 100)
    limits.start_attempt(100)

    assert limits.limit_steps(timeouts, 101) == {"connect": 3, "read": 3, "write": 3, "pool": 1}
    assert limits.limit_body(timeouts, 101)["read"] == 3
    assert limits.limit_body(timeouts, 103)["read"] == 2
    assert limits.limit_body(timeouts, 109)["read"] == 1
    assert 0 < (limits.limit_body(timeouts, 111)["read"] or 0) < 0.1
    with pytest.raises(TimeLimitError):
        limits.limit_steps(timeouts, 111)


@pytest.mark.parametrize(
    ("delay", "remaining", "expected"),
    [(1, None, True), (1, 1.5, True), (1, 1, False), (2, 1, False), (0, 0, False), (0, -1, False)],
)
def test_a_retry_begins_before_the_deadline(
    delay: float, remaining: float | None, expected: bool
) -> None:
    assert is_before_deadline(delay, remaining) is expected


def test_error_with_a_limit_can_be_pickled() -> None:
    error = RequestTimeoutError("Too late.", limit="deadline", elapsed=1.5)

    copy = pickle.loads(pickle.dumps(error))

    assert (copy.limit, copy.elapsed, copy.code) == ("deadline", 1.5, "NETWORK_ERROR")
    assert (RequestTimeoutError().limit, RequestTimeoutError().elapsed) == (None, None)


@pytest.mark.parametrize(
    ("seconds", "expected"),
    [(30.04, "30.0"), (0.35, "0.3"), (0.0999, "0.1"), (0.0123, "0.01"), (4e-5, "4e-05"), (0, "0")],
)
def test_times_in_messages_are_not_rounded_to_0(seconds: float, expected: str) -> None:
    assert format_seconds(seconds) == expected
