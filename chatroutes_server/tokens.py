"""Token counts by a simple rule: four characters are one token, rounded up."""

from __future__ import annotations

CHARACTERS_PER_TOKEN = 4


def count_tokens(text: str) -> int:
    return -(-len(text) // CHARACTERS_PER_TOKEN)


def truncate_to_tokens(text: str, limit: int | None) -> str:
    """Return the start of the text, at most `limit` tokens. None means no limit."""
    return text if limit is None else text[: limit * CHARACTERS_PER_TOKEN]
