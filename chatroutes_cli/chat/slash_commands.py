"""The commands of a chat, such as `/branch`: their names, and which lines are commands.

`Repl._do_NAME` of `repl.py` runs a command.
"""

from __future__ import annotations

import re
from typing import NamedTuple


class SlashCommand(NamedTuple):
    """A command of a chat.

    Attributes:
        argument: The name of the argument, or an empty text.
        help: What the command does.
    """

    argument: str
    help: str


SLASH_COMMANDS = {
    "branch": SlashCommand("[TITLE]", "Begin a branch after the last message, and switch to it."),
    "switch": SlashCommand("[BRANCH]", "Switch to a branch, by number, title or id. List them."),
    "tree": SlashCommand("", "Show the tree of the conversation."),
    "model": SlashCommand("[MODEL]", "Use another model from now on. List the models."),
    "retry": SlashCommand("[MODEL]", "Ask the last question again, on a new branch."),
    "undo": SlashCommand("", "Delete the last question and its reply, and edit it."),
    "help": SlashCommand("", "Show this help."),
    "quit": SlashCommand("", "Leave. So does Ctrl-D. The conversation is kept."),
}
ALIASES = {"exit": "quit", "?": "help"}

_COMMAND = re.compile(r"/([a-zA-Z]+|\?)(?:[ \t]+(.*?))?\s*")


def parse_slash_command(text: str) -> tuple[str, str] | None:
    """Return the name and the argument of a command, or None for a message.

    A command is one line. A path such as `/usr/bin` is not one, nor is a line that begins with a space.
    """
    match = _COMMAND.fullmatch(text)
    if match is None:
        return None
    name = match[1].lower()
    return ALIASES.get(name, name), match[2] or ""


def help_lines() -> list[tuple[str, str]]:
    """Return the usage and the help of each command, and of the keys."""
    lines = [
        (f"/{name} {command.argument}".rstrip(), command.help)
        for name, command in SLASH_COMMANDS.items()
    ]
    return [
        *lines,
        ("Ctrl-C", "Stop the reply, and keep what has arrived."),
        ("Alt-Enter", "Begin a new line. A paste can have several lines."),
    ]
