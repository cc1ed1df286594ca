"""The output of commands: JSON for programs, tables for people, and columns with tabs for scripts."""

from __future__ import annotations

import json
import re
import sys
from collections.abc import Iterable, Sequence
from typing import TYPE_CHECKING, Any, cast

import click

from chatroutes_cli import terminal

if TYPE_CHECKING:
    from chatroutes.types import ConversationTree

GAP = "  "
"""The text between the columns of a table."""
MIN_COLUMN = 10
"""The number of columns of the terminal that a narrowed column of a table has at least."""

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


def flatten_tree(tree: ConversationTree) -> dict[str, Any]:
    """Return a tree as a list of messages, for `write_json`: JSON of any depth could not be read."""
    nodes: list[Any] = []
    stack: list[tuple[Any, Any]] = [(child, None) for child in _children(tree["tree"])]
    while stack:
        node, parent_id = stack.pop()
        fields = {name: value for name, value in node.items() if name != "children"}
        nodes.append({**fields, "parentId": parent_id})
        stack += [(child, node.get("id")) for child in _children(node)]
    return {
        "conversation": tree["conversation"],
        "nodes": tree.get("nodes") or nodes,
        "metadata": tree["metadata"],
    }


def _children(node: Any) -> list[dict[str, Any]]:
    """Return the children of a node, the last one first. A service may send other values."""
    children = node.get("children")
    nodes = cast("list[object]", children) if isinstance(children, list) else []
    return [cast("dict[str, Any]", each) for each in reversed(nodes) if isinstance(each, dict)]


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
        terminal.write(empty)
        return
    cleaned = [[terminal.clean_cell(cell) for cell in row] for row in cells]
    widths = [max(map(terminal.columns, column)) for column in zip(columns, *cleaned, strict=True)]
    _narrow(widths, terminal.width() - len(GAP) * (len(widths) - 1))
    terminal.write(_join(list(columns), widths), style="bold")
    for row in cells:
        terminal.write(_join(list(map(terminal.clean_cell, row, widths)), widths))


def _narrow(widths: list[int], room: int) -> None:
    """Narrow columns until they fit, the widest one first. The first one has ids, which stay whole."""
    for at in sorted(range(1, len(widths)), key=widths.__getitem__, reverse=True):
        excess = max(0, sum(widths) - room)
        widths[at] = max(widths[at] - excess, min(widths[at], MIN_COLUMN))


def _join(cells: list[str], widths: list[int]) -> str:
    padded = [
        cell + " " * (width - terminal.columns(cell))
        for cell, width in zip(cells, widths, strict=True)
    ]
    return GAP.join(padded).rstrip()


def report_file(path: str) -> None:
    """Print the path of a file that was written, on the standard error output of a terminal."""
    if terminal.is_terminal(sys.stderr):
        terminal.write(f"Wrote {terminal.clean_line(path)}.", err=True)


def format_count(number: int, singular: str, plural: str | None = None) -> str:
    """Return a number and a noun, such as `1 branch` or `2,000 branches`.

    Args:
        number: The number.
        singular: The noun for one.
        plural: The noun for other numbers. Default: the singular with an s.
    """
    return f"{number:,} {singular if number == 1 else plural or f'{singular}s'}"


def format_time(value: object) -> str:
    """Return a time of the API in the time zone of this computer, such as `2026-01-31 09:05`."""
    from datetime import datetime

    try:
        return datetime.fromisoformat(str(value)).astimezone().strftime("%Y-%m-%d %H:%M")
    except (ValueError, OverflowError, OSError):
        return "" if value is None else str(value)
