"""The replies of several models on the screen: as columns while they arrive, and as a whole."""

from __future__ import annotations

from time import monotonic
from typing import TYPE_CHECKING, Any

from chatroutes_cli import terminal
from chatroutes_cli.output import format_count
from chatroutes_cli.side_by_side import SideBySide, WrappedText, arrange

if TYPE_CHECKING:
    from rich.console import Console, Group

    from chatroutes import ComparisonEvent, ComparisonResult

HEADING = 3
"""The lines above the text of a column: the model, the numbers and a line."""

MIN_TEXT = 2
"""The least number of lines of text of a column while it arrives."""


class _Column:
    def __init__(self, model: str) -> None:
        self.model = terminal.clean_line(model)
        self.error = ""
        self.note = "waiting"  # in place of the numbers
        self.numbers = ""
        self._text = ""
        self._cleaner = terminal.TextCleaner()
        self._wrapped: WrappedText | None = None
        self._width = 0

    def feed(self, text: str) -> None:
        """Add the next piece of the text."""
        self.note = "receiving"
        self._add(self._cleaner.feed(text))

    def finish(self, result: ComparisonResult, note: str) -> None:
        """Set the numbers of the reply, and its error."""
        self._add(self._cleaner.end())
        self.note = note
        self.numbers = describe_numbers(result)
        if result.error is not None and note == "failed":
            self.error = terminal.clean_text(result.error.message)

    def _add(self, text: str) -> None:
        self._text += text
        if self._wrapped is not None:
            self._wrapped.feed(text)

    def lines(self, width: int, height: int | None, elapsed: float) -> list[tuple[str, str]]:
        """Return the heading and the lines of the text with their styles, the last ones if not all fit."""
        if self._wrapped is None or self._width != width:
            self._width, self._wrapped = width, WrappedText(width)
            self._wrapped.feed(self._text)
        error = WrappedText(width)
        error.feed(self.error)
        error_lines, count = error.last(), None
        if height is not None:
            del error_lines[max(1, height - HEADING - 1) :]
            count = max(1, height - HEADING - len(error_lines))
        hidden = 0 if count is None else max(0, len(self._wrapped) - count)
        above = f" {hidden} more above " if hidden else ""
        state = self.numbers or f"{self.note} {elapsed:.1f} s"
        if self.numbers and self.note:
            state = f"{self.note}, {state}"
        lines = [
            (terminal.clean_line(self.model, width), "bold cyan"),
            (terminal.clean_line(state, width), "red" if self.note == "failed" else "dim"),
            (above[:width].center(width, "─"), "dim"),
            *((line, "") for line in self._wrapped.last(count)),
            *((line, "red") for line in error_lines),
        ]
        return lines if height is None else lines[:height]


def describe_numbers(result: ComparisonResult) -> str:
    """Return the tokens and the duration of a reply, such as `36 tokens, 0.4 s`."""
    usage: Any = result.usage or {}
    tokens = usage.get("completionTokens")
    seconds = f"{result.duration:.1f} s"
    if not isinstance(tokens, int):
        return seconds
    return f"{format_count(tokens, 'token')}, {seconds}"


class ComparisonScreen:
    """The columns of a comparison on a terminal.

    While the replies arrive, the screen shows their last lines. `print` prints them as a whole.
    """

    def __init__(self, models: list[str]) -> None:
        self._columns = [_Column(model) for model in models]
        self._started = monotonic()
        self.console: Console = terminal.console()

    def show(self, event: ComparisonEvent) -> None:
        """Add the text of an event."""
        if event.event.type == "text":
            self._columns[event.index].feed(event.event.text)

    def finish(self, index: int, result: ComparisonResult, note: str = "") -> None:
        """Set the numbers of a reply that has ended, or its error.

        Args:
            index: The position of the model.
            result: The result.
            note: A word before the numbers, such as `failed` or `stopped`.
        """
        self._columns[index].finish(result, note)

    def render(self) -> Group:
        """Return the columns with the last lines of the texts, in the size of the terminal."""
        size = self.console.size
        return self._arrange(size.width, size.height - 1)

    def print(self) -> None:
        """Print the columns with all lines."""
        self.console.print(self._arrange(self.console.size.width, None), end="")

    def _arrange(self, width: int, height: int | None) -> Group:
        from rich.console import Group
        from rich.segment import Segment, Segments

        per_row, column_width = arrange(len(self._columns), width)
        starts = [*range(0, len(self._columns), per_row)]
        room = None
        if height is not None:
            del starts[max(1, height // (HEADING + MIN_TEXT + 1)) :]  # a very low terminal
            room = (height - len(starts) + 1) // len(starts)
        elapsed = monotonic() - self._started
        rows: list[Any] = []
        for start in starts:
            if rows:
                rows.append(Segments([Segment.line()]))
            row = self._columns[start : start + per_row]
            cells = [column.lines(column_width, room, elapsed) for column in row]
            rows.append(SideBySide(cells, column_width))
        return Group(*rows)
