"""The terminal: which characters are safe, colors, and progress of what takes longer than a second."""

from __future__ import annotations

import os
import shutil
import sys
import threading
from collections.abc import Callable, Generator
from contextlib import contextmanager
from typing import IO, TYPE_CHECKING, Any, Protocol

import click

if TYPE_CHECKING:
    from rich.console import Console

    from chatroutes_cli.word_wrap import WordWrapper


class Advance(Protocol):
    """Shows how many steps were done."""

    def __call__(self, done: int, total: int | None = None, /) -> None: ...


PROGRESS_DELAY = 1.0
"""Seconds after which progress is shown."""


def is_terminal(stream: IO[Any] | None) -> bool:
    """Return whether a stream is a terminal. It may be closed or None."""
    try:
        return stream is not None and stream.isatty()
    except ValueError:  # closed
        return False


def has_color(stream: IO[Any] | None) -> bool:
    """Return whether to write colors to a stream.

    NO_COLOR turns colors off, and FORCE_COLOR turns them on if the stream is not a terminal.
    """
    if os.environ.get("NO_COLOR"):
        return False
    if os.environ.get("FORCE_COLOR"):
        return True
    return is_terminal(stream) and os.environ.get("TERM") != "dumb"


def width() -> int:
    """Return the number of columns of the terminal, or 80."""
    return max(shutil.get_terminal_size().columns, 20)


def console(*, stderr: bool = False) -> Console:
    """Return a rich console. Texts are shown as they are: brackets and `:names:` have no meaning."""
    from rich.console import Console

    stream = sys.stderr if stderr else sys.stdout
    return Console(
        file=stream,
        markup=False,
        highlight=False,
        emoji=False,
        force_terminal=is_terminal(stream),
        no_color=not has_color(stream),
        color_system="auto" if has_color(stream) else None,
        soft_wrap=not is_terminal(stream),
    )


def write(text: str, *, style: str | None = None, newline: bool = True, err: bool = False) -> None:
    """Print a safe text at once, such as one that `clean_text` returned.

    Args:
        text: The text. It may have several lines.
        style: How it looks, if the stream has colors: `bold`, `dim`, the name of a color, or several of
            them, such as `bold red`.
        newline: Whether a newline follows.
        err: Whether to print on the standard error output.
    """
    stream = sys.stderr if err else sys.stdout
    if style and text and has_color(stream):
        words = style.split()
        color = next((each for each in words if each not in ("bold", "dim")), None)
        text = click.style(text, fg=color, bold="bold" in words or None, dim="dim" in words or None)
    click.echo(text, nl=newline, err=err, color=has_color(stream))


def print_error(message: str) -> None:
    """Print an error message on the standard error output."""
    write("Error: ", style="red", newline=False, err=True)
    text = clean_text(message)
    write(
        wrap(f"Error: {text}").removeprefix("Error: ") if is_terminal(sys.stderr) else text,
        err=True,
    )


def wrap(text: str) -> str:
    """Break the lines of a safe text between words, for a terminal."""
    wrapper = word_wrapper()
    return wrapper.feed(text) + wrapper.end()


def word_wrapper() -> WordWrapper:
    """Return a wrapper of the words of a reply, for the width of the terminal."""
    from chatroutes_cli.word_wrap import WordWrapper

    return WordWrapper(width(), columns)


class TextCleaner:
    """Makes a text that arrives in pieces safe for a terminal.

    Escape sequences, control characters and characters that change the direction of the text become
    visible or are dropped, also if a sequence is cut between two pieces. Newlines and tabs stay.
    """

    def __init__(self) -> None:
        # The rules are those of the pictures of trees.
        from chatroutes.trees._characters import Cleaner  # pyright: ignore[reportPrivateUsage]

        self._cleaner = Cleaner("\n\t")
        self._held = ""  # a carriage return, which may be part of a newline

    def feed(self, text: str) -> str:
        """Return the next piece of the text."""
        text = (self._held + text).replace("\r\n", "\n")
        self._held = "\r" if text.endswith("\r") else ""
        return self._cleaner.feed(text.removesuffix("\r") if self._held else text)

    def end(self) -> str:
        """Return the rest of the text."""
        held, self._held = self._held, ""
        return self._cleaner.feed(held)


def clean_text(text: object) -> str:
    """Return a text, such as a message, that a terminal shows safely. Newlines and tabs stay.

    A service may send another value in place of a text. None is an empty text.
    """
    cleaner = TextCleaner()
    return cleaner.feed(_to_text(text)) + cleaner.end()


def clean_line(text: object, width: int = 500) -> str:
    """Return one line that a terminal shows safely, such as a title, cut to this number of columns."""
    from chatroutes.trees._characters import label  # pyright: ignore[reportPrivateUsage]

    return label(_to_text(text), width)


def _to_text(value: object) -> str:
    return "" if value is None else str(value)


def clean_cell(text: object, width: int = 500) -> str:
    """Return one line for a place beside other text, such as a cell of a table.

    Right-to-left text in it does not move the text around it.
    """
    from chatroutes.trees._characters import isolate  # pyright: ignore[reportPrivateUsage]

    return isolate(clean_line(text, width))


def columns(text: str) -> int:
    """Return the number of columns that a safe text takes."""
    from chatroutes.trees._characters import columns  # pyright: ignore[reportPrivateUsage]

    return columns(text)


@contextmanager
def hold_keys() -> Generator[None]:
    """Hide what the user types while the block runs, and keep it for the next prompt.

    Ctrl-C still interrupts.
    """
    try:
        import termios
    except ImportError:  # Windows
        yield
        return
    try:
        before = termios.tcgetattr(sys.stdin)
    except (termios.error, OSError, ValueError):  # not a terminal
        yield
        return
    held = before.copy()
    held[0] &= ~termios.ICRNL  # Enter stays Enter
    held[3] &= ~(termios.ECHO | termios.ICANON)  # and Ctrl-D stays Ctrl-D
    termios.tcsetattr(sys.stdin, termios.TCSANOW, held)
    try:
        yield
    finally:
        termios.tcsetattr(sys.stdin, termios.TCSANOW, before)


@contextmanager
def status(message: str, delay: float = PROGRESS_DELAY) -> Generator[Callable[[], None]]:
    """Show a message on the standard error output if the block takes longer than a second.

    Nothing is shown if it is not a terminal, or in the block of another status. The block can call the
    value to end the message earlier, such as before it prints.
    """
    if _DelayedStatus.is_active or not is_terminal(sys.stderr):
        yield lambda: None
        return
    state = _DelayedStatus(message, delay)
    _DelayedStatus.is_active = True
    try:
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
                shown = console(stderr=True).status(Text(clean_cell(self._message)))
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
def progress(
    message: str, total: int | None = None, delay: float = PROGRESS_DELAY
) -> Generator[Advance]:
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
    if not is_terminal(sys.stderr):
        yield lambda done, total=None: None
        return
    from time import monotonic

    from rich.markup import escape
    from rich.progress import Progress, TimeElapsedColumn

    bar = Progress(
        *Progress.get_default_columns()[:-1],
        TimeElapsedColumn(),
        console=console(stderr=True),
        transient=True,
    )
    task = bar.add_task(escape(clean_cell(message)), total=total)
    begin = monotonic()

    def advance(done: int, total: int | None = None) -> None:
        bar.update(task, completed=done, total=total)
        if monotonic() - begin >= delay and not bar.live.is_started:
            bar.start()

    try:
        yield advance
    finally:
        bar.stop()
