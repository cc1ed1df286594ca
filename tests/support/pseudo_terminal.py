"""A program in a terminal: its screen and its keyboard."""

from __future__ import annotations

import os
import select
import signal
import subprocess
import sys
from collections.abc import Callable
from typing import Any, Self

import pyte

from tests.support.paths import PYTHON_PATH

TIMEOUT = 60  # seconds, for a machine under load


_ISOLATES = dict.fromkeys(range(0x2066, 0x206A))
"""Characters that isolate right-to-left text."""


class _Screen(pyte.HistoryScreen):
    answer: Callable[[str], None]

    def draw(self, data: str) -> None:
        """Draw a text. pyte drops what follows a character without a width, so leave these out."""
        super().draw(data.translate(_ISOLATES))

    def write_process_input(self, data: str) -> None:
        """Answer a question of the program, such as where the cursor is."""
        self.answer(data)


class PseudoTerminal:
    """The command line in a terminal of its own. Use it in a `with` statement.

    Args:
        *arguments: The arguments of `python -m chatroutes`.
        environment: The environment variables, added to those of this process.
        columns: The width of the screen.
        lines: The height of the screen.
    """

    def __init__(
        self,
        *arguments: str,
        environment: dict[str, str],
        columns: int = 80,
        lines: int = 24,
    ) -> None:
        self.screen = _Screen(columns, lines, history=10_000)
        self.screen.answer = self.type
        self._stream = pyte.ByteStream(self.screen)
        self.received = b""
        """What the program has written."""
        self._arguments = [sys.executable, "-m", "chatroutes", *arguments]
        size = {"COLUMNS": str(columns), "LINES": str(lines)}
        terminal = {"TERM": "xterm-256color", "PYTHONPATH": PYTHON_PATH, **size}
        self._environment = {**os.environ, **terminal, **environment}
        self._size = (lines, columns)

    def __enter__(self) -> Self:
        import fcntl
        import struct
        import termios

        self._terminal, other = os.openpty()
        fcntl.ioctl(other, termios.TIOCSWINSZ, struct.pack("HHHH", *self._size, 0, 0))
        self.first_modes = termios.tcgetattr(other)
        """The modes before the program, such as that typed keys are shown."""
        self.process = subprocess.Popen(
            self._arguments,
            stdin=other,
            stdout=other,
            stderr=other,
            env=self._environment,
            start_new_session=True,
            # Ctrl-C reaches the program if this is its terminal.
            preexec_fn=lambda: fcntl.ioctl(0, termios.TIOCSCTTY, 0),
        )
        os.close(other)
        return self

    def __exit__(self, *_: object) -> None:
        if self.process.poll() is None:
            self.process.send_signal(signal.SIGKILL)
        self.process.wait()
        os.close(self._terminal)

    @property
    def modes(self) -> list[Any]:
        """The modes of the terminal."""
        import termios

        return termios.tcgetattr(self._terminal)

    @property
    def text(self) -> str:
        """The lines of the screen, and those that have left it at the top."""
        history = [
            "".join(line[at].data for at in range(self.screen.columns))
            for line in self.screen.history.top
        ]
        return "\n".join(line.rstrip() for line in (*history, *self.screen.display)).rstrip()

    def type(self, text: str) -> None:
        """Press keys. `\\r` is Enter, `\\x03` is Ctrl-C, and `\\x04` is Ctrl-D."""
        data = text.encode()
        while data:
            data = data[os.write(self._terminal, data) :]

    def paste(self, text: str) -> None:
        """Paste a text, as a terminal does that supports bracketed paste."""
        self.type(f"\x1b[200~{text}\x1b[201~")

    def wait_for(self, text: str, count: int = 1) -> None:
        """Wait until the terminal shows a text this many times."""
        while self.text.count(text) < count:
            if not self._read():
                raise AssertionError(f"{text!r} is not on the screen:\n{self.text}")

    def wait_for_output(self, data: bytes) -> None:
        """Wait until the program has written this."""
        while data not in self.received:
            if not self._read():
                raise AssertionError(f"{data!r} was not written:\n{self.text}")

    def wait_for_exit(self) -> int:
        """Wait until the program ends, and return its exit code."""
        while self._read():
            pass
        return self.process.wait(TIMEOUT)

    def _read(self) -> bool:
        """Read what the program writes next. Return False if it has ended, or writes nothing."""
        if not select.select([self._terminal], [], [], TIMEOUT)[0]:
            return False
        try:
            data = os.read(self._terminal, 65536)
        except OSError:  # on Linux, when the program has ended
            return False
        self.received += data
        self._stream.feed(data)
        return bool(data)
