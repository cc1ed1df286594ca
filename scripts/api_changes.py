"""Describe the differences that `redocly diff` finds between two contracts, and mark the breaking ones."""

from __future__ import annotations

import json
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

METHODS = ("get", "put", "post", "delete", "options", "head", "patch", "trace")
DOCUMENTATION = {"description", "summary", "title", "example", "examples", "externalDocs"}
MAX_NAMED_OPERATIONS = 3

Json = dict[str, Any]


@dataclass(frozen=True)
class Change:
    text: str
    """A sentence. If only the documentation changed, the name of what it documents."""
    breaking: bool = False
    documentation_only: bool = False
    """Whether only descriptions or examples changed."""


def split_pointer(pointer: str) -> list[str]:
    """Return the parts of a JSON pointer. The pointer to the whole document has no parts."""
    path = pointer.removeprefix("#").removeprefix("/")
    return [part.replace("~1", "/").replace("~0", "~") for part in path.split("/") if part]


def split_owner(parts: list[str]) -> tuple[str, list[str]]:
    """Return the component or operation that contains a location, and the rest of the path to it."""
    if not parts:
        return "the document", []
    if parts[0] == "components" and len(parts) > 2:
        return parts[2], parts[3:]
    if parts[0] == "paths" and len(parts) > 2 and parts[2] in METHODS:
        return f"{parts[2].upper()} {parts[1]}", parts[3:]
    if parts[0] == "paths" and len(parts) > 1:
        return parts[1], parts[2:]
    return "/".join(parts), []


def describe_location(parts: list[str]) -> str:
    owner, path = split_owner(parts)
    if not parts:
        return owner
    if path[:1] == ["properties"] and len(path) % 2 == 0 and set(path[::2]) == {"properties"}:
        return f"`{'.'.join([owner, *path[1::2]])}`"
    return f"`{owner}`" + (f" ({' '.join(path)})" if path else "")


def find_uses(document: Json) -> dict[str, list[str]]:
    """Map each component (`components/schemas/Message`) and each operation to the operations that use it."""
    uses: dict[str, list[str]] = {}

    def follow(node: Any, operation: str) -> None:
        for key, value in node.items() if isinstance(node, dict) else enumerate(node):
            if key == "$ref" and isinstance(value, str):
                _, kind, name = split_pointer(value)
                if operation not in uses.setdefault(f"components/{kind}/{name}", []):
                    uses[f"components/{kind}/{name}"].append(operation)
                    follow(document["components"].get(kind, {}).get(name, {}), operation)
            elif isinstance(value, (dict, list)):
                follow(value, operation)

    for path, item in document["paths"].items():
        for method in METHODS:
            if method in item:
                operation = item[method]["operationId"]
                uses[f"paths/{path}/{method}"] = [operation]
                follow([item.get("parameters", []), item[method]], operation)
    return uses


def list_affected_operations(parts: list[str], uses: dict[str, list[str]]) -> str:
    """Return the operations that a change at this location affects, in parentheses."""
    operations = uses.get("/".join(parts[:3]), [])
    if not operations:
        return ""
    more = len(operations) - MAX_NAMED_OPERATIONS
    names = ", ".join(operations[:MAX_NAMED_OPERATIONS])
    return f" ({names} and {more} more)" if more > 0 else f" ({names})"


def format_value(value: Any) -> str:
    return "nothing" if value is None else f"`{json.dumps(value, ensure_ascii=False)}`"


def describe_difference(difference: Json, parts: list[str]) -> str:
    """Return a sentence for a difference that redocly does not describe."""
    if difference["kind"] != "modified":
        return f"{describe_location(parts)} was {difference['kind']}."
    field = difference["property"]
    if parts[-1] == field:
        parts = parts[:-1]
    before = format_value(difference["base"].get("value"))
    after = format_value(difference["revision"].get("value"))
    return f"`{field}` of {describe_location(parts)} changed from {before} to {after}."


def describe_operations(difference: Json, path: str) -> Iterator[str]:
    """Yield a sentence for each operation of a path that was added or removed."""
    item = (difference.get("revision") or difference["base"])["value"]
    for method in METHODS:
        if method in item:
            yield f"Operation `{method.upper()} {path}` was {difference['kind']}."


def describe_changes(difference: Json, uses: dict[str, list[str]]) -> Iterator[Change]:
    """Yield the changes that a difference found by redocly consists of."""
    location = difference.get("revision") or difference["base"]
    parts = split_pointer(location["pointer"])
    breaking = difference["impact"] == "major"
    field = difference.get("property")
    if parts == ["info", "version"]:
        return
    if parts[:1] == ["paths"] and len(parts) == 2 and difference["kind"] != "modified":
        for text in describe_operations(difference, parts[1]):
            yield Change(text, breaking)
        return
    if not breaking and (field in DOCUMENTATION or {"example", "examples"} & set(parts)):
        yield Change(describe_location(parts[:3]), documentation_only=True)
        return
    if field == "x-result" or (difference["kind"] == "removed" and parts[-2:-1] == ["properties"]):
        breaking = True
    owner, _ = split_owner(parts)
    verdicts = [verdict["message"] for verdict in difference["verdicts"]]
    for text in verdicts or [describe_difference(difference, parts)]:
        prefix = "" if owner in text else f"`{owner}`: "
        yield Change(prefix + text + list_affected_operations(parts, uses), breaking)
