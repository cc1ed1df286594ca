"""Text that is safe for a terminal or an XML document, and the columns of a terminal that it takes."""

from __future__ import annotations

from unicodedata import bidirectional, category, east_asian_width

JOINERS = "\u200c\u200d"
"""Zero-width characters that emoji and some scripts need."""

MAX_COMBINING = 4
"""The number of zero-width characters in a row that are kept."""

_VISIBLE = {
    **{code: chr(0x2400 + code) for code in range(0x20)},  # U+241B is a picture of ESC
    0x7F: "␡",
    **dict.fromkeys(range(0x80, 0xA0), "\ufffd"),
}


class Cleaner:
    """Makes a text that arrives in pieces safe for a terminal or an XML document.

    Control characters become visible, and lone surrogates and noncharacters become U+FFFD.
    Invisible characters are dropped, such as those that change the direction of the text. Each
    character is treated by itself, so an escape sequence can be cut between two pieces.

    Args:
        keep: Control characters that stay, such as a tab.
    """

    def __init__(self, keep: str = "") -> None:
        kept = set(map(ord, keep))
        self._visible = {code: text for code, text in _VISIBLE.items() if code not in kept}
        self._combining = 0  # zero-width characters at the end

    def feed(self, text: str) -> str:
        """Return the next piece of the text."""
        kept: list[str] = []
        for character in text.translate(self._visible):
            kind = category(character)
            if kind == "Cs" or ord(character) & 0xFFFE == 0xFFFE:
                character = "\ufffd"
            elif kind == "Cf" and character not in JOINERS:
                continue
            self._combining = 0 if _columns(character) else self._combining + 1
            if self._combining <= MAX_COMBINING:
                kept.append(character)
        return "".join(kept)


def clean(text: str) -> str:
    """Return a short text that a terminal or an XML document shows as it is: see `Cleaner`."""
    return Cleaner().feed(text)


def columns(text: str) -> int:
    """Return the number of columns that a clean text takes in a terminal, or a few more."""
    return len(text) if text.isascii() else sum(map(_columns, text))


def _columns(character: str) -> int:
    if character < "\u0300":
        return 1
    if character == "\ufe0f":  # makes the character before it an emoji, which is wide
        return 1
    if category(character) in ("Mn", "Me", "Cf") or "\u1160" <= character <= "\u11ff":
        return 0
    return 2 if east_asian_width(character) in "WF" else 1


def shorten(text: str, width: int) -> str:
    """Return a clean text, cut to this number of columns. A text that is cut ends with `…`."""
    if columns(text) <= width:
        return text
    used = 0
    for position, character in enumerate(text):
        used += _columns(character)
        if used >= width:
            return text[:position].rstrip(" …" + JOINERS) + "…"
    return text


def label(text: str, width: int) -> str:
    """Return one clean line of a text of any length, such as a title, cut to this number of columns."""
    return shorten(clean(" ".join(text[: 8 * width].split())), width)


def first_of_grapheme(text: str, position: int) -> int:
    """Return the position of the character with which the one at this position is combined."""
    earliest = max(0, position - 2 * MAX_COMBINING)
    while position > earliest and (
        _columns(text[position]) == 0 or text[position] == "\ufe0f" or text[position - 1] in JOINERS
    ):
        position -= 1
    return position


def isolate(text: str) -> str:
    """Return the text so that right-to-left characters in it do not move the text around it."""
    if any(bidirectional(character) in ("R", "AL", "AN") for character in text):
        return f"\u2068{text}\u2069"
    return text
