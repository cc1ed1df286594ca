"""Removal of an API key from texts of an upstream."""

from __future__ import annotations

import string

MIN_PART_LENGTH = 6  # characters
_LOWER = str.maketrans(string.ascii_uppercase, string.ascii_lowercase)


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
