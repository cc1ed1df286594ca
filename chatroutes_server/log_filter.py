"""The log of the command line: repeated errors are left out."""

from __future__ import annotations

import logging
import time
from collections.abc import Callable, Hashable

INTERVAL = 1.0  # seconds


class RepeatedErrorFilter(logging.Filter):
    """Let one error of a kind pass per second, with the number of those that were left out before.

    Errors are of one kind if the same line of code logs them, with the same type of exception. A
    full disk or an attack then cannot fill the log.
    """

    def __init__(self, clock: Callable[[], float] = time.monotonic) -> None:
        super().__init__()
        self._clock = clock
        self._next: dict[Hashable, float] = {}
        self._left_out: dict[Hashable, int] = {}

    def filter(self, record: logging.LogRecord) -> bool:
        if record.levelno < logging.ERROR:
            return True
        exception_type = record.exc_info[0] if record.exc_info else None
        kind = (record.pathname, record.lineno, exception_type)
        now = self._clock()
        if now < self._next.get(kind, now):
            self._left_out[kind] = self._left_out.get(kind, 0) + 1
            return False
        self._next[kind] = now + INTERVAL
        left_out = self._left_out.pop(kind, 0)
        if left_out:
            record.msg = f"{record.getMessage()} ({left_out} similar errors left out before)"
            record.args = None
        return True
