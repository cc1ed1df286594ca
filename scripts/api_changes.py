"""What redocly found between two contracts, said in sentences, with what breaks programs marked."""

from __future__ import annotations

import json
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

METHODS = ("get", "put", "post", "delete", "options", "head", "patch", "trace")
TEXTS = {"description", "summary", "title", "example", "examples", "externalDocs"}
NAMED_OPERATIONS = 3  # of those that a change concerns

Json = dict[str, Any]


@dataclass(frozen=True)
class Change:
    text: str
    breaking: bool = False
    of_texts_alone: bool = False
    """It changed what is said of the API, or its examples; the text is whose."""


def steps_of(pointer: str) -> list[str]:
    """The names on the way to a place; none lead to the document itself."""
    way = pointer.removeprefix("#").removeprefix("/")
    return [step.replace("~1", "/").replace("~0", "~") for step in way.split("/") if way]


def owner_of(steps: list[str]) -> tuple[str, list[str]]:
    """Who a place belongs to, a component or an operation, and the way from there."""
    if not steps:
        return "the document", []
    if steps[0] == "components" and len(steps) > 2:
        return steps[2], steps[3:]
    if steps[0] == "paths" and len(steps) > 2 and steps[2] in METHODS:
        return f"{steps[2].upper()} {steps[1]}", steps[3:]
    if steps[0] == "paths" and len(steps) > 1:
        return steps[1], steps[2:]
    return "/".join(steps), []


def name_of(steps: list[str]) -> str:
    owner, way = owner_of(steps)
    if not steps:
        return owner
    if way[:1] == ["properties"] and len(way) % 2 == 0 and set(way[::2]) == {"properties"}:
        return f"`{'.'.join([owner, *way[1::2]])}`"
    return f"`{owner}`" + (f" ({' '.join(way)})" if way else "")


def uses_of(document: Json) -> dict[str, list[str]]:
    """For each component (`components/schemas/Message`) and path, the operations that it is part of."""
    uses: dict[str, list[str]] = {}

    def follow(node: Any, operation: str) -> None:
        for key, value in node.items() if isinstance(node, dict) else enumerate(node):
            if key == "$ref" and isinstance(value, str):
                _, kind, name = steps_of(value)
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


def concerned(steps: list[str], uses: dict[str, list[str]]) -> str:
    """The operations that a change at this place is of, in parentheses."""
    operations = uses.get("/".join(steps[:3]), [])
    if not operations:
        return ""
    more = len(operations) - NAMED_OPERATIONS
    names = ", ".join(operations[:NAMED_OPERATIONS]) + (f" and {more} more" if more > 0 else "")
    return f" ({names})"


def shown(value: Any) -> str:
    return "nothing" if value is None else f"`{json.dumps(value, ensure_ascii=False)}`"


def told(found: Json, steps: list[str]) -> str:
    """A sentence for a change that redocly has none for."""
    if found["kind"] != "modified":
        return f"{name_of(steps)} was {found['kind']}."
    word = found["property"]
    if steps[-1] == word:
        steps = steps[:-1]
    before, after = found["base"].get("value"), found["revision"].get("value")
    return f"`{word}` of {name_of(steps)} changed from {shown(before)} to {shown(after)}."


def whole_operations(found: Json, steps: list[str]) -> Iterator[str]:
    """The operations of a path that came or went."""
    item = (found.get("revision") or found["base"])["value"]
    for method in METHODS:
        if method in item:
            yield f"Operation `{method.upper()} {steps[1]}` was {found['kind']}."


def changes_of(found: Json, uses: dict[str, list[str]]) -> Iterator[Change]:
    """Say in sentences what redocly found at one place."""
    place = found.get("revision") or found["base"]
    steps = steps_of(place["pointer"])
    breaking = found["impact"] == "major"
    word = found.get("property")
    if steps == ["info", "version"]:
        return
    if steps[:1] == ["paths"] and len(steps) == 2 and found["kind"] != "modified":
        for text in whole_operations(found, steps):
            yield Change(text, breaking)
        return
    if not breaking and (word in TEXTS or {"example", "examples"} & set(steps)):
        yield Change(name_of([*steps[:3]]), of_texts_alone=True)
        return
    if word == "x-result" or (found["kind"] == "removed" and steps[-2:-1] == ["properties"]):
        breaking = True
    owner, _ = owner_of(steps)
    for text in [each["message"] for each in found["verdicts"]] or [told(found, steps)]:
        where = "" if owner in text else f"`{owner}`: "
        yield Change(where + text + concerned(steps, uses), breaking)
