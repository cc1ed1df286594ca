"""The operations of a contract, with their references resolved."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any, NamedTuple

METHODS = ("get", "put", "post", "delete", "options", "head", "patch", "trace")
EVENT_STREAM = "text/event-stream"

Json = dict[str, Any]


class UnsupportedError(Exception):
    """The templates do not render a part of the contract."""


def media_type(name: str) -> str:
    """Return a media type without its parameters."""
    return name.partition(";")[0].strip().lower()


def is_json(name: str) -> bool:
    return media_type(name) == "application/json" or media_type(name).endswith("+json")


def is_idempotency_key(parameter: Json) -> bool:
    return parameter["in"] == "header" and parameter["name"].lower() == "idempotency-key"


def find_media_type(content: Json) -> str | None:
    """Return the media type of a response that the generated code reads."""
    accepted = [name for name in content if is_json(name)]
    return next(
        iter(accepted or [name for name in content if media_type(name) == EVENT_STREAM]), None
    )


def split_reference(reference: object) -> tuple[str, str]:
    """Return the kind and the name of the component that a reference names.

    Raises:
        UnsupportedError: If the reference does not name a component of this document.
    """
    parts = reference.split("/") if isinstance(reference, str) else []
    if len(parts) != 4 or parts[:2] != ["#", "components"]:
        raise UnsupportedError(
            f"the reference {reference!r} does not name a component of this document"
        )
    return parts[2], parts[3].replace("~1", "/").replace("~0", "~")


class Operation(NamedTuple):
    document: Json
    method: str
    path: str
    item: Json
    """The path item object."""
    fields: Json
    """The operation object."""

    @property
    def id(self) -> str:
        return str(self.fields["operationId"])

    @property
    def label(self) -> str:
        """The method, the path and the operationId, for messages."""
        name = self.fields.get("operationId")
        return f"{self.method.upper()} {self.path}" + (f" (operation {name})" if name else "")

    def parameters(self, *, with_duplicates: bool = False) -> list[Json]:
        """Return the parameters. Those of the operation replace those of the path."""
        found: dict[Any, Json] = {}
        for level in (self.fields, self.item):
            above = set(found)
            for number, each in enumerate(level.get("parameters", [])):
                parameter = resolve(self.document, each)
                name, location = parameter.get("name"), parameter.get("in")
                key = (str(name).lower() if location == "header" else name, location)
                if with_duplicates and key not in above and key in found:
                    key = (*key, number)
                found.setdefault(key, parameter)
        return list(found.values())

    def body(self) -> Json | None:
        body = self.fields.get("requestBody")
        return None if body is None else resolve(self.document, body)

    def successes(self) -> dict[str, Json]:
        """Return the responses that a 2xx status has, by status."""
        return {
            str(status): resolve(self.document, response)
            for status, response in sorted(self.fields.get("responses", {}).items(), key=str)
            if str(status).startswith("2")
        }


def iterate_operations(document: Json) -> Iterator[Operation]:
    for path, item in document.get("paths", {}).items():
        for method in METHODS:
            if method in item:
                yield Operation(document, method, path, item, item[method])


def resolve(document: Json, node: Json) -> Json:
    """Follow references to the object that they name. The schema `true` is returned as an empty one.

    Raises:
        UnsupportedError: If a reference has no target.
    """
    seen: list[object] = []
    while node is not True and "$ref" in node:
        reference = node["$ref"]
        kind, name = split_reference(reference)
        target = document.get("components", {}).get(kind, {}).get(name)
        if target is None or reference in seen:
            raise UnsupportedError(f"the reference {reference!r} has no target")
        seen.append(reference)
        node = target
    return {} if node is True else node


def find_users(document: Json, schema: str) -> Iterator[Operation]:
    """Yield the operations that use a schema, directly or in another one."""

    def contains(node: Any, seen: set[str]) -> bool:
        if isinstance(node, list):
            return any(contains(each, seen) for each in node)
        if not isinstance(node, dict):
            return False
        reference = node.get("$ref")
        if isinstance(reference, str) and reference not in seen:
            seen.add(reference)
            if reference == f"#/components/schemas/{schema}":
                return True
            if contains(resolve(document, {"$ref": reference}), seen):
                return True
        return any(contains(each, seen) for each in node.values())

    for operation in iterate_operations(document):
        if contains([operation.item.get("parameters"), operation.fields], set()):
            yield operation
