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
    """Return the branch of a conversation that a text names.

    Raises:
        CommandError: If there is no such branch, or several.
    """
    return choose_branch(list(client.branches.iterate(conversation_id)), text)


def choose_branch(branches: Sequence[Branch], text: str) -> Branch:
    """Return the branch with this id, title or beginning of an id. `main` is the main branch.

    Raises:
        CommandError: If there is no such branch, or several.
    """
    folded = text.casefold()
    rules: list[Callable[[Branch], bool]] = [
        lambda branch: branch["id"] == text,
        lambda branch: branch["title"] == text,
        lambda branch: branch["title"].casefold() == folded,
        lambda branch: branch.get("isMain") is True and folded == "main",
        lambda branch: bool(text) and branch["id"].startswith(text),
        lambda branch: bool(text) and branch["title"].casefold().startswith(folded),
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


def _find_nearest(branches: Sequence[Branch], text: str) -> list[Branch]:
    import difflib

    names: dict[str, list[Branch]] = {}
    for branch in branches:
        for name in {branch["id"], branch["title"].casefold()}:
            names.setdefault(name, []).append(branch)
    close = difflib.get_close_matches(text.casefold(), list(names), n=1)
    return names[close[0]] if close else []


def _describe(branches: Sequence[Branch]) -> str:
    from chatroutes_cli.terminal import clean_line

    named = [f"{each['id']} ({clean_line(each['title'], 40)})" for each in branches[:MAX_NAMED]]
    more = len(branches) - len(named)
    return ", ".join(named) + (f" and {more} more" if more else "")
