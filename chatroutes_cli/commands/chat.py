"""Chat in the terminal."""

from __future__ import annotations

import click

from chatroutes_cli.options import branch_option, client_options, model_option, system_option
from chatroutes_cli.session import Session, pass_session


@click.command()
@click.argument("conversation", metavar="[CONVERSATION]", required=False)
@model_option
@branch_option("Continue on this branch", default="the main branch")
@system_option
@client_options
@pass_session
def command(
    session: Session,
    conversation: str | None,
    model: str | None,
    branch: str | None,
    system: str | None,
) -> None:
    """Chat in the terminal.

    CONVERSATION is the id of a conversation to continue. Without it, a new one begins.

    Type a message and press Enter. Ctrl-C stops a reply, and keeps what has arrived. Type /help for
    the commands, such as /branch, /retry and /tree. Ctrl-D leaves.

    With a pipe, each line is a message or a command, and the replies are plain text:

    \b
      printf 'Hello\\n/branch Again\\nHello\\n' | chatroutes chat --local
    """
    if system and conversation:
        raise click.UsageError("--system applies to a new conversation.")
    if branch is not None and conversation is None:
        raise click.UsageError("--branch needs a conversation.")
    from chatroutes_cli.chat.conversation import ChatConversation
    from chatroutes_cli.chat.line_input import open_input
    from chatroutes_cli.chat.repl import Repl
    from chatroutes_cli.chat.welcome import print_continuation, print_welcome
    from chatroutes_cli.terminal import hold_keys

    source = open_input()
    session.word_delay = 0.02 if source.is_interactive else 0.0
    is_shown = source.is_interactive and not session.as_json
    with hold_keys():
        if conversation is None:
            model = session.model(model)
        state = ChatConversation(session.client, conversation, model, system)
        if branch is not None:
            state.switch(branch)
        if is_shown:
            print_welcome(session.client, state, session.is_local)
        try:
            Repl(session.client, state, source, session.as_json).run()
        finally:
            if is_shown and state.id is not None:
                print_continuation(session, state.id, state.branch_id)
