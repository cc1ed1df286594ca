"""Merge a branch into its parent."""

from __future__ import annotations

import click

from chatroutes_cli.options import client_options
from chatroutes_cli.session import Session, pass_session


@click.command()
@click.argument("conversation")
@click.argument("branch")
@client_options
@pass_session
def command(session: Session, conversation: str, branch: str) -> None:
    """Append the messages of a branch to its parent.

    BRANCH is the id of the branch, the beginning of the id, or its title. Afterwards, the branch can be
    read and forked, and accepts no messages.
    """
    from chatroutes_cli import terminal
    from chatroutes_cli.branches import find_branch
    from chatroutes_cli.progress import status

    with status("Merging"):
        source = find_branch(session.client, conversation, branch)
        parent = session.client.branches.merge(conversation, source["id"])
    if session.as_json:
        from chatroutes_cli.output import write_json

        write_json(parent)
        return
    names = [terminal.clean_cell(each.get("title"), 40) for each in (source, parent)]
    click.echo(f"Merged {names[0]} into {names[1]} ({terminal.clean_line(parent['id'])}).")
