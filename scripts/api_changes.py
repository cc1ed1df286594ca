"""Describe the differences that `redocly diff` finds between two contracts, and mark the breaking ones."""

from __future__ import annotations

import json
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

from wire_operations import METHODS

DOCUMENTATION = {"description", "summary", "title", "example", "examples", "externalDocs"}
MAX_NAMED_OPERATIONS = 3

Json = dict[str, Any]


@dataclass(frozen=True)
class Change:
    text: str
    """A sentence. If only the documentation changed, the name of what it documents."""
    breaking: bool = False
    affected: str = ""
    """The operations that the change affects, in parentheses."""
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
                _, kind, name = [*split_pointer(value), "", "", ""][:3]
                if operation not in uses.setdefault(f"components/{kind}/{name}", []):
                    uses[f"components/{kind}/{name}"].append(operation)
                    follow(document["components"].get(kind, {}).get(name, {}), operation)
            elif isinstance(value, (dict, list)):
                follow(value, operation)

    for path, item in document["paths"].items():
        for method in METHODS:
            if method in item:
                operation = item[method].get("operationId", f"{method.upper()} {path}")
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


def describe_changes(
    difference: Json, uses: dict[str, list[str]], base: Json, revision: Json
) -> Iterator[Change]:
    """Yield the changes that a difference found by redocly consists of."""
    location = difference.get("revision") or difference["base"]
    parts = split_pointer(location["pointer"])
    breaking = difference["impact"] == "major"
    field = difference.get("property")
    if parts == ["info", "version"] or is_reported_elsewhere(difference, parts):
        return
    if parts[:1] == ["paths"] and len(parts) == 2 and difference["kind"] != "modified":
        for text in describe_operations(difference, parts[1]):
            yield Change(text, breaking)
        return
    if not breaking and (field in DOCUMENTATION or {"example", "examples"} & set(parts)):
        yield Change(describe_location(parts[:3]), documentation_only=True)
        return
    if renamed := describe_renaming(difference, parts):
        yield Change(renamed, True, list_affected_operations(parts, uses))
        return
    is_removed = difference["kind"] == "removed"
    if field == "x-result" or (is_removed and parts[-2:-1] in (["properties"], ["x-events"])):
        breaking = True
    if field == "x-sdk-required" and becomes_optional(difference, parts, revision):
        breaking = True
    if field in ("readOnly", "writeOnly") and difference["revision"].get("value") is True:
        breaking = True
    if parts[-2:-1] == ["responses"] and has_fallback(parts, base, revision):
        breaking = False
    owner, _ = split_owner(parts)
    verdicts = [verdict["message"] for verdict in difference["verdicts"]]
    for text in verdicts or [describe_difference(difference, parts)]:
        prefix = "" if owner in text else f"`{owner}`: "
        yield Change(prefix + text, breaking, list_affected_operations(parts, uses))


def is_reported_elsewhere(difference: Json, parts: list[str]) -> bool:
    """Return whether a parameter of the path or `find_removed_schemas` reports the change."""
    is_schema = parts[:2] == ["components", "schemas"] and len(parts) == 3
    is_renamed = difference.get("property") == "key"
    is_path = difference["typeName"] == "PathItem"
    return (is_renamed and (is_path or is_schema)) or (
        is_schema and difference["kind"] == "removed"
    )


def describe_renaming(difference: Json, parts: list[str]) -> str | None:
    """Return a sentence for a name that changed and that generated code has: of a module or an argument.

    Only the first tag of an operation names a module.
    """
    if difference["kind"] != "modified":
        return None
    before, after = difference["base"].get("value"), difference["revision"].get("value")
    if (difference["typeName"], difference.get("property")) == ("Parameter", "name"):
        return f"Parameter `{before}` was renamed to `{after}`."
    if (difference["typeName"], difference.get("property")) == ("Operation", "tags"):
        first, second = (before or [None])[0], (after or [None])[0]
        if first != second:
            name, _ = split_owner(parts)
            return (
                f"The tag of `{name}` changed from {format_value(first)} to {format_value(second)}."
            )
    return None


def becomes_optional(difference: Json, parts: list[str], revision: Json) -> bool:
    """Return whether a property that the SDK added is neither added nor required now."""
    before, after = (
        {name for name in (difference[side].get("value") or "").split(", ") if name}
        for side in ("base", "revision")
    )
    owner = parts[:-1] if parts[-1] == "x-sdk-required" else parts
    return not before <= after | set(find_node(revision, owner).get("required", []))


def find_removed_schemas(
    base: Json, revision: Json, uses: dict[str, list[str]]
) -> Iterator[Change]:
    """Yield a change for each schema, and so each generated class, that was removed or renamed."""
    before = base.get("components", {}).get("schemas", {})
    after = revision.get("components", {}).get("schemas", {})
    added = [name for name in after if name not in before]
    for name in before:
        if name not in after:
            content = without_documentation(before[name])
            same = [each for each in added if without_documentation(after[each]) == content]
            text = f"was renamed to `{same[0]}`" if same else "was removed"
            affected = list_affected_operations(["components", "schemas", name], uses)
            yield Change(f"Schema `{name}` {text}.", True, affected)


def has_fallback(parts: list[str], base: Json, revision: Json) -> bool:
    """Return whether a removed response is described in the same way by `4XX` or by `default`."""
    before, after = find_node(base, parts[:-1]), find_node(revision, parts[:-1])
    status = parts[-1]
    names = [name for name in (f"{status[:1]}XX", "default") if name in after]
    if status in after or status not in before or not names or status[:1] in "123":
        return False
    return describe_response(base, before[status]) == describe_response(revision, after[names[0]])


def describe_response(document: Json, response: Json) -> Json:
    """Return the headers and the schemas of a response, without documentation."""
    response = resolve(document, response)
    headers = {
        name.lower(): resolve(document, header)
        for name, header in response.get("headers", {}).items()
    }
    return {
        "headers": without_documentation(headers),
        "content": without_documentation(response.get("content", {})),
    }


def without_documentation(node: Any) -> Any:
    if isinstance(node, dict):
        return {
            name: without_documentation(value)
            for name, value in node.items()
            if name not in DOCUMENTATION
        }
    return [without_documentation(each) for each in node] if isinstance(node, list) else node


def find_node(document: Json, parts: list[str]) -> Json:
    """Return the object at a location, or an empty one."""
    node: Any = document
    for part in parts:
        node = node.get(part, {}) if isinstance(node, dict) else {}
    return node if isinstance(node, dict) else {}


def resolve(document: Json, node: Json) -> Json:
    while "$ref" in node:
        node = find_node(document, split_pointer(node["$ref"]))
    return node
