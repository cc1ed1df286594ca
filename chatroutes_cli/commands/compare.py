"""Ask several models the same question."""

from __future__ import annotations

import os
import sys
from collections.abc import Sequence
from typing import TYPE_CHECKING, Any

import click

from chatroutes_cli import terminal
from chatroutes_cli.input import read_question, split_conversation
from chatroutes_cli.options import branch_option, client_options, conversation_option
from chatroutes_cli.progress import status
from chatroutes_cli.session import Session, pass_session

if TYPE_CHECKING:
    from chatroutes import ComparisonResult, ComparisonStream


@click.command()
@click.argument("question", nargs=-1)
@click.option(
    "-m",
    "--model",
    "models",
    metavar="MODEL",
    multiple=True,
    required=True,
    help="A model to ask (see `chatroutes models`). Repeat the option for each model.",
)
@conversation_option("Ask in this conversation. Default: a new one.")
@click.option("--at", metavar="MESSAGE", help="Ask after this message of the conversation.")
@branch_option("Ask after the last message of this branch")
@client_options
@pass_session
def command(
    session: Session,
    question: Sequence[str],
    models: tuple[str, ...],
    conversation: str | None,
    at: str | None,
    branch: str | None,
) -> None:
    """Ask several models the same question, each on a new branch.

    A first word such as conv_123 is the conversation, as with --conversation.
    A terminal shows the replies side by side while they arrive. A piped text is added to the question.

    \b
      chatroutes compare -m gpt-5 -m claude-opus-4 "Where is it warm in May?"
      chatroutes compare -m gpt-5 -m claude-opus-4 conv_123 "And in June?"
    """
    conversation, question = split_conversation(question, conversation)
    if (at is not None or branch is not None) and conversation is None:
        raise click.UsageError("--at and --branch need --conversation.")
    if at is not None and branch is not None:
        raise click.UsageError("--at and --branch cannot be combined.")
    if "" in models:
        raise click.UsageError("The name of a model is empty.")
    from chatroutes_cli.branches import find_last_message
    from chatroutes_cli.replies import create_conversation

    content = read_question(question)
    if conversation is None:
        conversation = create_conversation(session.client, content, models[0])
    if branch is not None:
        at = find_last_message(session.client, conversation, branch)
    comparison = session.client.compare_stream(
        conversation, {"content": content}, models, at, max_concurrency=len(models)
    )
    with status("Creating the branches") as end_status, comparison as replies:
        end_status()
        if session.as_json:
            _write_json(conversation, replies)
        elif terminal.is_terminal(sys.stdout) and os.environ.get("TERM") != "dumb":
            _show_columns(conversation, models, replies)
        else:
            _print_rows(conversation, replies)
    _raise_first_error(replies.results)


def _show_columns(conversation: str, models: tuple[str, ...], replies: ComparisonStream) -> None:
    from rich.live import Live

    from chatroutes_cli.comparison_screen import ComparisonScreen

    screen = ComparisonScreen(list(models))
    finished: set[int] = set()
    try:
        live = Live(
            console=screen.console,
            get_renderable=screen.render,
            refresh_per_second=10,
            transient=True,
        )
        with live, terminal.show_cursor_when_stopped():
            for event in replies:
                screen.show(event)
                if event.event.type in ("done", "error"):
                    result = replies.results[event.index]
                    finished.add(event.index)
                    screen.finish(event.index, result, "failed" if result.error else "")
    finally:  # also after Ctrl-C
        for index, result in enumerate(replies.results):
            if index not in finished:
                screen.finish(index, result, "stopped")
        screen.print()
        click.echo()
        terminal.write(f"Conversation {terminal.clean_line(conversation)}", style="dim")
        for result in replies.results:
            if result.branch is not None:
                names = map(terminal.clean_line, (result.branch["id"], result.model))
                terminal.write("Branch {} ({})".format(*names), style="dim")


def _print_rows(conversation: str, replies: ComparisonStream) -> None:
    """Print the replies one below the other, in the order of the models, each when it has ended."""
    from chatroutes_cli.comparison_screen import describe_numbers

    printed = 0
    for event in replies:
        if event.event.type not in ("done", "error"):
            continue
        for result in replies.results[printed:]:
            if result.response is None and result.error is None:
                break
            branch = f"{result.branch['id']}, " if result.branch else ""
            heading = f"{result.model} ({branch}{describe_numbers(result)})"
            click.echo(f"{'' if printed == 0 else chr(10)}# {terminal.clean_line(heading)}\n")
            click.echo(terminal.clean_text(result.text))
            if result.error is not None:
                click.echo(f"Error: {terminal.clean_text(str(result.error))}")
            printed += 1
    click.echo(f"\n# Conversation {terminal.clean_line(conversation)}")


def _write_json(conversation: str, replies: ComparisonStream) -> None:
    from chatroutes_cli.output import write_json

    with status("Waiting for the replies"):
        results = replies.get_final_results()
    write_json({"conversationId": conversation, "results": [_to_fields(each) for each in results]})


def _to_fields(result: ComparisonResult) -> dict[str, Any]:
    error = result.error
    return {
        "model": result.model,
        "branch": result.branch,
        "text": result.text,
        "usage": result.usage,
        "duration": round(result.duration, 3),
        "response": result.response,
        "error": error and {"type": type(error).__name__, "message": str(error)},
    }


def _raise_first_error(results: list[ComparisonResult]) -> None:
    """Raise the error of the first model that failed, which determines the exit code."""
    for result in results:
        if result.error is not None:
            raise result.error
