"""Reduce a contract to the parts that the templates use, for the generator."""

from __future__ import annotations

import copy
from collections.abc import Iterator
from typing import Any

from wire_operations import (
    Json,
    find_media_type,
    is_idempotency_key,
    iterate_operations,
    media_type,
)
from wire_schema_check import CONSTRAINTS
from wire_schemas import Schemas

# Keywords that the templates do not use. The generator takes class names from titles, and refuses defaults.
UNUSED = {"title", "default", "example", "examples", "discriminator"} | CONSTRAINTS - {"format"}


def simplify(document: Json) -> Json:
    """Return the contract without the parts that the templates do not use.

    References to parameters, bodies and responses are resolved. Of the responses, the one with the result
    remains. `Idempotency-Key` is not a parameter, because a client sets it. The generator refuses some of the other parts,
    and takes names from some.
    """
    document = copy.deepcopy(document)
    schemas = Schemas(document)
    for operation in iterate_operations(document):
        fields = operation.fields
        simple: Json = {
            name: fields[name]
            for name in ("operationId", "tags", "summary", "description")
            if name in fields
        }
        simple["parameters"] = [
            {**each, "schema": _simplify_parameter(each, schemas)}
            for each in operation.parameters()
            if not is_idempotency_key(each)
        ]
        if body := operation.body():
            content = {"application/json": {"schema": _json_body(body)}}
            simple["requestBody"] = {"required": body.get("required", False), "content": content}
        status, response = next(iter(operation.successes().items()))
        name = find_media_type(response.get("content") or {})
        content = {} if name is None else {name: {"schema": response["content"][name]["schema"]}}
        simple["responses"] = {status: {"description": "", "content": content}}
        fields.clear()
        fields.update(simple)
    for item in document["paths"].values():
        item.pop("parameters", None)
    components = {"schemas": document.get("components", {}).get("schemas", {})}
    simplified = {
        "openapi": document["openapi"],
        "info": {"title": "", "version": str(document["info"]["version"])},
        "paths": document["paths"],
        "components": components,
    }
    for holder, key in _iterate_schemas(simplified):
        holder[key] = _simplify_schema(holder[key])
    return simplified


def _json_body(body: Json) -> Any:
    return next(
        each["schema"]
        for name, each in body["content"].items()
        if media_type(name) == "application/json"
    )


def _simplify_parameter(parameter: Json, schemas: Schemas) -> Any:
    """Return the schema of a parameter, with its description, which the generator reads there.

    The generator accepts only a few schemas for headers.
    """
    schema = _without_formats(parameter["schema"])
    if parameter["in"] == "header" and "enum" not in parameter["schema"]:
        schema = {"type": sorted(schemas.types(parameter["schema"]))}
    if "description" in parameter and isinstance(schema, dict) and "$ref" not in schema:
        schema = {"description": parameter["description"], **schema}
    return schema


def _without_formats(schema: Any) -> Any:
    """Return the schema of a parameter, whose times are strings, without formats."""
    if not isinstance(schema, dict):
        return schema
    schema = {name: value for name, value in schema.items() if name != "format"}
    if "items" in schema:
        schema["items"] = _without_formats(schema["items"])
    return schema


def _iterate_schemas(document: Json) -> Iterator[tuple[Any, Any]]:
    """Yield each schema that is not part of another, as its container and its key."""
    schemas = document["components"]["schemas"]
    yield from ((schemas, name) for name in schemas)
    for operation in iterate_operations(document):
        yield from ((each, "schema") for each in operation.fields["parameters"])
        bodies = [operation.fields.get("requestBody", {}), *operation.fields["responses"].values()]
        for body in bodies:
            yield from ((media, "schema") for media in body.get("content", {}).values())


def _simplify_schema(schema: Any) -> Any:
    if schema is True:
        return {}
    if not isinstance(schema, dict) or "$ref" in schema:
        return schema
    schema = {name: value for name, value in schema.items() if name not in UNUSED}
    if len(schema.get("allOf", [])) == 1 and {"properties", "required"} & schema.keys():
        schema["allOf"] = [
            *schema["allOf"],
            {"type": "object"},
        ]  # or the generator ignores the properties
    if "array" in (schema.get("type"), *_as_list(schema.get("type"))):
        schema.setdefault("items", {})
    for name in ("items", "additionalProperties"):
        if name in schema and schema[name] is not False:
            schema[name] = _simplify_schema(schema[name])
    for name in ("allOf", "oneOf", "anyOf"):
        if name in schema:
            schema[name] = [_simplify_schema(each) for each in schema[name]]
    if "properties" in schema:
        items = schema["properties"].items()
        schema["properties"] = {name: _simplify_schema(each) for name, each in items}
    return schema


def _as_list(value: object) -> list[object]:
    return value if isinstance(value, list) else []
