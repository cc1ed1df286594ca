"""The retry policy: parsing of Retry-After, retryable failures and delays."""

import math

import pytest
from hypothesis import given
from hypothesis import strategies as st

from chatroutes._retry import (
    MAX_RETRY_AFTER,
    MAX_RETRY_DELAY,
    delay_before_retry,
    parse_retry_after,
    retry_after,
)

NOW = 784111777.0  # Sun, 06 Nov 1994 08:49:37 GMT


@pytest.mark.parametrize(
    ("value", "seconds"),
    [
        ("0", 0.0),
        ("7", 7.0),
        ("007", 7.0),
        ("1.5", 1.5),
        (" 120\t", 120.0),
        ("86400", 86400.0),
        ("9" * 300, float("9" * 300)),
        ("Sun, 06 Nov 1994 08:49:47 GMT", 10.0),
        ("Sunday, 06-Nov-94 08:49:47 GMT", 10.0),
        ("Sun Nov  6 08:49:47 1994", 10.0),
        ("Wed Nov 16 08:49:37 1994", 864000.0),
        ("Sun, 06 Nov 1994 08:49:47", 10.0),
        ("Sun, 06 Nov 1994 08:49:47 -0000", 10.0),
        ("Sun, 06 Nov 1994 08:49:47 UTC", 10.0),
        ("Sun, 06 Nov 1994 07:49:47 -0100", 10.0),
        ("Sun, 06 Nov 1994 10:49:47 +0200", 10.0),
        (" Sun, 06 Nov 1994 08:49:47 GMT ", 10.0),
        ("Sun, 06 Nov 1994 08:49:37 GMT", 0.0),
        ("Sun, 06 Nov 1994 08:49:36 GMT", 0.0),
        ("Thu, 01 Jan 1970 00:00:00 GMT", 0.0),
        ("Mon, 01 Jan 1900 00:00:00 GMT", 0.0),
        ("Sat, 31 Dec 1994 23:59:60 GMT", 788918400.0 - NOW),
        ("Fri, 31 Dec 9999 23:59:59 GMT", 253402300799.0 - NOW),
    ],
)
def test_retry_after_is_seconds_or_a_date(value: str, seconds: float) -> None:
    assert parse_retry_after(value, NOW) == seconds


@pytest.mark.parametrize(
    "value",
    [
        None,
        "",
        " ",
        "soon",
        "-1",
        "-0",
        "+1",
        "1e3",
        "1e999",
        "9" * 400,
        "9" * 5000,
        "inf",
        "Infinity",
        "nan",
        "1_000",
        "0x10",
        "1,5",
        ".5",
        "5.",
        "5 s",
        "1, 2",
        "5\n",
        "\x0b5",
        "٣",
        "７",
        "²",
        "Sun, 0６ Nov 1994 08:49:37 GMT",
        "Sun, 06 Nov 1994",
        "Sun, 32 Nov 1994 08:49:37 GMT",
        "Sun, 30 Feb 1994 08:49:37 GMT",
        "Sun, 06 Nov 1994 24:49:37 GMT",
        "Sun, 06 Nov 1994 08:60:37 GMT",
        "Sun, 06 Nov 1994 08:49:61 GMT",
        "Sun, 06 Nov 1994 08:49:-1 GMT",
        "Sun, 06 Nov 10000 08:49:37 GMT",
        "Sun, 06 Nov 99999999999999999999 08:49:37 GMT",
        "Sun, 06 Nov -1 08:49:37 GMT",
        "Sun, 06 Nov 1994 08:49:37 +2400",
        "Sun, 06 Nov 1994 08:49:37 +" + "9" * 4000,
        "Sun, 06 Foo 1994 08:49:37 GMT",
        "1994-11-06T08:49:37Z",
        ", , ,",
        "- - - - -",
        "\x00",
    ],
)
def test_invalid_retry_after_is_ignored(value: str | None) -> None:
    assert parse_retry_after(value, NOW) is None


date_words = st.sampled_from(
    ["Sun,", "Sunday,", "06", "Nov", "1994", "94", "06-Nov-94", "08:49:37", "8.4", "GMT", "+1"]
)
date_marks = st.sampled_from(
    [" ", "-", ",", ":", "::", "", "0", "-9999", "9" * 30, "x", "\0", "é", "٣"]
)
date_parts = date_words | date_marks


@given(
    st.text() | st.lists(date_parts, max_size=9).map(" ".join) | st.lists(date_parts).map("".join)
)
def test_retry_after_is_none_or_a_finite_duration(value: str) -> None:
    seconds = parse_retry_after(value, NOW)
    assert seconds is None or (seconds >= 0 and math.isfinite(seconds))


