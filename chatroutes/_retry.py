"""When a failed request is retried, and after which delay.

These failures are retryable, because they may be temporary: no usable response (connecting failed,
the connection was lost, a timeout), the statuses 408 and 429, and every 5xx. A 409 usually means that
the request conflicts with the state of an object, and a retry changes nothing; it is retried only if
the response has `Retry-After`. Every other response is final.

If the response specifies how long to wait, the delay is exactly that: an earlier retry would be rejected
again, and a later one would waste time. If it is longer than MAX_RETRY_AFTER, the request is not
retried; the error has the number in `retry_after`, so that the caller can plan for it. The header
`Retry-After` is a number of seconds or a date,
https://www.rfc-editor.org/rfc/rfc9110#section-10.2.3, with the date in one of the three formats of
section 5.6.7. If the header is missing or invalid, `retryAfter` in the body, in seconds, is used.
An invalid value counts as missing.

Otherwise the delay is an exponential backoff: it doubles with each retry, up to MAX_RETRY_DELAY.
Jitter reduces it by up to a half, so that clients that failed at the same time do not retry at the
same time.

A retry that would begin at the deadline of the call, or later, is not made.

Nothing here reads a clock or generates random numbers. Both are arguments.
"""

import math
import re
from datetime import datetime, timedelta, timezone
from email.utils import parsedate_tz
from typing import Final, cast

# Seconds.
MAX_RETRY_AFTER: Final = 60.0
MAX_RETRY_DELAY: Final = 30.0

_SECONDS: Final = r"[0-9]+(?:\.[0-9]+)?"  # compiled when it is used


def parse_retry_after(value: str | None, now: float) -> float | None:
    """Return the number of seconds that a `Retry-After` header asks to wait, or None.

    Args:
        value: The value of the header.
        now: The time, in seconds since the epoch.
    """
    if value is None or not value.isascii():
        return None
    value = value.strip(" \t")
    seconds = _parse_seconds(value)
    if seconds is not None:
        return seconds
    date = _parse_http_date(value)
    return None if date is None else max(0.0, date - now)


def retry_after(header: str | None, body: object, now: float) -> float | None:
    """Return the number of seconds that a response asks to wait, or None.

    Args:
        header: The value of the `Retry-After` header. It takes precedence over the body.
        body: The decoded body.
        now: The time, in seconds since the epoch.
    """
    seconds = parse_retry_after(header, now)
    if seconds is None and isinstance(body, dict):
        seconds = _parse_seconds(cast("dict[object, object]", body).get("retryAfter"))
    return seconds


def delay_before_retry(
    *,
    retries_made: int,
    retry_attempts: int,
    retry_delay: float,
    status: int | None,
    retry_after: float | None,
    jitter: float,
) -> float | None:
    """Return the number of seconds to wait before the next attempt, or None if no retry is due.

    Args:
        retries_made: How many retries were made so far.
        retry_attempts: How many retries are allowed.
        retry_delay: The delay before the first retry, in seconds.
        status: The status of the response, or None if there was no usable response.
        retry_after: The number of seconds that the response asks to wait, or None.
        jitter: A random number from a uniform distribution over [0, 1).
    """
    if retries_made >= retry_attempts or not is_retryable(status, retry_after):
        return None
    if retry_after is not None:
        return retry_after if retry_after <= MAX_RETRY_AFTER else None
    # After a hundred doublings, any useful delay is at the maximum. A thousand overflow a float.
    doublings = min(retries_made, 100)
    delay = min(min(retry_delay, MAX_RETRY_DELAY) * 2.0**doublings, MAX_RETRY_DELAY)
    return delay * (1 - jitter / 2)


def is_before_deadline(delay: float, remaining: float | None) -> bool:
    """Return whether an attempt after a delay would begin before the deadline of the call.

    Args:
        delay: The number of seconds before the attempt.
        remaining: The number of seconds until the deadline, or None if there is none.
    """
    return remaining is None or delay < remaining


def is_retryable(status: int | None, retry_after: float | None) -> bool:
    """Return whether a failure is retryable.

    Args:
        status: The status of the response, or None if there was no usable response.
        retry_after: The number of seconds that the response asks to wait, or None.
    """
    if status is None or status in (408, 429):
        return True
    if status == 409:
        return retry_after is not None
    return 500 <= status <= 599


def _parse_seconds(value: object) -> float | None:
    if isinstance(value, str):
        value = value.strip(" \t")
        if not re.fullmatch(_SECONDS, value):
            return None
    elif isinstance(value, bool) or not isinstance(value, (int, float)):
        return None
    try:
        seconds = float(value)
    except OverflowError:
        return None
    return seconds if math.isfinite(seconds) and seconds >= 0 else None


def _parse_http_date(date: str) -> float | None:
    try:
        parts = parsedate_tz(date)
        if parts is None:
            return None
        year, month, day, hour, minute, second = parts[:6]
        # A leap second is written as 60, which datetime rejects.
        if not 0 <= second <= 60:
            return None
        zone = timezone(timedelta(seconds=parts[9] or 0))
        return datetime(year, month, day, hour, minute, tzinfo=zone).timestamp() + second
    except (ArithmeticError, LookupError, ValueError):
        # Which exception parsedate_tz raises for an invalid date depends on the version of Python.
        return None
