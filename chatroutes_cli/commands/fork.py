"""Create a branch."""

from __future__ import annotations

from typing import TYPE_CHECKING, cast

import click

from chatroutes_cli.options import branch_option, client_options
from chatroutes_cli.session import Session, pass_session

if TYPE_CHECKING:
    from chatroutes import CreateBranchRequest
    from chatroutes.types import ContextMode


@click.command()
@click.argument("conversation")
@click.argument("message", required=False)
@click.option("-t", "--title", default="Fork", show_default=True, help="Title of the new branch.")
@branch_option("Begin after the last message of this branch")
@click.option(
    "--context",
    type=click.Choice(["full", "partial", "minimal"]),
    help="Which inherited messages a model receives: all, the last ten, or the last one.",
)
@client_options
@pass_session
def command(
    session: Session,
    conversation: str,
    message: str | None,
    title: str,
    branch: str | None,
    context: str | None,
) -> None:
    """Create a branch after a message. The branch of the message does not change.

    MESSAGE is the id of any message. Without it, the branch begins after the last message of the main
    branch. To begin before the first message, pass the id of the conversation.
    """
    if message is not None and branch is not None:
        raise click.UsageError("MESSAGE and --branch cannot be combined.")
    from chatroutes_cli import terminal
    from chatroutes_cli.branches import find_last_message
    from chatroutes_cli.progress import status

    with status("Creating the branch"):
        if branch is not None:
            message = find_last_message(session.client, conversation, branch)
        data: CreateBranchRequest = {"title": title}
        if message is not None:
            data["baseNodeId"] = message
        if context:
            data["contextMode"] = cast("ContextMode", context.upper())
        created = session.client.branches.create(conversation, data)
    if session.as_json:
        from chatroutes_cli.output import write_json

        write_json(created)
        return
    click.echo(terminal.clean_line(created["id"]))
