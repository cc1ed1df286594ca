"""Ask one question."""

from __future__ import annotations

import sys
from collections.abc import Sequence

import click

from chatroutes_cli import terminal
from chatroutes_cli.input import read_question, split_conversation
from chatroutes_cli.options import (
    branch_option,
    client_options,
    conversation_option,
    model_option,
    system_option,
)
from chatroutes_cli.session import Session, pass_session


@click.command()
@click.argument("question", nargs=-1)
@model_option
@conversation_option("Ask in this conversation. Default: a new one.")
@branch_option("Ask on this branch", default="the main branch")
@system_option
@client_options
@pass_session
def command(
    session: Session,
    question: Sequence[str],
    model: str | None,
    conversation: str | None,
    branch: str | None,
    system: str | None,
) -> None:
    """Ask one question, and print the reply while it arrives.

    A first word such as conv_123 is the conversation, as with --conversation.
    A piped text is added to the question, or is the question:

    \b
      chatroutes ask "What is a closure?"
      git diff | chatroutes ask "Write a commit message."
    """
    conversation, question = split_conversation(question, conversation)
    if system and conversation is not None:
        raise click.UsageError("--system applies to a new conversation, not with --conversation.")
    if branch is not None and conversation is None:
        raise click.UsageError("--branch needs --conversation.")
    from chatroutes_cli.branches import find_branch
    from chatroutes_cli.replies import create_conversation, open_stream, print_reply, receive_reply

    content = read_question(question)
    if conversation is None:
        model = session.model(model)
        conversation = create_conversation(session.client, content, model, system)
    if branch is not None:
        branch = find_branch(session.client, conversation, branch)["id"]
    stream = open_stream(session.client, conversation, content, model, branch)
    if session.as_json:
        from chatroutes_cli.output import write_json

        write_json(receive_reply(stream))
        return
    print_reply(stream)
    if terminal.is_terminal(sys.stdout) and terminal.is_terminal(sys.stderr):
        from chatroutes_cli.chat.welcome import print_continuation

        print_continuation(session, conversation, branch)
