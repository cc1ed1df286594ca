"""The messages of a tree as a list, and the part of each message that its picture shows.

Nothing here is recursive, so a tree can have any depth.
"""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping
from typing import Any, NamedTuple, cast

from .._safe_text import clean, first_of_grapheme, shorten

MIN_SHARED = 8
"""The least number of characters that `…` replaces."""

LONGEST_WORD = 24
"""A difference inside a longer word, or in a script without spaces, is shown from its first character."""


class OutlineMessage(NamedTuple):
    """A message, with the indexes of its parent and its children in `Outline.messages`."""

    parent: int | None
    role: str
    content: str
    branch: str
    """Title of the branch that starts with this message, or an empty string."""
    children: list[int]


class Outline:
    """The messages of a tree, each before the messages that follow it. The first is the root."""

    def __init__(self, root: Mapping[str, Any]) -> None:
        self.messages: list[OutlineMessage] = []
        branches: set[str] = set()
        stack: list[tuple[Mapping[str, Any], int | None]] = [(root, None)]
        while stack:
            node, parent = stack.pop()
            index = len(self.messages)
            info = node.get("branchInfo")
            branch = ""
            if isinstance(info, Mapping):
                fields = cast("Mapping[str, Any]", info)
                branches.add(_text(fields.get("branchId") or index))
                branch = _text(fields.get("title") or fields.get("branchId"))
                if fields.get("isActive") is False:
                    branch += " (inactive)"
            role, content = _text(node.get("role")), _text(node.get("content"))
            self.messages.append(OutlineMessage(parent, role, content, branch, []))
            if parent is not None:
                self.messages[parent].children.append(index)
            stack += [(child, index) for child in reversed(_children(node))]
        self.branch_count = len(branches)
        self._lines = [" ".join(message.content.split()) for message in self.messages]
        self._starts = dict(_find_differences(self.messages, self._lines))

    def preview(self, index: int, width: int) -> str:
        """Return one line of a message, from the word on which it differs from its siblings."""
        line, start = self._lines[index], self._starts.get(index, 0)
        end = start + 8 * width  # characters that take no column are dropped
        text = clean(line[start:end])
        text = f"… {text}" if start else text
        return shorten(f"{text}…" if end < len(line) else text, width)

    def title(self, width: int = 60) -> str:
        """Return the title of the conversation."""
        return self.preview(0, width) or "Conversation"

    def size(self) -> str:
        """Return the number of messages and branches, as text."""
        count, branches = len(self.messages) - 1, self.branch_count
        size = f"{count:,} message{'s' * (count != 1)}"
        return f"{size}, {branches:,} branch{'es' * (branches != 1)}" if branches else size

    def describe(self) -> str:
        """Return the title and the size."""
        return f"{self.title()} ({self.size()})"


def _children(node: Mapping[str, Any]) -> list[Mapping[str, Any]]:
    children: object = node.get("children")
    items = cast("list[object]", children) if isinstance(children, list) else []
    return [cast("Mapping[str, Any]", each) for each in items if isinstance(each, Mapping)]


def _text(value: object) -> str:
    """Return a string of any JSON value. Content that has parts is shown as JSON."""
    if isinstance(value, str):
        return value
    return "" if value is None else json.dumps(value, ensure_ascii=False, default=str)


def _find_differences(
    messages: list[OutlineMessage], lines: list[str]
) -> Iterator[tuple[int, int]]:
    """Yield the index of each message that begins like another, and where it begins to differ.

    A message is compared with its siblings. If several siblings are equal, such as one question on
    several branches, the messages that follow them are compared with each other.
    """
    groups = [messages[0].children]
    while groups:
        by_line: dict[str, list[int]] = {}
        for index in groups.pop():
            by_line.setdefault(lines[index], []).append(index)
        ordered = sorted(by_line)
        shared = [0, *map(_shared_length, ordered, ordered[1:]), 0]
        for line, before, after in zip(ordered, shared, shared[1:], strict=False):
            start = _start_of_difference(line, max(before, after))
            if start:
                yield from ((index, start) for index in by_line[line])
        for equal in by_line.values():
            following = [child for index in equal for child in messages[index].children]
            if following:
                groups.append(following)


def _shared_length(first: str, second: str) -> int:
    """Return the number of characters with which both strings begin."""
    low, high = 0, min(len(first), len(second))
    while low < high:
        middle = (low + high + 1) // 2
        if first[low:middle] == second[low:middle]:
            low = middle
        else:
            high = middle - 1
    return low


def _start_of_difference(line: str, shared: int) -> int:
    """Return the start of the word in which a line begins to differ, or 0 if little is shared."""
    position = min(shared, len(line) - 1)
    if position < MIN_SHARED:
        return 0
    if shared < len(line) and line[position] == " ":
        return position + 1
    space = line.rfind(" ", max(0, position - LONGEST_WORD), position)
    start = space + 1 if space >= 0 else first_of_grapheme(line, position)
    return start if start >= MIN_SHARED else 0
