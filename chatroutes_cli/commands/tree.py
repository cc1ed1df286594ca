"""Draw the tree of a conversation."""

from __future__ import annotations

import sys
from pathlib import Path
from typing import TYPE_CHECKING, cast, get_args

import click

from chatroutes.trees import MIN_WIDTH, TreeFormat, render
from chatroutes_cli.options import client_options, format_option, require_value
from chatroutes_cli.session import Session, pass_session

if TYPE_CHECKING:
    from chatroutes.types import ConversationTree

FORMAT_BY_SUFFIX = {
    "": "text",
    ".txt": "text",
    ".dot": "dot",
    ".gv": "dot",
    ".htm": "html",
    ".html": "html",
    ".mermaid": "mermaid",
    ".mmd": "mermaid",
    ".svg": "svg",
}


@click.command()
@click.argument("conversation")
@format_option(get_args(TreeFormat), what="picture", default="text")
@click.option(
    "-o",
    "--output",
    metavar="FILE",
    type=click.Path(dir_okay=False, allow_dash=True),
    callback=require_value,
    help="Write the picture to a file, such as tree.html.",
)
@client_options
@pass_session
def command(session: Session, conversation: str, format_: str | None, output: str | None) -> None:
    """Draw the messages of all branches of a conversation as a tree.

    \b
      chatroutes tree conv_123
      chatroutes tree conv_123 --output tree.html
    """
    if session.as_json and (format_ or output):
        raise click.UsageError("--json cannot be combined with --format and --output.")
    from chatroutes_cli import terminal
    from chatroutes_cli.output import flatten_tree, report_file, write_json
    from chatroutes_cli.progress import status

    if output == "-":
        output = None
    if format_ is None:
        format_ = _choose_format(output)
    if format_ == "html" and output is None and terminal.is_terminal(sys.stdout):
        raise click.UsageError(
            "A page is for a browser: write it to a file, with --output tree.html."
        )
    with status("Reading the conversation"):
        tree = session.client.conversations.get_tree(conversation)
    if session.as_json:
        write_json(flatten_tree(tree))
        return
    picture = _render(tree, cast("TreeFormat", format_), is_file=output is not None)
    if output is None:
        click.echo(picture, nl=not picture.endswith("\n"), color=True)
        return
    try:
        Path(output).write_text(picture, encoding="utf-8")
    except OSError as error:
        error.filename = output  # which is missing if the file was opened, such as on a full disk
        raise
    report_file(output)


def _choose_format(output: str | None) -> str:
    """Return the format of a file by its name.

    Raises:
        click.UsageError: If the name is that of another format, such as `tree.png`.
    """
    suffix = Path(output).suffix.lower() if output else ""
    format_ = FORMAT_BY_SUFFIX.get(suffix)
    if format_ is None:
        raise click.UsageError(
            f"There is no picture in the format {suffix}. Use a name with "
            f"{', '.join(filter(None, FORMAT_BY_SUFFIX))}, or pass --format."
        )
    return format_


def _render(tree: ConversationTree, format_: TreeFormat, *, is_file: bool) -> str:
    from chatroutes_cli import terminal

    color = format_ == "text" and not is_file and terminal.has_color(sys.stdout)
    return render(tree, format_, width=max(MIN_WIDTH, terminal.width()), color=color)
