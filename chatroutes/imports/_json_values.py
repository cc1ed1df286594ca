"""Read the JSON values of a file one after the other, so that a large file is never in memory.

A file is one value, an array of values, or values that follow each other, such as JSON Lines. The
memory is that of the largest value.
"""

from __future__ import annotations

import codecs
import json
import re
from collections.abc import Callable, Iterator
from typing import Any, Final, NamedTuple

from ._errors import ImportFileError

MAX_VALUE_LENGTH: Final = 256 * 1024 * 1024
"""The largest conversation of a file, in characters."""

CHUNK_SIZE: Final = 1024 * 1024
# The number of characters of a token that the end of a chunk can cut, such as -Infinity or \uD83D.
LONGEST_TOKEN: Final = 12

ReadBytes = Callable[[int], bytes]


def _reject_constant(name: str) -> Any:
    raise ValueError(f"{name} is not a number in JSON")


_decode_at: Final = json.JSONDecoder(parse_constant=_reject_constant).raw_decode
_NOT_SPACE: Final = re.compile(r"[^ \t\r\n]")


class JsonValue(NamedTuple):
    """A value, and where it is: how many are before it, and the number of characters before it.

    With an error, there is no value: a line of JSON Lines is not JSON.
    """

    number: int
    offset: int
    value: Any
    error: ImportFileError | None = None


class _Text:
    """The text of a file, from the current position on."""

    def __init__(self, read: ReadBytes, name: str, max_length: int) -> None:
        self.max_length = max_length
        self._read = read
        self._name = name
        self._decoder = codecs.getincrementaldecoder("utf-8-sig")()
        self._bytes = 0
        self._before = 0  # characters before `text`
        self.text = ""
        self.at = 0  # the current position in `text`
        self.is_complete = False

    @property
    def offset(self) -> int:
        """The number of characters before the current position in the file."""
        return self._before + self.at

    def read_more(self, size: int) -> None:
        """Read at least one byte more, unless the file has ended."""
        data = self._read(size)
        if self._bytes == 0 and data[:2] in (codecs.BOM_UTF16_LE, codecs.BOM_UTF16_BE):
            raise ImportFileError("the text is UTF-16 or UTF-32, but JSON is UTF-8", self._name)
        self.is_complete = not data
        try:
            text = self._decoder.decode(data, final=self.is_complete)
        except UnicodeDecodeError as error:
            raise ImportFileError(
                f"the text is not UTF-8: {error.reason} near byte {self._bytes + error.start}",
                self._name,
            ) from None
        self._bytes += len(data)
        self._before += self.at
        self.text = self.text[self.at :] + text
        self.at = 0

    def peek(self) -> str:
        """Return the next character that is not a space, or "" at the end of the file."""
        while True:
            found = _NOT_SPACE.search(self.text, self.at)
            if found is not None:
                self.at = found.start()
                return found[0]
            self.at = len(self.text)
            if self.is_complete:
                return ""
            self.read_more(CHUNK_SIZE)

    def skip_line(self) -> None:
        """Go to the end of the line."""
        while True:
            end = self.text.find("\n", self.at)
            self.at = len(self.text) if end < 0 else end
            if end >= 0 or self.is_complete:
                return
            self.read_more(CHUNK_SIZE)

    def error(self, message: str) -> ImportFileError:
        """Return an error that names the current position."""
        return ImportFileError(message, f"{self._name}, character {self.offset}")


def iter_values(
    read: ReadBytes, name: str, *, max_length: int = MAX_VALUE_LENGTH
) -> Iterator[JsonValue]:
    """Yield the values of a file: the elements of each array, and each other value.

    Args:
        read: Returns the next bytes of the file, at most the given number, and b"" at its end.
        name: The name of the file, in errors.
        max_length: The largest length of a value, in characters.

    Raises:
        ImportFileError: If the file is not JSON, or a value is too large.
    """
    text = _Text(read, name, max_length)
    if not text.peek():
        raise ImportFileError("the file is empty", name)
    index = 0
    while following := text.peek():
        if following == "[":
            for value in _iter_array(text, index):
                yield value
                index += 1
            continue
        try:
            value = _read_value(text, index)
        except ImportFileError as error:
            if index == 0:
                raise
            # A line that is not JSON does not lose the lines after it.
            value = JsonValue(index, text.offset, None, error)
            text.skip_line()
        yield value
        index += 1


def _iter_array(text: _Text, index: int) -> Iterator[JsonValue]:
    text.at += 1
    if text.peek() == "]":
        text.at += 1
        return
    while True:
        yield _read_value(text, index)
        index += 1
        following = text.peek()
        if following not in (",", "]"):
            found = repr(following) if following else "the end of the file"
            raise text.error(f"expected ',' or ']' after a conversation, not {found}")
        text.at += 1
        if following == "]":
            return


def _read_value(text: _Text, index: int) -> JsonValue:
    text.peek()
    offset = text.offset
    while True:
        try:
            value, end = _decode_at(text.text, text.at)
        except json.JSONDecodeError as error:
            if text.is_complete or not _may_be_cut(error, text.text):
                problem = error.msg.removesuffix(" at")
                raise text.error(
                    f"the file is not JSON: {problem} at character {offset + error.pos - text.at}"
                ) from None
        except RecursionError:
            raise text.error("the JSON is nested too deeply") from None
        except ValueError as error:  # a number with thousands of digits
            raise text.error(f"the file is not JSON: {error}") from None
        else:
            # The end of a chunk can cut a number.
            if end < len(text.text) or text.is_complete:
                text.at = end
                return JsonValue(index, offset, value)
        length = len(text.text) - text.at
        if length > text.max_length:
            raise text.error(
                f"a conversation is larger than {text.max_length // 1024**2} MB, the largest that is read"
            )
        # Twice as much each time: a value is decoded again from its beginning.
        text.read_more(max(CHUNK_SIZE, length))


def _may_be_cut(error: json.JSONDecodeError, text: str) -> bool:
    """Return whether more text can make a value valid."""
    return error.msg.startswith("Unterminated string") or error.pos >= len(text) - LONGEST_TOKEN
