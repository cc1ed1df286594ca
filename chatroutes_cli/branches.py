"""Branches that are given on the command line: by id, by the beginning of the id, or by title."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import TYPE_CHECKING

from chatroutes_cli.exit_codes import ExitCode
from chatroutes_cli.failures import CommandError

if TYPE_CHECKING:
    from chatroutes import Branch, ChatRoutes

MAX_NAMED = 5
"""The number of branches that an error names."""


def find_branch(client: ChatRoutes, conversation_id: str, text: str) -> Branch:
    """Return the branch of a conversation with this id, title or beginning of an id.

    Raises:
        CommandError: If there is no such branch, or several.
    """
    return choose_branch(list(client.branches.iterate(conversation_id)), text)


def find_last_message(client: ChatRoutes, conversation_id: str, text: str) -> str:
    """Return the id of the last message of a branch, or of the conversation if there is none.

    Args:
        client: The client.
        conversation_id: The id of the conversation.
        text: The id, the beginning of the id, or the title of the branch.

    Raises:
        CommandError: If there is no such branch, or several.
    """
    from chatroutes._normalize import read_id

    branch = find_branch(client, conversation_id, text)
    message_id = conversation_id
    for message in client.branches.iterate_messages(conversation_id, branch["id"], limit=1000):
        message_id = read_id(message, "message")
    return message_id


def choose_branch(branches: Sequence[Branch], text: str) -> Branch:
    """Return the branch with this id, title or beginning of an id. `main` is the main branch.

    Raises:
        CommandError: If there is no such branch, or several.
    """
    folded = text.casefold()
    rules: list[Callable[[Branch], bool]] = [
        lambda branch: _id(branch) == text,
        lambda branch: branch.get("title") == text,
        lambda branch: _title(branch).casefold() == folded,
        lambda branch: branch.get("isMain") is True and folded == "main",
        lambda branch: bool(text) and _id(branch).startswith(text),
        lambda branch: bool(text) and _title(branch).casefold().startswith(folded),
    ]
    for matches in rules:
        found = [branch for branch in branches if matches(branch)]
        if len(found) == 1:
            return found[0]
        if found:
            raise CommandError(
                f"{text!r} names {len(found)} branches: {_describe(found)}. Pass the id of one.",
                ExitCode.NOT_FOUND,
            )
    nearest = _find_nearest(branches, text)
    hint = f"Did you mean {_describe(nearest)}?" if nearest else f"There are {_describe(branches)}."
    raise CommandError(f"There is no branch {text!r}. {hint}", ExitCode.NOT_FOUND)


def _id(branch: Branch) -> str:
    return str(branch.get("id") or "")


def _title(branch: Branch) -> str:
    return str(branch.get("title") or "")


def _find_nearest(branches: Sequence[Branch], text: str) -> list[Branch]:
    import difflib

    names: dict[str, list[Branch]] = {}
    for branch in branches:
        for name in {_id(branch), _title(branch).casefold()}:
            names.setdefault(name, []).append(branch)
    close = difflib.get_close_matches(text.casefold(), list(names), n=1)
    return names[close[0]] if close else []


def _describe(branches: Sequence[Branch]) -> str:
    from chatroutes_cli.terminal import clean_line

    named = [
        f"{clean_line(_id(each), 200)} ({clean_line(each.get('title'), 40)})"
        for each in branches[:MAX_NAMED]
    ]
    more = len(branches) - len(named)
    return ", ".join(named) + (f" and {more} more" if more else "")
