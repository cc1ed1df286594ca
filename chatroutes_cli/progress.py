"""The progress of a command that takes longer than a second, on the standard error output of a terminal."""

from __future__ import annotations

import sys
import threading
from collections.abc import Callable, Generator
from contextlib import contextmanager
from typing import Protocol

from chatroutes_cli import terminal

DELAY = 1.0
"""Seconds after which progress is shown."""


class Advance(Protocol):
    """Shows how many steps were done."""

    def __call__(self, done: int, total: int | None = None, /) -> None: ...


@contextmanager
def status(message: str, delay: float = DELAY) -> Generator[Callable[[], None]]:
    """Show a message on the standard error output if the block takes longer than a second.

    Nothing is shown if it is not a terminal, or in the block of another status. The block can call the
    value to end the message earlier, such as before it prints.
    """
    if _DelayedStatus.is_active or not terminal.is_terminal(sys.stderr):
        yield lambda: None
        return
    state = _DelayedStatus(message, delay)
    _DelayedStatus.is_active = True
    try:
        with terminal.show_cursor_when_stopped():
            yield state.stop
    finally:
        _DelayedStatus.is_active = False
        state.stop()


class _DelayedStatus:
    is_active = False
    """Whether the block of a status runs."""

    def __init__(self, message: str, delay: float) -> None:
        self._message = message
        self._lock = threading.Lock()
        self._is_over = False
        self._stop: Callable[[], None] | None = None
        self._timer = threading.Timer(delay, self._start)
        self._timer.daemon = True
        self._timer.start()

    def _start(self) -> None:
        with self._lock:
            if not self._is_over:
                from rich.text import Text

                # Text, because brackets in a str are markup.
                shown = terminal.console(stderr=True).status(
                    Text(terminal.clean_cell(self._message))
                )
                shown.start()
                self._stop = shown.stop

    def stop(self) -> None:
        self._timer.cancel()
        with self._lock:
            self._is_over = True
            if self._stop is not None:
                self._stop()
                self._stop = None


@contextmanager
def progress(message: str, total: int | None = None, delay: float = DELAY) -> Generator[Advance]:
    """Show a bar on the standard error output if the block takes longer than a second.

    Nothing is shown if it is not a terminal.

    Args:
        message: What is done, such as "Exporting".
        total: The number of steps, or None if it is not known.
        delay: The seconds after which the bar is shown.

    Yields:
        A function that the block calls with the number of steps that were done so far, and with the
        total if it has changed.
    """
    if not terminal.is_terminal(sys.stderr):
        yield lambda done, total=None: None
        return
    from time import monotonic

    from rich.markup import escape
    from rich.progress import Progress, TimeElapsedColumn

    bar = Progress(
        *Progress.get_default_columns()[:-1],
        TimeElapsedColumn(),
        console=terminal.console(stderr=True),
        transient=True,
    )
    task = bar.add_task(escape(terminal.clean_cell(message)), total=total)
    begin = monotonic()

    def advance(done: int, total: int | None = None) -> None:
        bar.update(task, completed=done, total=total)
        if monotonic() - begin >= delay and not bar.live.is_started:
            bar.start()

    try:
        with terminal.show_cursor_when_stopped():
            yield advance
    finally:
        if bar.live.is_started:  # a dumb terminal would show an empty line
            bar.stop()
