"""A sleep before a retry can be ended at any moment, also by a signal handler in the thread that sleeps."""

from __future__ import annotations

import itertools
import sys
from time import monotonic
from types import FrameType
from typing import Any

from chatroutes import _interruption
from chatroutes._interruption import Sleeper


def sleep_and_wake_at(line: int) -> bool:
    """Sleep, and wake at a line of the sleep. Return whether the sleep had so many lines."""
    sleeper = Sleeper()
    lines = itertools.count()
    woken: list[bool] = []

    def trace(frame: FrameType, event: str, _argument: object) -> Any:
        if frame.f_code.co_filename == _interruption.__file__ and frame.f_code.co_name == "sleep":
            if event == "line" and next(lines) == line:
                sleeper.wake()
                woken.append(True)
            return trace
        return None

    previous = sys.gettrace()
    sys.settrace(trace)
    try:
        sleeper.sleep(60.0)
    finally:
        sys.settrace(previous)
    return bool(woken)


def test_sleep_is_ended_at_any_line() -> None:
    started = monotonic()

    assert all(sleep_and_wake_at(line) for line in range(3))

    assert monotonic() - started < 60


def test_sleep_after_waking_returns_at_once() -> None:
    sleeper = Sleeper()
    sleeper.wake()
    sleeper.wake()

    started = monotonic()
    sleeper.sleep(60.0)
    sleeper.sleep(60.0)

    assert monotonic() - started < 60
