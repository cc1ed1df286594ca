"""Timestamps: stored as milliseconds since 1970 in UTC, sent as ISO 8601 with `Z`."""

from __future__ import annotations

import time
from datetime import UTC, datetime, timedelta
from functools import lru_cache

_EPOCH = datetime(1970, 1, 1)  # in UTC, like all times here


def now() -> int:
    """Return the current time in milliseconds since 1970."""
    return time.time_ns() // 1_000_000


@lru_cache(4096)  # the same times are in most responses
def to_iso(milliseconds: int) -> str:
    """Return a timestamp as text, such as `2025-10-05T03:01:09.598Z`."""
    moment = _EPOCH + timedelta(milliseconds=milliseconds)
    return moment.isoformat(timespec="milliseconds") + "Z"


def from_iso(text: str) -> int:
    """Return the timestamp of a time in ISO 8601. A time without an offset is in UTC.

    Raises:
        ValueError: If the text is not such a time.
        OverflowError: If the time in UTC is before the year 1 or after the year 9999.
    """
    moment = datetime.fromisoformat(text)
    if moment.tzinfo is not None:
        moment = moment.astimezone(UTC).replace(tzinfo=None)
    return (moment - _EPOCH) // timedelta(milliseconds=1)


def to_unix_seconds(text: str) -> int:
    """Return the seconds since 1970 of a timestamp that `to_iso` wrote."""
    return int(datetime.strptime(text, "%Y-%m-%dT%H:%M:%S.%f%z").timestamp())
