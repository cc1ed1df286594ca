"""The standard input of commands."""

from __future__ import annotations

import re
import sys
from collections.abc import Sequence

import click

from chatroutes_cli.exit_codes import ExitCode
from chatroutes_cli.failures import CommandError
from chatroutes_cli.terminal import is_terminal

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


def read_question(words: Sequence[str]) -> str:
    """Return the words of a command as one text, with the text of the standard input after them.

    Raises:
        click.UsageError: If there is neither.
        CommandError: If the input is not UTF-8.
    """
    parts = [" ".join(words), read_stdin()]
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


def _decode(data: bytes) -> str:
    try:
        return data.decode("utf-8-sig")
    except UnicodeDecodeError as error:
        raise CommandError(
            f"The standard input is not UTF-8 text (byte {error.start}).", ExitCode.USAGE
        ) from None
