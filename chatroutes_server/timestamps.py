"""Times: kept as whole milliseconds since 1970 in UTC, sent as ISO 8601 with `Z`."""

from __future__ import annotations

import time
from datetime import datetime, timedelta

_EPOCH = datetime(1970, 1, 1)  # in UTC, as all times here


def now() -> int:
    return time.time_ns() // 1_000_000


def iso(milliseconds: int) -> str:
    moment = _EPOCH + timedelta(milliseconds=milliseconds)
    return moment.isoformat(timespec="milliseconds") + "Z"


def seconds(moment: str) -> int:
    """Read what `iso` wrote, as whole seconds since 1970."""
    return int(datetime.strptime(moment, "%Y-%m-%dT%H:%M:%S.%f%z").timestamp())
