"""Refuse schemas that the generator or the templates would render wrongly."""

from __future__ import annotations

import unicodedata
from difflib import get_close_matches
from itertools import combinations
from typing import Any

from openapi_python_client.strings import PythonIdentifier
from wire_operations import Json, UnsupportedError, resolve, split_reference
from wire_schemas import Schemas

# Keywords that change no type. A client does not validate values, so it needs no constraints.
ANNOTATIONS = frozenset(
    [
        "title",
        "description",
        "summary",
        "default",
        "example",
        "examples",
        "deprecated",
        "externalDocs",
        "xml",
        "$comment",
        "readOnly",
        "writeOnly",
        "contentEncoding",
        "contentMediaType",
    ]
)
CONSTRAINTS = frozenset(
    [
        "format",
        "multipleOf",
        "maximum",
        "exclusiveMaximum",
        "minimum",
        "exclusiveMinimum",
        "maxLength",
        "minLength",
        "pattern",
        "maxItems",
        "minItems",
        "uniqueItems",
        "contains",
        "minContains",
        "maxContains",
        "maxProperties",
        "minProperties",
        "propertyNames",
        "dependentRequired",
        "not",
    ]
)
STRUCTURE = frozenset(
    [
        "$ref",
        "type",
        "nullable",
        "properties",
        "required",
        "additionalProperties",
        "items",
        "enum",
        "const",
        "allOf",
        "oneOf",
        "anyOf",
        "discriminator",
    ]
)
SUPPORTED = ANNOTATIONS | CONSTRAINTS | STRUCTURE
EXTENSIONS = frozenset(["x-result", "x-known-values", "x-sdk-required", "x-events"])
TYPES = frozenset(["string", "number", "integer", "boolean", "array", "object", "null"])
DATES = ("date-time", "date")


