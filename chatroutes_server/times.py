"""Times: kept as whole milliseconds since 1970 in UTC, sent as ISO 8601 with `Z`."""

from __future__ import annotations

import time
from datetime import datetime, timezone

from sqlalchemy import ColumnElement, func


def now() -> int:
    return time.time_ns() // 1_000_000


def iso(milliseconds: int) -> str:
    seconds, rest = divmod(milliseconds, 1000)
    moment = datetime.fromtimestamp(seconds, timezone.utc)
    return f"{moment:%Y-%m-%dT%H:%M:%S}.{rest:03d}Z"


def iso_column(milliseconds: ColumnElement[int]) -> ColumnElement[str]:
    """Let the database write what `iso` writes."""
    whole = func.strftime("%Y-%m-%dT%H:%M:%S", milliseconds.op("/")(1000), "unixepoch")
    return func.printf("%s.%03dZ", whole, milliseconds % 1000)


def seconds(moment: str) -> int:
    """Read what `iso` wrote, as whole seconds since 1970."""
    return int(datetime.strptime(moment, "%Y-%m-%dT%H:%M:%S.%f%z").timestamp())
