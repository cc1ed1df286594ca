"""The standard input of commands."""

from __future__ import annotations

import re
import sys
import threading
from collections.abc import Generator, Sequence
from contextlib import contextmanager, nullcontext

import click

from chatroutes_cli.exit_codes import ExitCode
from chatroutes_cli.failures import CommandError, uses_json, warn
from chatroutes_cli.terminal import is_terminal

NOTE_DELAY = 3.0
"""Seconds after which a note says that the standard input has not ended."""

_CONVERSATION_ID = re.compile(r"conv_[0-9A-Za-z]+")


def read_stdin() -> str:
    """Return the text of the standard input, or an empty text if it is a terminal.

    Raises:
        CommandError: If the input is not UTF-8.
    """
    if is_terminal(sys.stdin):
        return ""
    return _decode(sys.stdin.buffer.read()).replace("\r\n", "\n").removesuffix("\n")


def split_conversation(
    words: Sequence[str], conversation: str | None
) -> tuple[str | None, Sequence[str]]:
    """Return the conversation and the question that the words of a command contain.

    The other commands begin with the id of a conversation. So the first word is the conversation if it
    looks like an id, such as `conv_123`, and there is no option `--conversation`.
    """
    if conversation is None and words and _CONVERSATION_ID.fullmatch(words[0]):
        return words[0], words[1:]
    return conversation, words


def read_question(words: Sequence[str], note_delay: float = NOTE_DELAY) -> str:
    """Return the words of a command as one text, with the text of the standard input after them.

    Args:
        words: The words.
        note_delay: The seconds after which a note says that the standard input has not ended.

    Raises:
        click.UsageError: If there is neither.
        CommandError: If the input is not UTF-8.
    """
    question = to_utf8(" ".join(words))
    with _note_open_input(note_delay) if question else nullcontext():
        parts = [question, read_stdin()]
    content = "\n\n".join(part for part in parts if part.strip())
    if not content:
        if is_terminal(sys.stdin):
            raise click.UsageError("There is no question: pass it as an argument.")
        raise click.UsageError("There is no question: the standard input is empty.")
    return content


def read_line() -> str:
    """Return the next line of the standard input.

    Raises:
        EOFError: If there is none.
        CommandError: If the line is not UTF-8.
    """
    data = sys.stdin.buffer.readline()
    if not data:
        raise EOFError
    return _decode(data).rstrip("\r\n")


def to_utf8(text: str) -> str:
    """Return a text that was typed or passed as an argument. It is UTF-8, whatever the locale is.

    Raises:
        CommandError: If it is not UTF-8.
    """
    try:
        return text.encode("utf-8", "surrogateescape").decode()
    except (UnicodeEncodeError, UnicodeDecodeError) as error:
        raise CommandError(
            f"The question is not UTF-8 text (byte {error.start}).", ExitCode.USAGE
        ) from None


def _decode(data: bytes) -> str:
    try:
        return data.decode("utf-8-sig")
    except UnicodeDecodeError as error:
        raise CommandError(
            f"The standard input is not UTF-8 text (byte {error.start}).", ExitCode.USAGE
        ) from None


@contextmanager
def _note_open_input(delay: float) -> Generator[None]:
    """Print a note if the block, which reads the standard input, takes longer than this.

    The input of a program that ssh or a service manager runs can be a pipe that never ends.
    """
    if is_terminal(sys.stdin):
        yield
        return

    note = "Reading more text from the standard input. For none, add </dev/null."
    timer = threading.Timer(delay, warn, [note], {"as_json": uses_json()})
    timer.daemon = True
    timer.start()
    try:
        yield
    finally:
        timer.cancel()
