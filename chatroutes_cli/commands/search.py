"""Search messages."""

from __future__ import annotations

import itertools
import re
import sys
from collections.abc import Iterable
from typing import TYPE_CHECKING, Any

import click

from chatroutes_cli import terminal
from chatroutes_cli.options import LIMIT, client_options, conversation_option
from chatroutes_cli.progress import status
from chatroutes_cli.session import Session, pass_session

if TYPE_CHECKING:
    from chatroutes import SearchResult

CONTEXT = 60
"""The number of characters that are shown before and after the first match."""

INDENT = "    "


@click.command()
@click.argument("text")
@conversation_option("Search this conversation only. Default: all.")
@click.option("-E", "--regex", is_flag=True, help="TEXT is a regular expression of Python.")
@click.option("-n", "--limit", type=LIMIT, help="Largest number of messages.")
@client_options
@pass_session
def command(
    session: Session, text: str, conversation: str | None, regex: bool, limit: int | None
) -> None:
    """Find the messages that contain TEXT, on all branches, in any case.

    \b
      chatroutes search lisbon
      chatroutes search --regex "lis(bon|se)" --conversation conv_123
    """
    if not text:
        raise click.UsageError("TEXT is empty.")
    try:
        pattern = re.compile(text if regex else re.escape(text), re.IGNORECASE)
    except re.error as error:
        raise click.UsageError(f"TEXT is not a regular expression: {error}.") from None
    with status("Searching") as end_status:
        results = itertools.islice(session.client.search(pattern, conversation), limit)
        if session.as_json:
            _write_json(results)
            return
        count = 0
        conversation_id = ""
        for count, result in enumerate(results, 1):
            end_status()
            if not terminal.is_terminal(sys.stdout):
                _print_row(result)
                continue
            if result.conversation_id != conversation_id:
                conversation_id = result.conversation_id
                _print_conversation(result, is_first=count == 1)
            _print_result(result)
    if count == 0 and terminal.is_terminal(sys.stdout):
        click.echo("No message contains this text.")


def _write_json(results: Iterable[SearchResult]) -> None:
    """Print a list, item after item, so that it needs little memory."""
    from chatroutes_cli.output import to_json

    separator = "["
    for result in results:
        fields: dict[str, Any] = {
            "conversationId": result.conversation_id,
            "branch": result.branch,
            "message": result.message,
            "matches": result.matches,
        }
        click.echo(separator + to_json(fields), nl=False)
        separator = ", "
    click.echo("[]" if separator == "[" else "]")


def _print_row(result: SearchResult) -> None:
    message = result.message
    cells = (result.conversation_id, result.branch.get("id"), message["id"], message.get("role"))
    before, match, after = _excerpt(result)
    click.echo("\t".join([*map(terminal.clean_line, cells), f"{before}{match}{after}"]))


def _print_conversation(result: SearchResult, *, is_first: bool) -> None:
    if not is_first:
        click.echo()
    terminal.write(terminal.clean_line(result.conversation_id), style="bold", newline=False)
    if result.conversation is not None:
        terminal.write(f" {terminal.clean_cell(result.conversation.get('title', ''), 60)}")
    else:
        click.echo()


def _print_result(result: SearchResult) -> None:
    """Print where a message is, and below it one line of its text."""
    message = result.message
    branch = terminal.clean_cell(result.branch.get("title"), 30)
    names = (
        terminal.clean_line(message["id"]),
        branch,
        terminal.clean_line(message.get("role"), 10),
    )
    terminal.write("  {} [{}] {}".format(*names), style="dim")
    before, match, after = _excerpt(result)
    room = terminal.width() - len(INDENT) - 1
    while before and terminal.columns(before + match) > max(
        room // 2, room - terminal.columns(after)
    ):
        before = f"…{before.removeprefix('…')[1:]}" if len(before) > 1 else ""
    terminal.write(INDENT + before, newline=False)
    match = terminal.clean_line(match, room - terminal.columns(before))
    terminal.write(match, style="bold yellow", newline=False)
    rest = room - terminal.columns(before + match)
    terminal.write(terminal.shorten(after, rest) if rest > 1 else "")


def _excerpt(result: SearchResult) -> tuple[str, str, str]:
    """Return the first match and the text around it, on one line."""
    content: str = result.message["content"]
    start, end = result.matches[0]
    before, after = content[max(0, start - CONTEXT) : start], content[end : end + CONTEXT]
    parts = [_clean_part(each) for each in (before, content[start:end][: 2 * CONTEXT], after)]
    if start > CONTEXT:
        parts[0] = f"…{parts[0]}"
    if end + CONTEXT < len(content):
        parts[2] += "…"
    return parts[0], parts[1], parts[2]


def _clean_part(text: str) -> str:
    """Return a part of a line. Unlike `clean_line`, it keeps a space at its ends."""
    return terminal.clean_text(re.sub(r"\s+", " ", text))
