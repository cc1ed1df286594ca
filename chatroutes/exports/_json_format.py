"""The format `json`: the document as it is, with one line for each branch, message and checkpoint."""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping
from typing import Any, cast

from ._document import ConversationExport


def iter_json(export: ConversationExport) -> Iterator[str]:
    """Yield the document as JSON, line by line, without building the whole text."""
    fields = cast("Mapping[str, Any]", export)
    yield "{"
    separator = "\n"
    for name, value in fields.items():
        yield f"{separator}{dump(name)}: "
        separator = ",\n"
        if not isinstance(value, list) or not value:
            yield dump(cast("object", value))
            continue
        yield "[\n"
        for index, each in enumerate(cast("list[object]", value)):
            yield f",\n{dump(each)}" if index else dump(each)
        yield "\n]"
    yield "\n}\n"


def dump(value: object) -> str:
    """Return a value as one line of JSON that can be encoded in UTF-8.

    A lone surrogate, which UTF-8 cannot represent, is written as an escape sequence.

    Raises:
        ValueError: If a number is not finite, or the value is nested too deep.
    """
    try:
        text = json.dumps(value, ensure_ascii=False, allow_nan=False)
    except RecursionError:
        raise ValueError("the export is nested too deep to be written as JSON") from None
    if text.isascii():
        return text
    try:
        text.encode()
    except UnicodeEncodeError:
        return json.dumps(value, allow_nan=False)
    return text
