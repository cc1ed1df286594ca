"""The output of commands: JSON for programs, tables for people, and columns with tabs for scripts."""

from __future__ import annotations

import json
import re
import sys
from collections.abc import Iterable, Sequence

import click

from chatroutes_cli import terminal

# Characters that JSON allows in a string, and that could disturb a terminal: controls, lone surrogates,
# and invisible ones such as those that change the direction of the text.
_UNSAFE = re.compile(
    "[\x7f-\x9f\xad\u061c\u180e\u200b-\u200f\u2028-\u202e\u2060-\u206f\ud800-\udfff\ufeff]"
)


def to_json(value: object) -> str:
    """Return a value as one line of JSON. Programs read it exactly, and terminals show it safely."""
    text = json.dumps(value, ensure_ascii=False)
    try:
        text.encode(sys.stdout.encoding or "utf-8", "surrogatepass")
    except (UnicodeEncodeError, LookupError):
        return json.dumps(value)
    return _UNSAFE.sub(lambda match: f"\\u{ord(match[0]):04x}", text)


def write_json(value: object) -> None:
    """Print a value as one line of JSON."""
    click.echo(to_json(value))


def write_table(
    columns: Sequence[str], rows: Iterable[Sequence[object]], *, empty: str = "Nothing to show."
) -> None:
    """Print rows: as a table on a terminal, and otherwise as lines with tabs, without a heading.

    Args:
        columns: The headings.
        rows: The cells of each row. None is an empty cell.
        empty: What to print on a terminal if there are no rows.
    """
    cells = [["" if cell is None else str(cell) for cell in row] for row in rows]
    if not terminal.is_terminal(sys.stdout):
        for row in cells:
            click.echo("\t".join(map(terminal.clean_line, row)))
        return
    if not cells:
        click.echo(empty)
        return
    from rich import box
    from rich.table import Table
    from rich.text import Text

    table = Table(box=box.SIMPLE_HEAD, pad_edge=False, header_style="bold")
    for number, column in enumerate(columns):
        table.add_column(column, overflow="ellipsis" if number else "fold", no_wrap=number > 0)
    for row in cells:
        table.add_row(*(Text(terminal.clean_cell(cell)) for cell in row))
    terminal.console().print(table)


def format_time(value: str | None) -> str:
    """Return a time of the API in the time zone of this computer, such as `2026-01-31 09:05`."""
    from datetime import datetime

    try:
        return datetime.fromisoformat(value or "").astimezone().strftime("%Y-%m-%d %H:%M")
    except (ValueError, OverflowError, OSError):
        return value or ""
