"""List conversations."""

from __future__ import annotations

import itertools

import click

from chatroutes_cli.options import LIMIT, client_options
from chatroutes_cli.session import Session, pass_session


@click.command()
@click.option(
    "-n",
    "--limit",
    type=LIMIT,
    default=20,
    show_default=True,
    help="Largest number of conversations.",
)
@click.option("--all", "is_all", is_flag=True, help="List all conversations.")
@client_options
@pass_session
def command(session: Session, limit: int, is_all: bool) -> None:
    """List the conversations, the latest first."""
    from chatroutes_cli.output import format_time, write_json, write_table
    from chatroutes_cli.progress import status

    with status("Listing conversations"):
        page_size = 100 if is_all else min(limit, 100)
        iterator = session.client.conversations.iterate({"limit": page_size})
        conversations = list(iterator if is_all else itertools.islice(iterator, limit))
    if session.as_json:
        write_json(conversations)
        return
    rows = [
        (each.get("id"), each.get("title"), each.get("model"), format_time(each.get("updatedAt")))
        for each in conversations
    ]
    write_table(
        ("Conversation", "Title", "Model", "Changed"),
        rows,
        empty="There are no conversations. Begin one with `chatroutes chat`.",
    )
