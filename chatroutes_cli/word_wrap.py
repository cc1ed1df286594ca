"""Word wrap of a text that arrives in pieces."""

from __future__ import annotations

import re

from chatroutes_cli.terminal import columns

TAB = 8
_PIECE = re.compile(r"\n|[ \t]+|[^ \t\n]+")


class WordWrapper:
    """Breaks lines between words, for a terminal, which would break them within words.

    A word is held until the character after it has arrived. Words that are longer than a line, and the
    lines of code between ``` stay as they are. Lines can be broken before and after wide characters,
    because the scripts that have them do not separate words.

    Args:
        width: The number of columns of a line.
    """

    def __init__(self, width: int) -> None:
        self._width = width
        self._held = ""  # the word at the end of the text, which may go on
        self._spaces = ""  # those before it
        self._used = 0  # columns of the line that were returned
        self._line = ""  # the beginning of the line, as it was received
        self._is_code = False
        self._is_in_word = False  # the beginning of a long word was returned

    def feed(self, text: str) -> str:
        """Return the next piece of the text. The text is safe for a terminal."""
        pieces: list[str] = _PIECE.findall(self._held + text)
        self._held = ""
        if pieces and not pieces[-1][-1].isspace() and not self._is_code:
            self._held = pieces.pop()
        placed = "".join(map(self._place, pieces)) + self._release_wide_characters()
        if len(self._held) > self._width:
            placed += self.end()
            self._is_in_word = True
        return placed

    def end(self) -> str:
        """Return the rest of the text."""
        held, self._held = self._held, ""
        return self._place(held) if held else ""

    def _place(self, piece: str) -> str:
        self._is_in_word = self._is_in_word and not piece.isspace()
        if piece == "\n":
            if self._line.lstrip().startswith("```"):
                self._is_code = not self._is_code
            spaces, self._spaces, self._line, self._used = self._spaces, "", "", 0
            return spaces + piece
        if len(self._line) < TAB:
            self._line += piece
        if piece.isspace():
            self._spaces += piece
            return ""
        return "".join(map(self._place_word, self._split(piece)))

    def _place_word(self, word: str) -> str:
        spaces, self._spaces = self._spaces, ""
        end = self._advance(spaces + word)
        if end > self._width and self._used and not (self._is_code or self._is_in_word):
            self._used = columns(word) % self._width
            return "\n" + word
        self._used = end
        return spaces + word

    def _advance(self, text: str) -> int:
        """Return the column after a text."""
        if "\t" not in text:
            return self._used + columns(text)
        position = self._used
        for part in re.split(r"(\t)", text):
            position += TAB - position % TAB if part == "\t" else columns(part)
        return position

    def _split(self, piece: str) -> list[str]:
        """Return the words of a text without spaces: each wide character is one."""
        if piece.isascii():
            return [piece]
        words: list[str] = []
        for character in piece:
            width = columns(character)
            is_joined = width == 0 or (words and words[-1][-1:] == "\u200d")
            if words and (is_joined or (width == 1 and columns(words[-1][-1:]) < 2)):
                words[-1] += character
            else:
                words.append(character)
        return words

    def _release_wide_characters(self) -> str:
        """Return what is complete of the held text: all but its last word."""
        if self._held.isascii():
            return ""
        *words, self._held = self._split(self._held)
        return "".join(map(self._place_word, words))
