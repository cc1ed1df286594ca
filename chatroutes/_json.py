"""Encoding and decoding of JSON, for documents of any depth.

The meaning of a document is that of the standard library's decoder. If msgspec is installed, it
decodes the events of streams and large documents, faster and with the same result (from 0.21; an older
one is not used). The standard library decodes small documents, because importing msgspec takes as long as
decoding thousands of them, and a document that msgspec rejects (NaN, half a surrogate pair). Both are
recursive and reject a document that is nested deeper than the interpreter's stack. The tree of a
conversation with hundreds of messages in a row is that deep. Such documents, and only those, are decoded
by the loop in `_loads_iterative`.
"""

from __future__ import annotations

import functools
import importlib
import json
import re
from collections.abc import Callable
from typing import Any, Final, cast

from ._fork import first_use_lock

LARGE_SIZE: Final = 65_536  # characters or bytes

_decode_at = json.JSONDecoder().raw_decode


def loads(data: bytes | str) -> Any:
    """Decode a JSON document.

    Raises:
        ValueError: If it is not JSON, or not in UTF-8.
    """
    if len(data) < LARGE_SIZE:
        return _loads_stdlib(data)
    with first_use_lock:
        decode = find_fast_loads()
    return decode(data)


def _loads_stdlib(data: bytes | str) -> Any:
    try:
        if isinstance(data, str):
            # For a short text, half of the time of json.loads is spent on other things than decoding.
            try:
                value, end = _decode_at(data)
            except ValueError:
                pass
            else:
                if end == len(data):
                    return value
        return json.loads(data)
    except RecursionError:
        return _loads_iterative(data if isinstance(data, str) else data.decode("utf-8-sig"))


def _is_supported(version: str) -> bool:
    """Return whether a version of msgspec raises a ValueError for every document that is not JSON."""
    numbers = re.match(r"(\d+)\.(\d+)", version)
    return numbers is not None and tuple(map(int, numbers.groups())) >= (0, 21)


@functools.cache
def find_fast_loads() -> Callable[[bytes | str], Any]:
    """Return a function like `loads` for many documents. It uses msgspec for all of them."""
    try:
        version = importlib.import_module("msgspec").__version__
        decode = importlib.import_module("msgspec.json").Decoder().decode
    except ImportError:
        return _loads_stdlib
    if not _is_supported(version):
        return _loads_stdlib

    def loads_msgspec(data: bytes | str) -> Any:
        try:
            return decode(data)
        except (ValueError, RecursionError):
            return _loads_stdlib(data)

    return loads_msgspec


def dumps(value: object) -> bytes:
    """Encode the body of a request.

    Raises:
        TypeError: If JSON cannot represent an object in it.
        ValueError: If a number is not finite, a string contains half a surrogate pair, or an object
            contains itself.
        RecursionError: If it is nested too deep.
    """
    text = json.dumps(value, ensure_ascii=False, allow_nan=False, separators=(",", ":"))
    return text.encode("utf-8")


def _loads_iterative(text: str) -> Any:
    """Decode without recursion: the open containers are on a list, each with the key of its next value."""
    stack: list[tuple[Any, str]] = []
    index = _skip_whitespace(text, 0)
    while True:
        if text[index : index + 1] in ("{", "["):
            value: Any = {} if text[index] == "{" else []
            index = _skip_whitespace(text, index + 1)
            if text[index : index + 1] != _closing_bracket(value):
                key, index = _read_key(text, index, value)
                stack.append((value, key))
                continue
            index += 1
        else:
            value, index = _decode_at(text, index)
        while stack:
            index = _skip_whitespace(text, index)
            container, key = stack.pop()
            _add(container, key, value)
            mark = text[index : index + 1]
            if mark == ",":
                key, index = _read_key(text, _skip_whitespace(text, index + 1), container)
                stack.append((container, key))
                break
            if mark != _closing_bracket(container):
                raise json.JSONDecodeError("Expecting ',' delimiter", text, index)
            value, index = container, index + 1
        else:
            index = _skip_whitespace(text, index)
            if index != len(text):
                raise json.JSONDecodeError("Extra data", text, index)
            return value


def _add(container: Any, key: str, value: Any) -> None:
    if isinstance(container, dict):
        container[key] = value
    else:
        container.append(value)


def _read_key(text: str, index: int, container: object) -> tuple[str, int]:
    """Read the key before a value of an object. A list has no keys."""
    if not isinstance(container, dict):
        return "", index
    if text[index : index + 1] != '"':
        raise json.JSONDecodeError("Expecting property name enclosed in double quotes", text, index)
    key, index = cast("tuple[str, int]", _decode_at(text, index))
    index = _skip_whitespace(text, index)
    if text[index : index + 1] != ":":
        raise json.JSONDecodeError("Expecting ':' delimiter", text, index)
    return key, _skip_whitespace(text, index + 1)


def _closing_bracket(container: object) -> str:
    return "}" if isinstance(container, dict) else "]"


def _skip_whitespace(text: str, index: int) -> int:
    """Return the index of the next character that is not white space."""
    while text[index : index + 1] in (" ", "\t", "\n", "\r"):
        index += 1
    return index
