"""Token counts, by a plain rule: four characters are one token, and a rest counts as one more."""

from __future__ import annotations

CHARACTERS_PER_TOKEN = 4


def count_tokens(text: str) -> int:
    return -(-len(text) // CHARACTERS_PER_TOKEN)


def truncate_to_tokens(text: str, limit: int | None) -> str:
    """Give the beginning of the text that `limit` tokens hold; all of it without a limit."""
    return text if limit is None else text[: limit * CHARACTERS_PER_TOKEN]
