"""Removal of an API key from texts of an upstream.

An upstream may repeat the key in another form. The comparison ignores letter case and everything but
letters and digits, and includes the key in base64, as numbers and in escape sequences.
"""

from __future__ import annotations

import base64
import math
import unicodedata
from collections.abc import Callable, Iterator
from urllib.parse import quote

MIN_PART_LENGTH = 6  # characters
# Such as 73, %73, \x73, 0x73, \u0073 and &#115;. Only letters and digits are compared.
NUMBER_FORMATS = ("{:02x}", "x{:02x}", "0x{:02x}", "u{:04x}", "{}")


def redact(text: str, key: str) -> str:
    """Replace the key, and every part of it with `MIN_PART_LENGTH` characters or more, by `…`."""
    if not key:
        return text
    hidden = [False] * len(text)
    forms = list(_forms(key))
    normalize: Callable[[str], str] = _normalize
    if len(_normalize(key)) < min(MIN_PART_LENGTH, len(key)):  # it has too few letters and digits
        forms, normalize = [key], str.lower
    positions: list[int] = []  # in the text, of each normalized character
    normalized = ""
    for position, character in enumerate(text):
        added = normalize(character)
        normalized += added
        positions += [position] * len(added)
    for form in forms:
        compared = normalize(form)
        length = math.ceil(min(MIN_PART_LENGTH, len(key)) * len(form) / len(key))
        length = min(length, len(compared))
        parts = {compared[start : start + length] for start in range(len(compared) - length + 1)}
        for start in range(len(normalized) - length + 1):
            if normalized[start : start + length] in parts:
                first, end = positions[start], positions[start + length - 1] + 1
                hidden[first:end] = [True] * (end - first)
    return "".join(
        "…" if is_hidden else character
        for position, (character, is_hidden) in enumerate(zip(text, hidden, strict=True))
        if not is_hidden or position == 0 or not hidden[position - 1]
    )


def _forms(key: str) -> Iterator[str]:
    yield key
    if len(key) < MIN_PART_LENGTH:
        return
    yield quote(key, safe="")
    for text_format in NUMBER_FORMATS:
        yield "".join(text_format.format(ord(character)) for character in key)
    for before in range(3):  # bytes, such as those of a user name
        encoded = base64.b64encode(bytes(before) + key.encode()).decode()
        # Without the characters that also depend on the bytes before and after the key.
        yield encoded[math.ceil(before * 8 / 6) : (before + len(key)) * 8 // 6]


def _normalize(text: str) -> str:
    """Return the letters and digits of ASCII, in lower case. Full-width forms become ASCII."""
    lower = unicodedata.normalize("NFKC", text).lower()
    return "".join(each for each in lower if each.isascii() and each.isalnum())
