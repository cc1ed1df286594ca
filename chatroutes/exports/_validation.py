"""Validation of an exported conversation: first its shape, by the JSON Schema, and then its references.

The schema is derived from the contract. Only the keywords that occur in it are supported, so that the SDK
needs no package for JSON Schema.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from functools import cache
from math import isfinite
from typing import Any, cast

from ._document import FORMAT, VERSION, ConversationExport, schema
from ._errors import InvalidExportError

Schema = Mapping[str, Any]
Json = dict[str, Any]

MAX_SHOWN = 60


def validate(document: object) -> ConversationExport:
    """Return the document if it is an exported conversation.

    Args:
        document: The decoded JSON.

    Raises:
        InvalidExportError: If it is not. The error names the location of the first problem.
    """
    require_export(document)
    for location, message in _problems(document, _schema(), ""):
        raise InvalidExportError(message, location)
    export = cast("ConversationExport", document)
    _check_references(cast("Json", export))
    return export


@cache
def _schema() -> Schema:
    return schema()


def require_export(document: object) -> None:
    """Reject other objects, formats and newer versions with a message of their own.

    Raises:
        InvalidExportError: If the document has another format or a newer version.
    """
    if not isinstance(document, dict):
        remedy = " Pass its 'export'." if hasattr(document, "export") else ""
        raise InvalidExportError(f"The export is {describe_type(document)}, not an object.{remedy}")
    fields = cast("Json", document)
    if fields.get("format") != FORMAT:
        raise InvalidExportError(
            f"The document is not an exported conversation: its format is {_show(fields.get('format'))}, "
            f"not {FORMAT!r}."
        )
    version: object = fields.get("version")
    if _is(version, "number") and cast("float", version) > VERSION:
        raise InvalidExportError(
            f"The export has version {version}, but this release of chatroutes supports version "
            f"{VERSION} only. Upgrade chatroutes.",
            "version",
        )


def _problems(value: object, rules: Schema, location: str) -> Iterator[tuple[str, str]]:
    """Yield what is wrong with a value, each with its location."""
    if "$ref" in rules:
        rules = _schema()["$defs"][rules["$ref"].rpartition("/")[2]]
    if "oneOf" in rules:  # a schema or null
        options = rules["oneOf"]
        if value is None and {"type": "null"} in options:
            return
        rules = next(each for each in options if each != {"type": "null"})
        yield from _problems(value, rules, location)
        return
    if "const" in rules and (isinstance(value, bool) or value != rules["const"]):
        yield location, f"is {_show(value)}, not {rules['const']!r}"
        return
    if "type" in rules:
        kind: str | list[str] = rules["type"]
        types = [kind] if isinstance(kind, str) else kind
        if not any(_is(value, each) for each in types):
            yield location, f"is {describe_type(value)}, not {' or '.join(map(_article, types))}"
            return
    if isinstance(value, dict):
        fields = cast("Json", value)
        for name in rules.get("required", ()):
            if name not in fields:
                yield location, f"{name!r} is missing"
        for name, part in rules.get("properties", {}).items():
            if name in fields:
                yield from _problems(fields[name], part, f"{location}.{name}".lstrip("."))
    elif isinstance(value, list) and "items" in rules:
        for index, each in enumerate(cast("list[object]", value)):
            yield from _problems(each, rules["items"], f"{location}[{index}]")


def _check_references(export: Json) -> None:
    """Check that ids are unique, and that parents and branches are in the document.

    A fork point, the anchor of a checkpoint and the source of a merge can be deleted messages.
    """
    branches = _index(export["branches"], "branches")
    messages = _index(export["messages"], "messages")
    _index(export["checkpoints"], "checkpoints")
    main = [index for index, each in enumerate(export["branches"]) if each["isMain"]]
    if len(main) != 1:
        raise InvalidExportError(f"{len(main)} branches are the main branch, not 1", "branches")
    for index, branch in enumerate(export["branches"]):
        _check_earlier(branch.get("parentBranchId"), branches, index, "branches", "parentBranchId")
    for index, message in enumerate(export["messages"]):
        _check_known(message["branchId"], branches, f"messages[{index}].branchId", "branches")
        _check_earlier(message["parentMessageId"], messages, index, "messages", "parentMessageId")
    for index, checkpoint in enumerate(export["checkpoints"]):
        location = f"checkpoints[{index}].branch_id"
        _check_known(checkpoint["branch_id"], branches, location, "branches")


def _index(objects: list[Json], name: str) -> dict[str, int]:
    """Return the position of each object by its id.

    Raises:
        InvalidExportError: If two have the same id.
    """
    positions: dict[str, int] = {}
    for index, each in enumerate(objects):
        first = positions.setdefault(each["id"], index)
        if first != index:
            raise InvalidExportError(
                f"{_show(each['id'])} is also the id of {name}[{first}]", f"{name}[{index}].id"
            )
    return positions


def _check_known(value: str, positions: Mapping[str, int], location: str, name: str) -> None:
    if value not in positions:
        raise InvalidExportError(f"{_show(value)} is not the id of one of the {name}", location)


def _check_earlier(
    value: str | None, positions: Mapping[str, int], index: int, name: str, field: str
) -> None:
    """Check that a parent is in the document, before its child. So no object is below itself."""
    if value is None:
        return
    location = f"{name}[{index}].{field}"
    _check_known(value, positions, location, name)
    if positions[value] >= index:
        raise InvalidExportError(
            f"{_show(value)} is the id of {name}[{positions[value]}], which does not come before "
            f"{name}[{index}]",
            location,
        )


def _is(value: object, kind: str) -> bool:
    """Return whether a value has a type of JSON Schema, where 1.0 is an integer."""
    if kind == "integer":
        return _is(value, "number") and cast("float", value) % 1 == 0
    if kind == "number":
        is_float = isinstance(value, float) and isfinite(value)
        return is_float or (isinstance(value, int) and not isinstance(value, bool))
    return isinstance(value, _CLASSES[kind])


_CLASSES: dict[str, type] = {
    "object": dict,
    "array": list,
    "string": str,
    "boolean": bool,
    "null": type(None),
}


def describe_type(value: object) -> str:
    """Return the type of a JSON value, such as "an array", or of another Python object."""
    for kind, each in _CLASSES.items():
        if isinstance(value, each):
            return _article(kind)
    return "a number" if isinstance(value, (int, float)) else _article(type(value).__name__)


def _article(kind: str) -> str:
    if kind == "null":
        return kind
    return f"an {kind}" if kind[0].lower() in "aeio" else f"a {kind}"


def _show(value: object) -> str:
    text = repr(value)
    return text if len(text) <= MAX_SHOWN else f"{text[:MAX_SHOWN]}…"
