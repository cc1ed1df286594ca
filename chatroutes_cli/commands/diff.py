"""Compare two branches."""

from __future__ import annotations

import re
from collections.abc import Iterable
from typing import TYPE_CHECKING

import click

from chatroutes_cli import terminal
from chatroutes_cli.options import client_options
from chatroutes_cli.progress import status
from chatroutes_cli.session import Session, pass_session

if TYPE_CHECKING:
    from chatroutes.trees import BranchDiff

MAX_WORDS = 2000
"""Lines with more words are not compared word by word, which takes time."""

_STYLES = {"-": "red", "+": "green", "@": "cyan"}


@click.command()
@click.argument("conversation")
@click.argument("branch")
@click.argument("other", default="main")
@client_options
@pass_session
def command(session: Session, conversation: str, branch: str, other: str) -> None:
    """Show the messages in which two branches differ, from BRANCH to OTHER.

    A branch is given by its id, the beginning of its id, or its title. OTHER is the main branch by
    default.
    """
    from chatroutes.trees import diff
    from chatroutes_cli.branches import choose_branch

    client = session.client
    with status("Reading the branches"):
        branches = list(client.branches.iterate(conversation))
        left, right = choose_branch(branches, branch), choose_branch(branches, other)
        result = diff(
            client.branches.iterate_messages(conversation, left["id"], limit=1000),
            client.branches.iterate_messages(conversation, right["id"], limit=1000),
        )
    titles = [f"{each.get('title')} ({each['id']})" for each in (left, right)]
    if session.as_json:
        from chatroutes_cli.output import write_json

        write_json(
            {
                "forkPoint": result.fork_point,
                "commonMessages": len(result.common),
                "left": {"branch": left, "messages": result.left},
                "right": {"branch": right, "messages": result.right},
                "diff": "\n".join(result.unified(*titles)),
            }
        )
        return
    _print_summary(result)
    _print_lines([terminal.clean_text(line) for line in result.unified(*titles)])


def _print_summary(result: BranchDiff) -> None:
    from chatroutes_cli.output import format_count

    common, point = len(result.common), result.fork_point
    text = format_count(common, "common message")
    if point is not None:
        room = terminal.width() - len(text) - 14
        content = terminal.clean_cell(f"{point.get('role')}: {point.get('content')}", max(room, 20))
        text += f", the last is {content}"
    terminal.write(text, style="dim")


def _print_lines(lines: list[str]) -> None:
    """Print a unified diff. In replaced lines, the words that differ are bold."""
    index = 0
    while index < len(lines):
        removed = _take(lines, index, "-")
        added = _take(lines, index + len(removed), "+")
        for line, bold in _mark_words(removed, added):
            _print_line(line, bold)
        index += len(removed) + len(added)
        if not removed and not added:
            _print_line(lines[index], ())
            index += 1


def _take(lines: list[str], start: int, sign: str) -> list[str]:
    end = start
    while end < len(lines) and lines[end].startswith(sign) and not lines[end].startswith(3 * sign):
        end += 1
    return lines[start:end]


Spans = Iterable[tuple[int, int]]


def _mark_words(removed: list[str], added: list[str]) -> list[tuple[str, Spans]]:
    """Return the lines with the positions of the words that differ, if each line has a counterpart."""
    plain: list[tuple[str, Spans]] = [(line, ()) for line in removed + added]
    if len(removed) != len(added):
        return plain
    from difflib import SequenceMatcher

    marked: list[list[tuple[str, Spans]]] = [[], []]
    for before, after in zip(removed, added, strict=True):
        words = [list(re.finditer(r"\w+|\s+|.", line[1:])) for line in (before, after)]
        if max(map(len, words)) > MAX_WORDS:
            return plain
        matcher = SequenceMatcher(
            None, [word[0] for word in words[0]], [word[0] for word in words[1]], autojunk=False
        )
        spans: list[list[tuple[int, int]]] = [[], []]
        for tag, *bounds in matcher.get_opcodes():
            for side, (start, end) in enumerate((bounds[:2], bounds[2:])):
                if tag != "equal" and start < end:
                    first, last = words[side][start], words[side][end - 1]
                    spans[side].append((first.start() + 1, last.end() + 1))
        if matcher.ratio() < 0.3:  # another text, in which everything would be bold
            spans = [[], []]
        marked[0].append((before, spans[0]))
        marked[1].append((after, spans[1]))
    return marked[0] + marked[1]


def _print_line(line: str, bold: Spans) -> None:
    style = "bold" if line.startswith(("---", "+++")) else _STYLES.get(line[:1])
    position = 0
    for start, end in bold:
        terminal.write(line[position:start], style=style, newline=False)
        terminal.write(line[start:end], style=f"bold {style or ''}", newline=False)
        position = end
    terminal.write(line[position:], style=style)
