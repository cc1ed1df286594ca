"""The types, alternatives and properties of the schemas of a contract."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

from wire_operations import Json, UnsupportedError, resolve, split_reference

JSON_TYPES = {str: "string", bool: "boolean", int: "integer", float: "number", type(None): "null"}


class Schemas:
    """The schemas of a contract. A schema that is not a dict allows everything."""

    def __init__(self, document: Json) -> None:
        self.document = document

    def types(self, schema: Any) -> set[str]:
        """Return the JSON types of the values of a schema, or "any"."""
        if not isinstance(schema, dict):
            return {"any"}
        schema = resolve(self.document, schema)
        null = {"null"} if schema.get("nullable") else set[str]()
        members = schema.get("oneOf") or schema.get("anyOf")
        if members:
            return set[str]().union(*map(self.types, members)) | null
        if "enum" in schema or "const" in schema:
            values = schema.get("enum", [schema.get("const")])
            return {JSON_TYPES.get(type(value), "any") for value in values} | null
        declared = schema.get("type")
        if declared is not None:
            return ({declared} if isinstance(declared, str) else set(declared)) | null
        if len(schema.get("allOf", ())) == 1:
            return self.types(schema["allOf"][0]) | null
        return ({"object"} if {"allOf", "properties"} & schema.keys() else {"any"}) | null

    def alternatives(self, schema: Any) -> Iterator[Json]:
        """Yield the schemas of one type each that a union consists of, without null."""
        schema = resolve(self.document, schema) if isinstance(schema, dict) else {}
        members = schema.get("oneOf") or schema.get("anyOf")
        if members:
            for member in members:
                yield from self.alternatives(member)
        elif isinstance(schema.get("type"), list):
            yield from ({**schema, "type": each} for each in schema["type"] if each != "null")
        elif schema.get("type") != "null":
            yield schema

    def inlined(self, schema: Any, seen: frozenset[str] = frozenset()) -> frozenset[str]:
        """Return the names of the schemas that the type of a schema repeats, because they have no class."""
        if not isinstance(schema, dict):
            return seen
        if "$ref" in schema:
            _, name = split_reference(schema["$ref"])
            target = resolve(self.document, schema)
            return seen if name in seen else self.inlined(target, seen | {name})
        if schema.get("properties") or len(schema.get("allOf", ())) > 1:
            return seen
        parts = [schema.get("items"), schema.get("additionalProperties")]
        for name in ("oneOf", "anyOf", "allOf"):
            parts += schema.get(name, [])
        return seen.union(*(self.inlined(each, seen) for each in parts))

    def is_map(self, schema: Json) -> bool:
        """Return whether the schema is an object with any names."""
        return not self.merged(schema)[0] and schema.get("additionalProperties") is not False

    def merged(self, schema: Any, above: tuple[int, ...] = ()) -> tuple[Json, set[str]]:
        """Return the properties of an object and the names of the required ones, with those of allOf."""
        schema = resolve(self.document, schema) if isinstance(schema, dict) else {}
        if id(schema) in above:
            raise UnsupportedError("a schema contains itself in allOf")
        properties: Json = {}
        required = set(schema.get("required", ()))
        for member in schema.get("allOf", ()):
            inner, names = self.merged(member, (*above, id(schema)))
            properties |= inner
            required |= names
        return properties | schema.get("properties", {}), required

    def values(self, schema: Any) -> set[object] | None:
        """Return the values that a schema with const or enum allows, or None."""
        schema = resolve(self.document, schema) if isinstance(schema, dict) else {}
        if "const" in schema:
            return {schema["const"]}
        return set(schema["enum"]) if "enum" in schema else None

    def order(self, objects: list[Json]) -> list[Json]:
        """Return the objects in the order in which the generated classes try them."""
        return sorted(objects, key=lambda each: -len(self.merged(each)[1]))

    def matches(self, first: Json, second: Json) -> bool:
        """Return whether an object of the second schema can be taken for one of the first."""
        properties, required = self.merged(first)
        others, _ = self.merged(second)
        if self.is_map(second):
            return True
        for name in required:
            if name not in others:
                return False
            values, other_values = self.values(properties.get(name)), self.values(others[name])
            if values and other_values and not values & other_values and len(values) == 1:
                return False
        return True
