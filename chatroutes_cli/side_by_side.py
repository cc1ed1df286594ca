"""Texts side by side: lines of a width, and the columns in which they fit."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import TYPE_CHECKING

from chatroutes_cli.terminal import columns, first_of_grapheme, isolate

if TYPE_CHECKING:
    from rich.console import Console, ConsoleOptions
    from rich.segment import Segment

MIN_COLUMN = 24
"""The least width of a column, in columns of the terminal."""

SEPARATOR = " │ "


class WrappedText:
    """A clean text that arrives in pieces, as lines of a width.

    Lines are broken at spaces, before and after wide characters, whose scripts do not separate words, and
    inside a word that is longer than a line. `WordWrapper` leaves such words to the terminal, which would
    break them at its edge instead of the edge of the column.
    """

    def __init__(self, width: int) -> None:
        self._width = width
        self._lines: list[str] = []  # that do not change any more
        self._rest = ""

    def feed(self, text: str) -> None:
        """Add a piece of the text."""
        *paragraphs, rest = (self._rest + text.replace("\t", "    ")).split("\n")
        for paragraph in paragraphs:
            self._lines += self._wrap(paragraph)
        *wrapped, self._rest = self._wrap(rest)
        self._lines += wrapped

    def __len__(self) -> int:
        return len(self._lines) + bool(self._rest)

    def last(self, count: int | None = None) -> list[str]:
        """Return the last lines, or all."""
        lines = self._lines if count is None else self._lines[-count:]
        lines = [*lines, self._rest] if self._rest else lines
        return [line.rstrip() for line in (lines if count is None else lines[-count:])]

    def _wrap(self, paragraph: str) -> list[str]:
        lines: list[str] = []
        start = used = 0
        end_of_word: int | None = None
        for position, character in enumerate(paragraph):
            size = columns(character)
            if size == 2 and position > start:
                end_of_word = position
            if used + size > self._width and not character.isspace() and position > start:
                cut = first_of_grapheme(paragraph, end_of_word or position)
                cut = position if cut <= start else cut
                lines.append(paragraph[start:cut])
                start, end_of_word = cut, None
                used = columns(paragraph[start:position])
            used += size
            if character.isspace() or size == 2:
                end_of_word = position + 1
        return [*lines, paragraph[start:]]


def arrange(count: int, width: int) -> tuple[int, int]:
    """Return how many columns are side by side, and the width of each.

    If not all of them fit, they are in several rows of about the same length.
    """
    fitting = max(1, (width + len(SEPARATOR)) // (MIN_COLUMN + len(SEPARATOR)))
    rows = -(-count // fitting)
    per_row = -(-count // rows)
    return per_row, (width - len(SEPARATOR) * (per_row - 1)) // per_row


class SideBySide:
    """The lines of columns that are side by side, for a rich console that is a terminal.

    The cursor is moved to each column: terminals do not agree on the width of some emoji.

    Args:
        cells: The lines of each column: the text and its style.
        width: The width of each column.
    """

    def __init__(self, cells: Sequence[Sequence[tuple[str, str]]], width: int) -> None:
        self._cells = cells
        self._width = width

    def __rich_console__(self, console: Console, _options: ConsoleOptions) -> Iterator[Segment]:
        from rich.control import Control
        from rich.segment import Segment

        distance = self._width + len(SEPARATOR)
        for number in range(max(map(len, self._cells), default=0)):
            for index, column in enumerate(self._cells):
                if index:
                    yield Control.move_to_column(index * distance - len(SEPARATOR)).segment
                    yield Segment(SEPARATOR, console.get_style("dim"))
                if number < len(column):
                    text, style = column[number]
                    yield Segment(isolate(text), console.get_style(style or "none"))
            yield Segment.line()
