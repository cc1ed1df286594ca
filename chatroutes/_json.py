"""JSON in and out, for bodies of any depth.

What a document means is what the standard library's decoder says. msgspec, where it is installed,
says the same of what it takes, and sooner; what it refuses (NaN, half a character) is asked of the
standard library again. Both recurse, and so refuse a document nested deeper than the interpreter's
stack, which a conversation tree of some hundred messages in a row already is. Such a document, and
only such a one, is read by the loop below.
"""

from __future__ import annotations

import importlib
import json
from collections.abc import Callable
from typing import Any, Final, cast

_decode_at = json.JSONDecoder().raw_decode


def _decode_by_the_book(data: bytes | str) -> Any:
    if isinstance(data, str):
        # Half of what json.loads does with a short text is not decoding.
        try:
            value, end = _decode_at(data)
        except ValueError:
            pass
        else:
            if end == len(data):
                return value
    return json.loads(data)


def _decoder() -> Callable[[bytes | str], Any]:
    try:
        decode = importlib.import_module("msgspec.json").Decoder().decode
    except ImportError:
        return _decode_by_the_book

    def decode_fast(data: bytes | str) -> Any:
        try:
            return decode(data)
        except ValueError:
            return _decode_by_the_book(data)

    return decode_fast


_decode: Final = _decoder()


def loads(data: bytes | str) -> Any:
    """Decode a JSON document.

    Raises:
        ValueError: it is none, or is not in UTF-8.
    """
    try:
        return _decode(data)
    except RecursionError:
        return _loads_deep(data if isinstance(data, str) else data.decode("utf-8-sig"))


def dumps(value: object) -> bytes:
    """Encode a request's body.

    Raises:
        TypeError: something in it has no form in JSON.
        ValueError: a number is not finite, a string holds half a character, or it contains itself.
        RecursionError: it is nested too deep.
    """
    text = json.dumps(value, ensure_ascii=False, allow_nan=False, separators=(",", ":"))
    return text.encode("utf-8")


def _loads_deep(text: str) -> Any:
    """Decode with a stack of our own: the open containers, each with the key that waits in it."""
    stack: list[tuple[Any, str]] = []
    at = _skip(text, 0)
    while True:
        if text[at : at + 1] in ("{", "["):
            value: Any = {} if text[at] == "{" else []
            at = _skip(text, at + 1)
            if text[at : at + 1] != _end_of(value):
                key, at = _key(text, at, value)
                stack.append((value, key))
                continue
            at += 1
        else:
            value, at = _decode_at(text, at)
        while stack:
            at = _skip(text, at)
            container, key = stack.pop()
            _put(container, key, value)
            mark = text[at : at + 1]
            if mark == ",":
                key, at = _key(text, _skip(text, at + 1), container)
                stack.append((container, key))
                break
            if mark != _end_of(container):
                raise json.JSONDecodeError("Expecting ',' delimiter", text, at)
            value, at = container, at + 1
        else:
            at = _skip(text, at)
            if at != len(text):
                raise json.JSONDecodeError("Extra data", text, at)
            return value


def _put(container: Any, key: str, value: Any) -> None:
    if isinstance(container, dict):
        container[key] = value
    else:
        container.append(value)


def _key(text: str, at: int, container: object) -> tuple[str, int]:
    """Read the key that a value of an object has before it; a list's has none."""
    if not isinstance(container, dict):
        return "", at
    if text[at : at + 1] != '"':
        raise json.JSONDecodeError("Expecting property name enclosed in double quotes", text, at)
    key, at = cast("tuple[str, int]", _decode_at(text, at))
    at = _skip(text, at)
    if text[at : at + 1] != ":":
        raise json.JSONDecodeError("Expecting ':' delimiter", text, at)
    return key, _skip(text, at + 1)


def _end_of(container: object) -> str:
    return "}" if isinstance(container, dict) else "]"


def _skip(text: str, at: int) -> int:
    """Pass over white space."""
    while text[at : at + 1] in (" ", "\t", "\n", "\r"):
        at += 1
    return at
