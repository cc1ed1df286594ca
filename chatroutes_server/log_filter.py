"""The log of the command line: repeated errors are left out, and tracebacks are not repeated."""

from __future__ import annotations

import logging
import time
from collections.abc import Callable, Hashable

INTERVAL = 1.0  # seconds
MAX_TRACEBACKS = 100  # that are remembered; after them, no error has a traceback


class RepeatedErrorFilter(logging.Filter):
    """Log one error of each kind per second, with the number of errors that were left out before it.

    Errors are of one kind if the same line of code logs them, with the same type of exception. The
    traceback is logged once. After it, an error of the same kind with the same text is one line. A
    full disk or an attack then cannot fill the log.
    """

    def __init__(self, clock: Callable[[], float] = time.monotonic) -> None:
        super().__init__()
        self._clock = clock
        self._next: dict[Hashable, float] = {}
        self._left_out: dict[Hashable, int] = {}
        self._tracebacks: set[Hashable] = set()  # that were logged

    def filter(self, record: logging.LogRecord) -> bool:
        if record.levelno < logging.ERROR:
            return True
        error = record.exc_info[1] if record.exc_info else None
        kind = (record.pathname, record.lineno, type(error))
        now = self._clock()
        if now < self._next.get(kind, now):
            self._left_out[kind] = self._left_out.get(kind, 0) + 1
            return False
        self._next[kind] = now + INTERVAL
        text = record.getMessage()
        if error is not None and not self._remember_traceback((kind, _describe(error))):
            text = f"{text}: {_describe(error)}"
            record.exc_info = record.exc_text = None
        left_out = self._left_out.pop(kind, 0)
        if left_out:
            text = f"{text} ({left_out} similar errors left out before)"
        record.msg, record.args = text, None
        return True

    def _remember_traceback(self, key: Hashable) -> bool:
        """Return whether a traceback is new."""
        if key in self._tracebacks or len(self._tracebacks) == MAX_TRACEBACKS:
            return False
        self._tracebacks.add(key)
        return True


def _describe(error: BaseException) -> str:
    """Return the type and the first line of an error."""
    first_line = str(error).partition("\n")[0]
    return f"{type(error).__name__}: {first_line}" if first_line else type(error).__name__
