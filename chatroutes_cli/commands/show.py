"""Show the messages of a conversation."""

from __future__ import annotations

import sys
from typing import TYPE_CHECKING

import click

from chatroutes_cli import terminal
from chatroutes_cli.options import branch_option, client_options
from chatroutes_cli.progress import status
from chatroutes_cli.session import Session, pass_session

if TYPE_CHECKING:
    from chatroutes import Branch, Conversation, Message
    from chatroutes_cli.chat.conversation import ChatConversation


@click.command()
@click.argument("conversation", metavar="CONVERSATION")
@branch_option("Show this branch", default="the main branch")
@client_options
@pass_session
def command(session: Session, conversation: str, branch: str | None) -> None:
    """Show the messages of a conversation, on one branch."""
    from chatroutes_cli.chat.conversation import ChatConversation
    from chatroutes_cli.output import write_json

    with status("Reading the conversation"):
        client = session.client
        found = client.conversations.get(conversation)
        state = ChatConversation(client, conversation)
        branches = state.branches()
        if branch is not None:
            state.switch(branch)
        messages = state.messages()
    if session.as_json:
        write_json({"conversation": found, "branch": state.branch, "messages": messages})
        return
    if terminal.is_terminal(sys.stdout):
        _print_heading(found, branches, state)
    for number, message in enumerate(messages):
        if number:
            terminal.write("")
        _print_message(message)


def _print_heading(
    conversation: Conversation, branches: list[Branch], state: ChatConversation
) -> None:
    title = terminal.clean_cell(conversation.get("title") or conversation.get("id"))
    terminal.write(title, style="bold")
    names: list[str] = []
    for each in branches:
        name = terminal.clean_cell(each.get("title") or each.get("id"), 40)
        names.append(f"{name} (shown)" if state.is_current(each) else name)
    if len(names) > 1:
        terminal.write(terminal.wrap(f"Branches: {', '.join(names)}"), style="dim")
    terminal.write("")


def _print_message(message: Message) -> None:
    from chatroutes_cli.replies import read_metadata

    role = terminal.clean_cell(message.get("role") or "message", 20)
    model = read_metadata(message).get("model")
    name = f"{role} ({terminal.clean_cell(model, 60)})" if model else role
    terminal.write(f"{name}:", style="cyan" if role == "user" else "green")
    text = terminal.clean_text(message.get("content"))
    terminal.write(terminal.wrap(text) if terminal.is_terminal(sys.stdout) else text)