@pytest.mark.parametrize(
    ("header", "body", "seconds"),
    [
        ("7", {"retryAfter": 9}, 7.0),
        ("0", {"retryAfter": 9}, 0.0),
        ("Sun, 06 Nov 1994 08:49:47 GMT", {"retryAfter": 9}, 10.0),
        ("junk", {"retryAfter": 9}, 9.0),
        ("-1", {"retryAfter": 9}, 9.0),
        (None, {"retryAfter": 9}, 9.0),
        (None, {"retryAfter": 0}, 0.0),
        (None, {"retryAfter": 1.5}, 1.5),
        (None, {"retryAfter": "2.5"}, 2.5),
        (None, {"retryAfter": " 2 "}, 2.0),
        ("7", None, 7.0),
        ("7", "junk", 7.0),
        (None, None, None),
        (None, {}, None),
        (None, [9], None),
        (None, 9, None),
        (None, "9", None),
        (None, b"9", None),
        (None, {"retryAfter": None}, None),
        (None, {"retryAfter": True}, None),
        (None, {"retryAfter": False}, None),
        (None, {"retryAfter": -1}, None),
        (None, {"retryAfter": -0.5}, None),
        (None, {"retryAfter": math.inf}, None),
        (None, {"retryAfter": math.nan}, None),
        (None, {"retryAfter": 10**400}, None),
        (None, {"retryAfter": "1e3"}, None),
        (None, {"retryAfter": "-1"}, None),
        (None, {"retryAfter": "soon"}, None),
        (None, {"retryAfter": ""}, None),
        (None, {"retryAfter": "٣"}, None),
        (None, {"retryAfter": "9" * 5000}, None),
        (None, {"retryAfter": [9]}, None),
        (None, {"retryAfter": {}}, None),
        (None, {"retry_after": 9}, None),
    ],
)
def test_retry_after_of_the_body_replaces_an_invalid_header(
    header: str | None, body: object, seconds: float | None
) -> None:
    assert retry_after(header, body, NOW) == seconds


def delay(
    status: int | None = 500,
    after: float | None = None,
    *,
    retries_made: int = 0,
    retry_attempts: int = 3,
    retry_delay: float = 1.0,
    jitter: float = 0.0,
) -> float | None:
    return delay_before_retry(
        retries_made=retries_made,
        retry_attempts=retry_attempts,
        retry_delay=retry_delay,
        status=status,
        retry_after=after,
        jitter=jitter,
    )


@pytest.mark.parametrize("status", [None, 408, 429, 500, 501, 502, 503, 504, 529, 599])
def test_temporary_failures_are_retried(status: int | None) -> None:
    assert delay(status) == 1.0


def test_other_statuses_are_not_retried() -> None:
    others = set(range(1000)) - {408, 429, *range(500, 600)}
    assert {status for status in others if delay(status) is not None} == set()


@pytest.mark.parametrize("status", [200, 302, 400, 401, 403, 404, 422, 600])
def test_retry_after_does_not_make_a_status_retryable(status: int) -> None:
    assert delay(status, after=1.0) is None


@pytest.mark.parametrize("status", [408, 409, 429, 500, 503, 599])
@pytest.mark.parametrize(
    ("after", "expected"),
    [
        (0.0, 0.0),
        (0.25, 0.25),
        (7.0, 7.0),
        (45.0, 45.0),
        (MAX_RETRY_AFTER, 60.0),
        (math.nextafter(60.0, 61.0), None),
        (3600.0, None),
    ],
)
def test_retry_after_is_used_up_to_one_minute(
    status: int, after: float, expected: float | None
) -> None:
    assert delay(status, after, retries_made=2, jitter=0.9) == expected


@pytest.mark.parametrize("status", [None, 408, 409, 429, 503])
@pytest.mark.parametrize(("retries_made", "allowed"), [(0, 0), (1, 1), (3, 3), (4, 3), (0, -1)])
def test_retries_stop_at_retry_attempts(
    status: int | None, retries_made: int, allowed: int
) -> None:
    assert delay(status, 1.0, retries_made=retries_made, retry_attempts=allowed) is None


def test_last_allowed_retry_is_made() -> None:
    assert delay(retries_made=2, retry_attempts=3) == 4.0


@pytest.mark.parametrize(
    ("retries_made", "retry_delay", "jitter", "expected"),
    [
        (0, 1.0, 0.0, 1.0),
        (1, 1.0, 0.0, 2.0),
        (2, 1.0, 0.0, 4.0),
        (4, 1.0, 0.0, 16.0),
        (5, 1.0, 0.0, MAX_RETRY_DELAY),
        (6, 1.0, 0.0, 30.0),
        (0, 1.0, 0.5, 0.75),
        (3, 0.5, 0.5, 3.0),
        (9, 1.0, 0.5, 22.5),
        (0, 100.0, 0.0, 30.0),
        (0, 0.0, 0.7, 0.0),
        (9, 0.0, 0.7, 0.0),
        (10**6, 0.0, 0.0, 0.0),
        (1023, 1.0, 0.0, 30.0),
        (1024, 1.0, 0.0, 30.0),
        (10**30, 1.0, 0.0, 30.0),
        (10**30, 1e300, 0.0, 30.0),
        (10**30, 1e-9, 0.0, 30.0),
    ],
)
def test_backoff_doubles_up_to_thirty_seconds_minus_jitter(
    retries_made: int, retry_delay: float, jitter: float, expected: float
) -> None:
    wait = delay(
        retries_made=retries_made,
        retry_attempts=retries_made + 1,
        retry_delay=retry_delay,
        jitter=jitter,
    )
    assert wait == expected


@given(
    retries_made=st.integers(0, 10**400),
    retry_delay=st.floats(0, allow_nan=False, allow_infinity=False),
    jitter=st.floats(0, 1, exclude_max=True),
)
def test_jitter_removes_at_most_half_of_the_backoff(
    retries_made: int, retry_delay: float, jitter: float
) -> None:
    attempts = retries_made + 1
    most = delay(retries_made=retries_made, retry_attempts=attempts, retry_delay=retry_delay)
    some = delay(
        retries_made=retries_made, retry_attempts=attempts, retry_delay=retry_delay, jitter=jitter
    )
    assert most is not None
    assert some is not None
    assert most / 2 <= some <= most <= 30.0
