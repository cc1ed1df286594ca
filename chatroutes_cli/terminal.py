"""The terminal: its size, its colors, and texts that it shows safely."""

from __future__ import annotations

import os
import shutil
import signal
import sys
import threading
from collections.abc import Generator
from contextlib import contextmanager
from typing import IO, TYPE_CHECKING, Any

import click

from chatroutes._safe_text import Cleaner, label
from chatroutes._safe_text import columns as columns
from chatroutes._safe_text import first_of_grapheme as first_of_grapheme
from chatroutes._safe_text import isolate as isolate
from chatroutes._safe_text import shorten as shorten

if TYPE_CHECKING:
    from rich.console import Console

    from chatroutes_cli.word_wrap import WordWrapper


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
    write("Error:", style="red", newline=False, err=True)
    text = f"Error: {clean_text(message)}"
    write((wrap(text) if is_terminal(sys.stderr) else text).removeprefix("Error:"), err=True)


def print_warning(message: str) -> None:
    """Print a warning on the standard error output."""
    write(clean_text(f"Warning: {message}"), style="yellow", err=True)


def wrap(text: str) -> str:
    """Break the lines of a safe text between words, for a terminal."""
    wrapper = word_wrapper()
    return wrapper.feed(text) + wrapper.end()


def word_wrapper() -> WordWrapper:
    """Return a wrapper of the words of a reply, for the width of the terminal."""
    from chatroutes_cli.word_wrap import WordWrapper

    return WordWrapper(width())


class TextCleaner:
    """Makes a text that arrives in pieces safe for a terminal.

    Escape sequences, control characters and characters that change the direction of the text become
    visible or are dropped, also if a sequence is cut between two pieces. Newlines and tabs stay.
    """

    def __init__(self) -> None:
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
    return label(_to_text(text), width)


def _to_text(value: object) -> str:
    return "" if value is None else str(value)


def clean_cell(text: object, width: int = 500) -> str:
    """Return one line for a place beside other text, such as a cell of a table.

    Right-to-left text in it does not move the text around it.
    """
    return isolate(clean_line(text, width))


@contextmanager
def show_cursor_when_stopped() -> Generator[None]:
    """Show the cursor if Ctrl-Z stops the program in the block, which may hide it.

    The shell would have no cursor otherwise.
    """
    number = getattr(signal, "SIGTSTP", None)  # None on Windows
    is_main = threading.current_thread() is threading.main_thread()
    if number is None or not is_main or signal.getsignal(number) is not signal.SIG_DFL:
        yield
        return

    def stop(_number: int, _frame: object) -> None:
        for stream in (sys.stdout, sys.stderr):
            if is_terminal(stream) and os.environ.get("TERM") != "dumb":
                # Not with `write`: the signal may have arrived in another write.
                os.write(stream.fileno(), b"\x1b[?25h")
        signal.signal(number, signal.SIG_DFL)
        signal.raise_signal(number)
        signal.signal(number, stop)  # the program continues

    signal.signal(number, stop)
    try:
        yield
    finally:
        signal.signal(number, signal.SIG_DFL)


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
