"""When the requests of a batch may be sent: the rules of `RateLimits`."""

from __future__ import annotations

from email.utils import formatdate

import pytest

from chatroutes._rate_limit_rules import (
    MAX_BACKOFFS,
    MAX_WAIT,
    RateLimits,
    Rejection,
    Window,
    parse_window,
)

NOW = 1_759_633_500


def headers(limit: object, remaining: object, reset: object, **others: str) -> dict[str, str]:
    numbers = {"limit": limit, "remaining": remaining, "reset": reset}
    return {**{f"x-ratelimit-{name}": str(each) for name, each in numbers.items()}, **others}


def rejection(retry_after: float | None = None) -> Rejection:
    return Rejection(retry_after, retry_delay=1, jitter=0)


def start(limits: RateLimits, count: int, now: float) -> None:
    for _ in range(count):
        assert limits.delay(now) == 0
        limits.start(now)


@pytest.mark.parametrize(
    ("found", "window"),
    [
        (headers(60, 59, NOW + 20), Window(60, 59, 20)),
        (headers(60, 0, NOW), Window(60, 0, 0)),
        # The clock of the server is an hour ahead.
        (headers(60, 1, NOW + 3620, date=formatdate(NOW + 3600, usegmt=True)), Window(60, 1, 20)),
        (headers(60, 1, NOW + 20, date="yesterday"), Window(60, 1, 20)),
        (headers(60, 1, 20), None),  # seconds in place of a time
        (headers(60, 1, NOW + 7200), None),
        (headers(60, 1, NOW - 1), None),
        (headers(0, 0, NOW), None),
        (headers(60, -1, NOW), None),
        (headers("60, 60", 1, NOW), None),
        (headers(60, "", NOW), None),
        (headers("6" * 5000, 1, NOW), None),
        ({}, None),
    ],
)
def test_window_is_read_from_the_headers(found: dict[str, str], window: Window | None) -> None:
    assert parse_window(found, NOW) == window


def test_requests_do_not_wait_without_a_limit() -> None:
    limits = RateLimits()
    start(limits, 100, 0)
    limits.finish(1, has_response=True)
    limits.finish(1, has_response=False)
    assert limits.delay(1) == 0


def test_no_more_requests_are_sent_than_are_left() -> None:
    limits = RateLimits()
    start(limits, 3, 0)
    limits.finish(0.1, has_response=True, window=Window(10, 5, 20))

    # Two of the three are on their way, so three more may follow.
    start(limits, 3, 0.1)
    assert limits.delay(0.1) > 0

    for remaining in (4, 2, 0, 1, 3):  # in another order than they were sent
        limits.finish(0.2, has_response=True, window=Window(10, remaining, 20))
    assert limits.delay(0.2) == pytest.approx(19.9)


def test_slow_responses_do_not_reserve_requests_that_were_counted() -> None:
    limits = RateLimits()
    start(limits, 8, 0)
    limits.finish(5, has_response=True, window=Window(10, 2, 20))
    start(limits, 2, 5)
    assert limits.delay(5) == pytest.approx(1)


def test_new_window_has_the_whole_limit() -> None:
    limits = RateLimits()
    start(limits, 1, 0)
    limits.finish(0, has_response=True, window=Window(3, 0, 20))
    assert limits.delay(19) == pytest.approx(1)
    start(limits, 3, 20)
    assert limits.delay(20) > 0
    limits.finish(20.1, has_response=True, window=Window(3, 2, 20))
    assert limits.delay(20.1) > 0
    limits.finish(20.1, has_response=True, window=Window(3, 0, 20))
    limits.finish(20.1, has_response=True, window=Window(3, 1, 20))
    assert limits.delay(20.1) == pytest.approx(20)


def test_rejection_holds_all_requests() -> None:
    limits = RateLimits()
    start(limits, 4, 0)
    assert limits.finish(0, has_response=True, rejection=rejection(7)) == 7
    assert limits.finish(0, has_response=True, rejection=rejection(7)) is None  # the same hold
    assert limits.finish(1, has_response=True) is None  # a request that was sent before
    assert limits.delay(1) == pytest.approx(6)


def test_longest_wait_counts() -> None:
    limits = RateLimits()
    start(limits, 2, 0)
    limits.finish(0, has_response=True, rejection=rejection(7))
    limits.finish(0, has_response=True, rejection=rejection(9))
    assert limits.delay(0) == pytest.approx(9)


def test_one_request_is_sent_after_a_hold() -> None:
    limits = RateLimits()
    start(limits, 2, 0)
    limits.finish(0, has_response=True, rejection=rejection(7))
    limits.finish(0, has_response=True, rejection=rejection(7))
    start(limits, 1, 7)
    assert limits.delay(7) == MAX_WAIT

    assert limits.finish(8, has_response=True, rejection=rejection(5)) == 5
    start(limits, 1, 13)
    limits.finish(14, has_response=True)
    start(limits, 8, 14)


def test_end_of_the_window_is_the_hold_without_retry_after() -> None:
    limits = RateLimits()
    start(limits, 1, 0)
    assert limits.finish(0, has_response=True, window=Window(3, 0, 9), rejection=rejection()) == 9
    assert limits.delay(0) == pytest.approx(9)


def test_holds_without_a_time_become_longer() -> None:
    limits = RateLimits()
    now, holds = 0.0, list[float | None]()
    for _ in range(7):
        start(limits, 1, now)
        holds.append(limits.finish(now, has_response=True, rejection=rejection()))
        now += limits.delay(now)
    assert holds == [1, 2, 4, 8, 16, 30, 30]

    start(limits, 1, now)
    limits.finish(now, has_response=True)
    start(limits, 1, now)
    assert limits.finish(now, has_response=True, rejection=rejection()) == 1


def test_batch_does_not_wait_for_ever() -> None:
    limits = RateLimits()
    now = 0.0
    for _ in range(MAX_BACKOFFS + 1):
        assert not limits.is_exhausted
        start(limits, 1, now)
        limits.finish(now, has_response=True, rejection=rejection())
        now += limits.delay(now)
    assert limits.is_exhausted

    start(limits, 1, now)
    limits.finish(now, has_response=True)
    assert not limits.is_exhausted


def test_service_may_stop_sending_a_limit() -> None:
    limits = RateLimits()
    start(limits, 2, 0)
    limits.finish(0, has_response=True, window=Window(3, 0, 9))
    limits.finish(0, has_response=True)
    start(limits, 20, 0)
