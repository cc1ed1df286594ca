"""The lines of a chat: edited on a terminal, with a history, or read from a pipe."""

from __future__ import annotations

import os
import sys
from typing import TYPE_CHECKING, Any

from chatroutes_cli import terminal
from chatroutes_cli.chat.slash_commands import SLASH_COMMANDS
from chatroutes_cli.input import read_line

if TYPE_CHECKING:
    from prompt_toolkit.history import History


class PipedInput:
    """Reads one message or command from each line of the standard input."""

    is_interactive = False

    def read(self, prompt: str, default: str = "") -> str:
        """Return the next line.

        Raises:
            EOFError: If there is none.
        """
        return read_line()


class TerminalInput:
    """Reads messages and commands that are edited on the terminal.

    A message can have several lines, which are pasted or typed with Alt-Enter.
    """

    is_interactive = True

    def __init__(self) -> None:
        from prompt_toolkit import PromptSession
        from prompt_toolkit.output import create_output

        self._session: PromptSession[str] = PromptSession(
            history=_open_history(),
            multiline=True,
            key_bindings=_key_bindings(),
            completer=_completer(),
            complete_while_typing=False,
            enable_suspend=True,
            # The prompt is not a part of the output of `chatroutes chat > file`.
            output=create_output(
                stdout=sys.stdout if terminal.is_terminal(sys.stdout) else sys.stderr
            ),
        )

    def read(self, prompt: str, default: str = "") -> str:
        """Return the text that the user enters.

        Args:
            prompt: The prompt before the text. It is safe for a terminal.
            default: The text to edit.

        Raises:
            EOFError: If the user pressed Ctrl-D.
            KeyboardInterrupt: If the user pressed Ctrl-C.
        """
        from prompt_toolkit.formatted_text import FormattedText

        style = "ansicyan bold" if terminal.has_color(sys.stdout) else ""
        return self._session.prompt(FormattedText([(style, prompt)]), default=default)


def open_input() -> PipedInput | TerminalInput:
    """Return the input of a chat."""
    return TerminalInput() if terminal.is_terminal(sys.stdin) else PipedInput()


def _key_bindings() -> Any:
    from prompt_toolkit.key_binding import KeyBindings, KeyPressEvent

    bindings = KeyBindings()

    @bindings.add("enter")
    def submit(event: KeyPressEvent) -> None:
        event.current_buffer.validate_and_handle()

    @bindings.add("escape", "enter")
    def insert_line(event: KeyPressEvent) -> None:
        event.current_buffer.insert_text("\n")

    return bindings


def _completer() -> Any:
    from prompt_toolkit.completion import WordCompleter

    return WordCompleter([f"/{name}" for name in SLASH_COMMANDS], sentence=True)


def _open_history() -> History:
    """Return the history of earlier chats, in a file that only its owner can read."""
    from prompt_toolkit.history import FileHistory, InMemoryHistory

    from chatroutes_cli.settings import history_path

    try:
        path = history_path()
        os.close(os.open(path, os.O_RDWR | os.O_CREAT, 0o600))
    except OSError:  # such as a read-only home
        return InMemoryHistory()
    return FileHistory(path)
