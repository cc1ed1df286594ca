"""When a failed request is tried again, and after how long.

Tried again is what may well go better the next time: nothing usable came back (connecting failed,
the connection was lost, time ran out), 408, 429 and every 5xx. A 409 usually means that the
request does not fit the state of things, and repeating it changes nothing; only a server that adds
`Retry-After` says otherwise. Every other answer is final.

A server that says when to come back is obeyed to the second: earlier would be refused again, and
later is the caller's time. One that asks for more than MAX_RETRY_AFTER is not waited for at
all; the caller gets the error with that number in it and can plan for it. `Retry-After` is a number
of seconds or a date, https://www.rfc-editor.org/rfc/rfc9110#section-10.2.3, the date in any of the
three forms of section 5.6.7. The body's `retryAfter`, in seconds, stands in for a header that is
missing or says nothing usable. A value that makes no sense counts as none.

Without such advice the wait doubles with each retry up to MAX_RETRY_DELAY, and chance takes up to
half of it away, so that clients which failed together do not come back together.

Nothing here looks at a clock or throws dice: the time and the chance are arguments.
"""

import math
import re
from datetime import datetime, timedelta, timezone
from email.utils import parsedate_tz
from typing import Final, cast

MAX_RETRY_AFTER: Final = 60.0
MAX_RETRY_DELAY: Final = 30.0

_SECONDS = re.compile(r"[0-9]+(?:\.[0-9]+)?")


def parse_retry_after(value: str | None, now: float) -> float | None:
    """Return the seconds from `now` (Unix time) that a Retry-After header asks for, if it does."""
    if value is None or not value.isascii():
        return None
    value = value.strip(" \t")
    seconds = _parse_seconds(value)
    if seconds is not None:
        return seconds
    date = _parse_http_date(value)
    return None if date is None else max(0.0, date - now)


def retry_after(header: str | None, body: object, now: float) -> float | None:
    """Return the seconds that an answer asks to wait: by its header, else by its body."""
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
    """Return the seconds to wait before the next try, or None to give up.

    `status` is None when nothing usable came back; `jitter` is evenly spread over [0, 1).
    """
    if retries_made >= retry_attempts or not is_retryable(status, retry_after):
        return None
    if retry_after is not None:
        return retry_after if retry_after <= MAX_RETRY_AFTER else None
    # A hundred doublings take any delay worth the name to the cap; a thousand overflow a float.
    doublings = min(retries_made, 100)
    delay = min(min(retry_delay, MAX_RETRY_DELAY) * 2.0**doublings, MAX_RETRY_DELAY)
    return delay * (1 - jitter / 2)


def is_retryable(status: int | None, retry_after: float | None) -> bool:
    if status is None or status in (408, 429):
        return True
    if status == 409:
        return retry_after is not None
    return 500 <= status <= 599


def _parse_seconds(value: object) -> float | None:
    if isinstance(value, str):
        value = value.strip(" \t")
        if not _SECONDS.fullmatch(value):
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
        # A leap second is written as 60, which datetime does not know.
        if not 0 <= second <= 60:
            return None
        zone = timezone(timedelta(seconds=parts[9] or 0))
        return datetime(year, month, day, hour, minute, tzinfo=zone).timestamp() + second
    except (ArithmeticError, LookupError, ValueError):
        # What parsedate_tz raises on nonsense differs between versions of Python.
        return None
