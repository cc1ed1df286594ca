"""API keys: generate one, check one, and remove one from a text."""

from __future__ import annotations

import secrets
import string

MIN_PART_LENGTH = 6  # characters of a key that `redact` recognizes
_LOWER = str.maketrans(string.ascii_uppercase, string.ascii_lowercase)


def new_key() -> str:
    """Return a random API key."""
    return f"cr_local_sk_{secrets.token_hex(32)}"


def is_sendable(key: str) -> bool:
    """Return whether the key can be sent in an HTTP header."""
    return key.isascii() and key.isprintable() and bool(key) and " " not in key


def redact(text: str, key: str) -> str:
    """Replace the key, and every part of it with `MIN_PART_LENGTH` characters or more, by `…`.

    Upper and lower case are not distinguished.
    """
    length = min(MIN_PART_LENGTH, len(key))
    if not length:
        return text
    lower_key, lower_text = key.translate(_LOWER), text.translate(_LOWER)
    parts = {lower_key[start : start + length] for start in range(len(key) - length + 1)}
    result: list[str] = []
    end = 0  # of the text that is in the result, or replaced
    for start in range(len(text) - length + 1):
        if lower_text[start : start + length] in parts:
            if start > end or not result:
                result += [text[end:start], "…"]
            end = start + length
    return "".join([*result, text[end:]])
