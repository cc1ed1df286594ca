"""The results of `client.search`, and its comparison of messages with the text."""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from . import _lazy_types as types
from .errors import invalid_argument


@dataclass(frozen=True, slots=True)
class SearchResult:
    """A message that contains the text of `client.search`.

    Attributes:
        conversation_id: The id of the conversation of the message.
        conversation: The conversation as `conversations.list` returns it, or None if only one is searched.
        branch: The branch on which the message was found. Other branches may inherit it.
        message: The message.
        matches: Where the text occurs in the content: the start and the end of each occurrence.
    """

    conversation_id: str
    conversation: types.Conversation | None
    branch: types.Branch
    message: types.Message
    matches: list[tuple[int, int]]


def compile_text(text: str | re.Pattern[Any] | None) -> re.Pattern[str]:
    """Return the pattern of a text, which ignores the case, or a compiled pattern as it is.

    Raises:
        ValidationError: If it is neither, or empty.
    """
    if isinstance(text, re.Pattern):
        if isinstance(text.pattern, str):
            return text
    elif isinstance(text, str) and text:
        return re.compile(re.escape(text), re.IGNORECASE)
    raise invalid_argument(
        f"text must be a string that is not empty, or a pattern of re, not {text!r}."
    )


def find_matches(pattern: re.Pattern[str], message: Mapping[str, Any]) -> list[tuple[int, int]]:
    """Return the start and the end of each match in the content of a message. None of them is empty."""
    content = message.get("content")
    if not isinstance(content, str):
        return []
    return [match.span() for match in pattern.finditer(content) if match.group()]
