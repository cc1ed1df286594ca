"""The first and the last lines of a chat."""

from __future__ import annotations

import shlex
from typing import TYPE_CHECKING

from chatroutes_cli import terminal
from chatroutes_cli.chat.conversation import ChatConversation

if TYPE_CHECKING:
    from chatroutes import ChatRoutes
    from chatroutes_cli.session import Session

LAST_MESSAGES = 2
"""The number of messages that are shown of a conversation to continue."""


def print_welcome(client: ChatRoutes, state: ChatConversation, is_local: bool) -> None:
    """Print which service and conversation a chat uses, and the last messages."""
    place = "the local server" if is_local else client.base_url
    terminal.write(f"Using {terminal.clean_cell(place)}.", style="dim")
    if is_local:
        terminal.write(
            "Its built-in model describes what it receives. It is not a language model.",
            style="dim",
        )
    if state.id is not None:
        conversation = client.conversations.get(state.id)
        title = terminal.clean_cell(conversation.get("title") or "", 200)
        terminal.write(f"Continuing {title}", style="bold")
        for message in state.messages()[-LAST_MESSAGES:]:
            mark = "> " if message["role"] == "user" else ""
            terminal.write(terminal.wrap(mark + terminal.clean_text(message["content"])))
    terminal.write("Type a message, or /help for the commands. Ctrl-D leaves.\n", style="dim")


def print_continuation(session: Session, conversation_id: str, branch_id: str | None) -> None:
    """Print the command that continues a conversation on a branch."""
    words = ["chatroutes", "chat", terminal.clean_line(conversation_id)]
    if branch_id is not None:
        words += ["--branch", terminal.clean_line(branch_id)]
    if session.is_local:
        words.append("--local")
    if session.base_url:
        words += ["--base-url", session.base_url]
    terminal.write(f"To continue: {shlex.join(words)}", style="dim", err=True)