class SchemaCheck(Schemas):
    """Checks the schemas of a contract, each component once for requests and once for responses."""

    def __init__(self, document: Json) -> None:
        super().__init__(document)
        self._seen: set[tuple[str, str | None]] = set()

    def check(
        self, schema: Any, place: str, role: str | None = None, *, is_root: bool = False
    ) -> None:
        """Check a schema and the schemas in it.

        Args:
            schema: The schema.
            place: Where the schema is, for the message.
            role: "request" or "response", or None if neither uses the schema.
            is_root: Whether the schema is the whole body of a response, which may have `x-result`.

        Raises:
            UnsupportedError: If the templates do not render the schema.
        """
        if schema is True:
            return
        if not isinstance(schema, dict):
            raise UnsupportedError(f"{place} is {schema!r}, which the templates do not render")
        if "$ref" in schema:
            self._check_reference(schema, place, role, is_root)
            return
        self._check_keywords(schema, place, is_root)
        self._check_values(schema, place)
        if "allOf" in schema:
            self._check_all_of(schema, place, role)
        if "oneOf" in schema or "anyOf" in schema:
            self._check_union(schema, place, role, is_root)
        elif isinstance(schema.get("type"), list):
            self._check_alternatives(schema, place, is_root)
        self._check_properties(schema, place, role)
        self._check_required(schema, place, role)
        if "items" in schema:
            self.check(schema["items"], f"an item of {place}", role)

    def _check_reference(self, schema: Json, place: str, role: str | None, is_root: bool) -> None:
        others = [name for name in schema if name not in ANNOTATIONS and name != "$ref"]
        if others := [name for name in others if not name.startswith("x-")]:
            raise UnsupportedError(
                f"{place} has {quote(others)} beside a reference, which the generator ignores; use allOf"
            )
        try:
            kind, name = split_reference(schema["$ref"])
            target = resolve(self.document, {"$ref": schema["$ref"]})
        except UnsupportedError as problem:
            raise UnsupportedError(f"{place}: {problem}") from None
        if kind != "schemas":
            raise UnsupportedError(f"{place}: the reference {schema['$ref']!r} names no schema")
        if name in self.inlined(target):
            raise UnsupportedError(
                f"schema {name!r} contains itself without an object with properties between, so its type has no end"
            )
        if (name, role) not in self._seen:
            self._seen.add((name, role))
            self.check(target, f"schema {name!r}", role, is_root=is_root or role is None)

    def _check_keywords(self, schema: Json, place: str, is_root: bool) -> None:
        others = [name for name in schema if not name.startswith("x-") and name not in SUPPORTED]
        if others:
            raise UnsupportedError(
                f"{place} has {quote(others)}, which the templates do not render"
            )
        for name in schema.keys() - EXTENSIONS:
            if name.startswith("x-") and (similar := get_close_matches(name, EXTENSIONS, 1, 0.8)):
                raise UnsupportedError(f"{place} has {name!r}; did you mean {similar[0]!r}")
        if unknown := self.types({"type": schema.get("type", [])}) - TYPES:
            raise UnsupportedError(f"{place} has the type {quote(unknown)}, which does not exist")
        if "x-result" in schema and not is_root:
            raise UnsupportedError(
                f"{place} has x-result, which belongs to the schema of a whole response"
            )
        known = schema.get("x-known-values")
        if known is not None and not (
            isinstance(known, list) and known and all(isinstance(each, str) for each in known)
        ):
            raise UnsupportedError(f"{place} has x-known-values that are not a list of strings")
        if known is not None and "string" not in self.types(schema):
            raise UnsupportedError(f"{place} has x-known-values, but is not a string")
        if schema.get("format") == "binary":
            raise UnsupportedError(
                f"{place} has the format binary, but a JSON document contains no binary data"
            )
        if "discriminator" in schema and not {"oneOf", "anyOf"} & schema.keys():
            raise UnsupportedError(
                f"{place} has a discriminator without oneOf or anyOf, so the templates cannot select "
                "the class; list the alternatives in oneOf"
            )

    def _check_values(self, schema: Json, place: str) -> None:
        if "const" in schema and type(schema["const"]) not in (str, int, bool):
            raise UnsupportedError(
                f"{place} has the const {schema['const']!r}, but the templates render strings, integers "
                "and booleans only"
            )
        if "enum" not in schema:
            return
        types = {type(value) for value in schema["enum"]} - {type(None)}
        if schema.get("type") == "boolean" and types <= {bool}:
            return
        if types not in ({str}, {int}):
            raise UnsupportedError(
                f"{place} has an enum whose values are neither all strings nor all integers"
            )
        if others := schema.keys() & {"const", "oneOf", "anyOf", "allOf", "properties", "items"}:
            raise UnsupportedError(f"{place} has {quote(others)} beside enum; use one of them")
        declared = self.types(
            {name: schema[name] for name in ("type", "nullable") if name in schema}
        )
        actual = self.types({"enum": schema["enum"]})
        if (
            not declared >= actual
            and declared != {"any"}
            and not (actual <= {"integer", "null"} and "number" in declared)
        ):
            raise UnsupportedError(f"{place} has enum values that are not of its type")

    def _check_all_of(self, schema: Json, place: str, role: str | None) -> None:
        others = schema.keys() & {"oneOf", "anyOf", "items", "const"}
        if isinstance(schema.get("additionalProperties"), dict):
            others.add("additionalProperties")
        if others:
            raise UnsupportedError(f"{place} has {quote(others)} beside allOf")
        self._check_overlap([*schema["allOf"], {"properties": schema.get("properties", {})}], place)
        is_alias = len(schema["allOf"]) == 1 and not schema.keys() & {"properties", "required"}
        for member in schema["allOf"]:
            if "$ref" in member:
                self.check(member, place, role)
                if is_alias:
                    continue
            else:  # the properties that it requires can be in another item
                self._check_keywords(member, place, is_root=False)
                self._check_properties(member, place, role)
                if "allOf" in member:
                    self._check_all_of(member, place, role)
            target = resolve(self.document, member)
            is_object = self.types(target) == {"object"} or {"required"} == target.keys()
            if not is_object or {"oneOf", "anyOf"} & target.keys():
                raise UnsupportedError(
                    f"{place} has an item of allOf that is not an object with properties"
                )
            if isinstance(target.get("additionalProperties"), dict):
                raise UnsupportedError(f"{place} has additionalProperties in an item of allOf")

    def _check_overlap(self, members: list[Any], place: str) -> None:
        """Refuse a property that two items of allOf define in different ways."""
        defined: Json = {}
        for member in members:
            for name, each in self.merged(member)[0].items():
                first = defined.setdefault(name, each)
                types = self.types(first)
                if first != each and (
                    types != self.types(each) or types & {"object", "array", "any"}
                ):
                    raise UnsupportedError(
                        f"property {name!r} of {place} has different schemas in the items of allOf"
                    )

    def _check_properties(self, schema: Json, place: str, role: str | None) -> None:
        additional = schema.get("additionalProperties")
        if isinstance(additional, dict) and additional:
            if schema.get("properties"):
                raise UnsupportedError(
                    f"{place} has properties and typed additionalProperties, but a TypedDict has only the "
                    "former; put the others into an object of their own"
                )
            self.check(additional, f"a value of {place}", role)
        self._check_names(schema.get("properties", {}), place)
        for name, each in schema.get("properties", {}).items():
            label = f"property {name!r} of {place}"
            if not name or not is_printable(name):
                raise UnsupportedError(
                    f"{label} has a name that is empty or has a character that is not printable"
                )
            self.check(each, label, role)

    def _check_names(self, properties: Json, place: str) -> None:
        """Refuse names that the generator makes the same, in snake_case and as they are."""
        for first, second in combinations(properties, 2):
            if all(
                PythonIdentifier(first, "field_", skip) == PythonIdentifier(second, "field_", skip)
                for skip in (False, True)
            ):
                raise UnsupportedError(
                    f"properties {first!r} and {second!r} of {place} would have the same name in Python"
                )

    def _check_required(self, schema: Json, place: str, role: str | None) -> None:
        if "object" not in self.types(schema) or {"oneOf", "anyOf"} & schema.keys():
            return
        properties, required = self.merged(schema)
        hidden = {"request": "readOnly", "response": "writeOnly"}.get(role or "", "")
        for name in sorted(required):
            if name not in properties:
                raise UnsupportedError(
                    f"{place} requires {name!r}, which is not one of its properties"
                )
            each = properties[name]
            if (
                hidden
                and isinstance(each, dict)
                and (each.get(hidden) or resolve(self.document, each).get(hidden))
            ):
                raise UnsupportedError(
                    f"property {name!r} of {place} is required and {hidden}, but a {role} has the schema; "
                    "use another schema without the property"
                )

    def _check_union(self, schema: Json, place: str, role: str | None, is_root: bool) -> None:
        if others := schema.keys() & {
            "properties",
            "required",
            "additionalProperties",
            "items",
            "const",
        }:
            raise UnsupportedError(f"{place} has {quote(others)} beside oneOf or anyOf")
        if "oneOf" in schema and "anyOf" in schema:
            raise UnsupportedError(f"{place} has both oneOf and anyOf")
        for member in schema.get("oneOf") or schema.get("anyOf") or []:
            self.check(member, f"an alternative of {place}", role)
        self._check_alternatives(schema, place, is_root)

    def _check_alternatives(self, schema: Json, place: str, is_root: bool) -> None:
        """Check that the class of a value can be selected. The data of a whole response stays a dict."""
        if is_root:
            return
        alternatives = [*self.alternatives(schema)]
        types = [self.types(each) for each in alternatives]
        if len(alternatives) > 1 and {"any"} in types:
            raise UnsupportedError(f"{place} has an alternative without a type")
        if types.count({"array"}) > 1:
            raise UnsupportedError(f"{place} has alternatives that are both arrays; use one array")
        strings = {each.get("format") for each in alternatives if "string" in self.types(each)}
        if len(strings) > 1 and strings & set(DATES):
            raise UnsupportedError(f"{place} is either a time or another string; use one of them")
        objects = self.order([each for each in alternatives if "object" in self.types(each)])
        for first, second in combinations(objects, 2):
            if self.matches(first, second):
                name = schema.get("discriminator", {}).get("propertyName", "type")
                raise UnsupportedError(
                    f"{place} has alternatives that cannot be told apart; give a required property, such as "
                    f"{name!r}, another const in each of them"
                )
        if "discriminator" in schema:
            self._check_discriminator(schema, place)

    def _check_discriminator(self, schema: Json, place: str) -> None:
        name = schema["discriminator"].get("propertyName")
        for value, reference in schema["discriminator"].get("mapping", {}).items():
            if "/" not in reference:
                reference = f"#/components/schemas/{reference}"
            properties, _ = self.merged({"$ref": reference})
            if value not in map(str, self.values(properties.get(name, {})) or ()):
                raise UnsupportedError(
                    f"{place} maps {value!r} to {reference!r}, whose property {name!r} is not the const {value!r}"
                )


def is_printable(text: str) -> bool:
    """Return whether a text has no control characters and no invisible ones."""
    return not any(unicodedata.category(each) in ("Cc", "Cf", "Cs", "Zl", "Zp") for each in text)


def quote(names: Any) -> str:
    return ", ".join(sorted(repr(name) for name in names))
