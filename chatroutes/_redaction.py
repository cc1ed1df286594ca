"""Redaction: replaces a secret in what a server sent, also where it is encoded or incomplete.

These forms of a secret are replaced:

- the secret itself, in any case,
- escaped as in JSON, Python, URLs (also twice) and HTML, with any of its characters escaped,
- in UTF-16 and UTF-32,
- in hexadecimal digits, also with a separator between the bytes,
- in Base64, also as a part of a longer text such as `user:secret`,
- a part of at least half of the secret, such as one that a proxy has cut off.
"""

from __future__ import annotations

import re
from binascii import b2a_base64
from collections.abc import Callable
from typing import Final

# An API key is a random string. Anything shorter than this many characters is a word of an example.
MIN_SECRET_LENGTH: Final = 8

# A shorter part of a secret may be a word.
_MIN_PART_LENGTH: Final = 12

_SEPARATORS: Final = ("", " ", ":", "-")
_ENTITIES: Final = {"&": "amp", "<": "lt", ">": "gt", '"': "quot", "'": "apos"}


def redact_text(text: str, secret: str) -> str:
    """Replace a secret in a text: see `make_redact`."""
    return make_redact(secret)(text)


def make_redact(secret: str) -> Callable[[str], str]:
    """Return a function that replaces a secret in a text by `***`.

    A secret that is shorter than MIN_SECRET_LENGTH may be part of ordinary words. It is replaced only
    if it is the whole text, or follows the scheme of the `Authorization` header.
    """
    if len(secret) < MIN_SECRET_LENGTH:

        def redact_word(text: str) -> str:
            if not secret:
                return text
            return "***" if text == secret else text.replace(f"ApiKey {secret}", "ApiKey ***")

        return redact_word

    # Most texts contain none of these marks. The regular expressions are compiled for the others only.
    folded_secret = secret.lower()
    min_length = min(len(secret), max(_MIN_PART_LENGTH, (len(secret) + 1) // 2))
    # Each part of this length contains one of the blocks.
    size = (min_length + 1) // 2
    blocks = [
        (start, folded_secret[start : start + size])
        for start in range(0, len(secret) - size + 1, size)
    ]
    base64_forms = _base64_forms(secret)
    marks = [block for _, block in blocks]
    digits = [f"{code:02x}" for code in secret.encode()]
    marks += [separator.join(digits)[:8] for separator in _SEPARATORS]
    marks += [max(each.replace("+", "/").split("/"), key=len)[:8].lower() for each in base64_forms]

    def redact(text: str) -> str:
        if "\\" in text or "%" in text or "&" in text:
            text = re.sub(_escaped_pattern(secret), "***", text, flags=re.I)
        folded = text.lower()
        for mark in marks:  # faster than any()
            if mark in folded:
                text = re.sub(_encoded_pattern(secret, base64_forms), "***", text, flags=re.I)
                text = _redact_parts(text, folded_secret, blocks, min_length)
                break
        if "\0" in text:  # the null bytes of UTF-16 or UTF-32
            plain = text.replace("\0", "")
            redacted = redact(plain)
            return text if redacted == plain else redacted
        return text

    return redact


def _redact_parts(
    text: str, folded_secret: str, blocks: list[tuple[int, str]], min_length: int
) -> str:
    """Replace the parts of a secret that have a length of at least `min_length`."""
    folded = text.replace("İ", " ").lower()  # the only character that becomes two in lower case
    found: list[tuple[int, int]] = []
    for start, block in blocks:
        position = folded.find(block)
        while position >= 0:
            first, last = position, position + len(block)
            before = start
            while first and before and folded[first - 1] == folded_secret[before - 1]:
                first, before = first - 1, before - 1
            after = start + len(block)
            while (
                last < len(folded)
                and after < len(folded_secret)
                and (folded[last] == folded_secret[after])
            ):
                last, after = last + 1, after + 1
            if last - first >= min_length:
                found.append((first, last))
            position = folded.find(block, last)
    pieces: list[str] = []
    end = 0
    for first, last in sorted(found):
        if last > end:
            if first >= end:
                pieces += [text[end:first], "***"]
            end = last
    return "".join([*pieces, text[end:]])


def _base64_forms(secret: str) -> list[str]:
    """Return the characters of the Base64 forms of a secret that do not depend on the text around it.

    There are three: the secret begins at any of the three bytes that four characters represent.
    """
    data = secret.encode()
    forms: list[str] = []
    for offset in range(3):
        encoded = b2a_base64(b"\0" * offset + data, newline=False).decode()
        forms.append(encoded[-(-8 * offset // 6) : 8 * (offset + len(data)) // 6])
    return forms


def _encoded_pattern(secret: str, base64_forms: list[str]) -> str:
    """Return a regular expression for a secret as it is, in hexadecimal digits or in Base64."""
    # In URLs, Base64 has other characters for + and /.
    forms = [
        each.replace("+", r"(?:\+|-|%2B)").replace("/", r"(?:\\?/|_|%2F)") for each in base64_forms
    ]
    digits = f"[{''.join(_SEPARATORS)}]?".join(f"{code:02x}" for code in secret.encode())
    return "|".join([re.escape(secret), digits, *forms])


def _escaped_pattern(secret: str) -> str:
    """Return a regular expression for a secret with any of its characters escaped.

    The escapes are those of JSON, Python, URLs and HTML.
    """
    return "".join(map(_escaped_character, secret))


def _escaped_character(character: str) -> str:
    literal, code = re.escape(character), ord(character)
    # The longer forms are first, so that the last character of a secret is replaced as a whole.
    escapes = [
        rf"\\{{1,4}}(?:u\{{?0*{code:02x}\}}?|x{code:02x}|{code:03o}|{literal})",
        f"%(?:25)*{code:02x}",
        f"&(?:amp;)*(?:#(?:0*{code}|x0*{code:x})"
        + (f"|{_ENTITIES[character]}" if character in _ENTITIES else "")
        + ");",
        literal,
    ]
    return f"(?:{'|'.join(escapes)})"
