"""The standard input of commands."""

from __future__ import annotations

import sys

from chatroutes_cli.exit_codes import ExitCode
from chatroutes_cli.failures import CommandError
from chatroutes_cli.terminal import is_terminal


def read_stdin() -> str:
    """Return the text of the standard input, or an empty text if it is a terminal or closed.

    Raises:
        CommandError: If the input is not UTF-8.
    """
    if sys.stdin is None or is_terminal(sys.stdin):  # pyright: ignore[reportUnnecessaryComparison]
        return ""
    data = sys.stdin.buffer.read()
    try:
        return data.decode("utf-8-sig").replace("\r\n", "\n").removesuffix("\n")
    except UnicodeDecodeError as error:
        raise CommandError(
            f"The standard input is not UTF-8 text (byte {error.start}).", ExitCode.USAGE
        ) from None
