"""Texts side by side: lines of a width, and the columns in which they fit."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING

from chatroutes.trees._characters import (
    columns as count_columns,
)  # pyright: ignore[reportPrivateUsage]
from chatroutes.trees._characters import isolate  # pyright: ignore[reportPrivateUsage]

if TYPE_CHECKING:
    from rich.text import Text

MIN_COLUMN = 24
"""The least width of a column, in columns of the terminal."""

SEPARATOR = " │ "


class WrappedText:
    """A clean text that arrives in pieces, as lines of a width.

    Lines are broken at spaces, or inside a word that is longer than a line.
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
            size = count_columns(character)
            if used + size > self._width and not character.isspace() and position > start:
                cut = position if end_of_word is None else end_of_word
                lines.append(paragraph[start:cut])
                start, end_of_word = cut, None
                used = count_columns(paragraph[start:position])
            used += size
            if character.isspace():
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


def join_columns(cells: Sequence[Sequence[tuple[str, str]]], width: int) -> list[Text]:
    """Return the lines of columns that are side by side.

    Args:
        cells: The lines of each column: the text and its style.
        width: The width of each column.
    """
    from rich.text import Text

    lines: list[Text] = []
    for number in range(max(map(len, cells), default=0)):
        line = Text(no_wrap=True, overflow="crop")
        for index, column in enumerate(cells):
            text, style = column[number] if number < len(column) else ("", "")
            if index:
                line.append(SEPARATOR, "dim")
            line.append(isolate(text), style)
            if index < len(cells) - 1:
                line.append(" " * max(0, width - count_columns(text)))
        lines.append(line)
    return lines
