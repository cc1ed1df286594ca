"""Refuse contracts that the templates do not render, before anything is generated.

The generator and the templates render a part of OpenAPI. For anything else, a message names the operation
and the place, so that no wrong code is generated without notice. A keyword that is in no list is refused.
"""

from __future__ import annotations

import re
from typing import Any

from wire_operations import (
    EVENT_STREAM,
    METHODS,
    Json,
    Operation,
    UnsupportedError,
    find_media_type,
    iterate_operations,
    media_type,
    resolve,
)
from wire_schema_check import SchemaCheck, is_printable, quote

SCALARS = frozenset({"string", "integer", "number", "boolean"})
TYPES_BY_LOCATION = {
    "path": SCALARS,
    "query": SCALARS | {"array", "null"},
    "header": SCALARS,
}
STYLES = {"path": "simple", "query": "form", "header": "simple"}
PARAMETER_KEYWORDS = frozenset(
    [
        "name",
        "in",
        "description",
        "required",
        "deprecated",
        "schema",
        "style",
        "explode",
        "example",
        "examples",
    ]
)
# OpenAPI ignores parameters with these names.
IGNORED_HEADERS = ("accept", "content-type", "authorization")
CONNECTION_HEADERS = ("connection", "content-length", "host", "transfer-encoding")
ARGUMENTS = ("body", "params", "headers")
PATH_PARAMETER = re.compile(r"\{([^{}]*)\}")


def find_problems(document: Json) -> list[str]:
    """Return a sentence for each operation and each unused schema that the templates do not render."""
    problems: list[str] = []
    schemas = SchemaCheck(document)
    labels: dict[object, str] = {}
    for path, item in document.get("paths", {}).items():
        if not isinstance(item, dict):
            return [f"{path}: the path is {item!r}, not an object."]
        if empty := [name for name in METHODS if not isinstance(item.get(name, {}), dict)]:
            return [
                f"{empty[0].upper()} {path}: the operation is {item[empty[0]]!r}, not an object."
            ]
        if others := [name for name in item if not _is_known(name)]:
            problems.append(
                f"{path}: the path has {quote(others)}, which the templates do not render."
            )
    for operation in iterate_operations(document):
        try:
            _check_operation(operation)
            first = labels.setdefault(operation.id, operation.label)
            if first != operation.label:
                raise UnsupportedError(f"{first} has the same operationId")
            _check_parameters(operation, schemas)
            _check_body(operation, schemas)
            _check_responses(operation, schemas)
        except UnsupportedError as problem:
            problems.append(f"{operation.label}: {problem}.")
        except (AttributeError, KeyError, TypeError) as problem:
            problems.append(f"{operation.label}: the contract is not valid OpenAPI ({problem!r}).")
    if not problems:  # the schemas that no operation uses have classes too
        for name in document.get("components", {}).get("schemas", {}):
            try:
                schemas.check({"$ref": f"#/components/schemas/{name}"}, f"schema {name!r}")
            except UnsupportedError as problem:
                problems.append(f"{problem}.")
    return problems


def _is_known(name: str) -> bool:
    documentation = ("summary", "description", "parameters")
    return name in METHODS or name in documentation or name.startswith("x-")


def _check_operation(operation: Operation) -> None:
    fields = operation.fields
    name = fields.get("operationId")
    if not isinstance(name, str) or not re.search("[A-Za-z]", name):
        raise UnsupportedError("the operation has no operationId, which names the generated module")
    if not re.fullmatch(r"[\w .-]+", name):
        raise UnsupportedError(
            "the operationId has characters other than letters, digits, '_', '-', '.' and spaces"
        )
    if "servers" in fields:
        raise UnsupportedError(
            "the operation has servers of its own, but a client sends every request to its base_url"
        )
    accepted = [set(each) for each in operation.document.get("security", [])]
    required = [set(each) for each in fields.get("security") or []]
    if accepted and required and not any(not each or each in accepted for each in required):
        raise UnsupportedError(
            f"the operation requires {quote(set[str]().union(*required))}, but a client sends the key that "
            "`security` of the document describes"
        )
    if not operation.path.startswith("/") or not is_printable(operation.path):
        raise UnsupportedError("the path does not begin with a slash, or is not printable")
    if re.search("[?#]", operation.path):
        raise UnsupportedError("the path contains '?' or '#'; use query parameters")


def _check_parameters(operation: Operation, schemas: SchemaCheck) -> None:
    parameters = operation.parameters()
    if len(parameters) < len(operation.parameters(with_duplicates=True)):
        raise UnsupportedError("two parameters have the same name and the same location")
    for each in parameters:
        location, name = each.get("in"), each.get("name")
        place = f"{location} parameter {name!r}"
        if location not in TYPES_BY_LOCATION or not isinstance(name, str):
            raise UnsupportedError(
                f"{place} is not in the path, the query or a header, so the templates do not render it"
            )
        others = [
            word for word in each if word not in PARAMETER_KEYWORDS and not word.startswith("x-")
        ]
        if others:
            raise UnsupportedError(
                f"{place} has {quote(others)}, which the templates do not render"
            )
        if "schema" not in each:
            raise UnsupportedError(f"{place} has no schema")
        if not is_printable(name):
            raise UnsupportedError(f"{place} has a name with a character that is not printable")
        schemas.check(each["schema"], place, "request")
        _check_parameter_type(each, place, schemas)
        if location == "header":
            _check_header_name(name, place)
    named = PATH_PARAMETER.findall(operation.path)
    declared = [each["name"] for each in parameters if each["in"] == "path"]
    if sorted(named) != sorted(declared):
        raise UnsupportedError(
            f"the path has the parameters {quote(named) or 'none'}, but {quote(declared) or 'none'} are declared"
        )
    for name in named:
        if not re.fullmatch("[A-Za-z_-][A-Za-z0-9_-]*", name):
            raise UnsupportedError(
                f"path parameter {name!r} has a name that the generator does not read"
            )
        if name.lower() in ARGUMENTS:
            raise UnsupportedError(
                f"path parameter {name!r} is named like an argument of the generated function; rename it"
            )


def _check_parameter_type(parameter: Json, place: str, schemas: SchemaCheck) -> None:
    location = parameter["in"]
    types = schemas.types(parameter["schema"])
    if others := types - TYPES_BY_LOCATION[location]:
        raise UnsupportedError(
            f"{place} has the type {quote(others)}, but the templates render "
            f"{', '.join(sorted(TYPES_BY_LOCATION[location]))} there"
        )
    if "array" in types:
        for array in schemas.alternatives(parameter["schema"]):
            items = (
                schemas.types(array.get("items")) if "array" in schemas.types(array) else set[str]()
            )
            if not items <= SCALARS:
                raise UnsupportedError(
                    f"{place} is an array of items of the type {quote(items - SCALARS)}, which the templates do "
                    f"not render; use {', '.join(sorted(SCALARS))}"
                )
    if parameter.get("style", STYLES[location]) != STYLES[location]:
        raise UnsupportedError(
            f"{place} has the style {parameter['style']!r}, which the templates do not render"
        )
    if "array" in types and parameter.get("explode") is False:
        raise UnsupportedError(
            f"{place} has explode: false, but the templates repeat the name for each item of an array"
        )
    if location == "path" and parameter.get("required") is not True:
        raise UnsupportedError(f"{place} is not required, but a path needs it")


def _check_header_name(name: str, place: str) -> None:
    if name.lower() in IGNORED_HEADERS:
        raise UnsupportedError(
            f"{place} has no effect in OpenAPI; use security, or the media types of the operation"
        )
    if name.lower() in CONNECTION_HEADERS:
        raise UnsupportedError(f"{place} is a header that the HTTP client sets")
    if not re.fullmatch("[A-Za-z0-9!#$%&'*+.^_`|~-]+", name):
        raise UnsupportedError(f"{place} has a name that HTTP does not allow")


def _check_body(operation: Operation, schemas: SchemaCheck) -> None:
    body = operation.body()
    if body is None:
        return
    content = body.get("content", {})
    media = next(
        (each for name, each in content.items() if media_type(name) == "application/json"), None
    )
    if media is None:
        raise UnsupportedError(
            f"the body is {quote(content) or 'not declared'}, but the templates render application/json only"
        )
    if "schema" not in media:
        raise UnsupportedError("the body has no schema")
    schemas.check(media["schema"], "the body", "request", is_root=True)
    _refuse_result(media["schema"], operation, "the body")
    types = schemas.types(media["schema"])
    if types == {"object", "array"}:
        raise UnsupportedError("the body is either an object or an array; use one of them")
    if others := types - {"object", "array"}:
        raise UnsupportedError(
            f"the body has the type {quote(others)}, but the templates render objects and arrays there"
        )


def _check_responses(operation: Operation, schemas: SchemaCheck) -> None:
    successes = operation.successes()
    if not successes:
        raise UnsupportedError("no response has a 2xx status, so the templates find no result")
    contents = [_success_schema(status, response) for status, response in successes.items()]
    if any(each != contents[0] for each in contents):
        raise UnsupportedError(
            f"the responses {', '.join(successes)} have different contents, but a generated method has one result"
        )
    place = f"response {next(iter(successes))}"
    kind, schema = contents[0]
    if kind is None:
        return
    if operation.method == "head":
        raise UnsupportedError(f"{place} has content, which a response to HEAD cannot have")
    schemas.check(schema, place, "response", is_root=True)
    types = schemas.types(schema)
    target = resolve(operation.document, schema)
    if kind == EVENT_STREAM:
        _check_events(schemas, target, place)
        return
    if others := types - {"object", "array"}:
        raise UnsupportedError(
            f"{place} has the type {quote(others)}, but the templates render objects and arrays there"
        )
    _check_result(schemas, target, place)


def _success_schema(status: str, response: Json) -> tuple[str | None, Any]:
    """Return the media type that a client accepts, and the schema."""
    content = response.get("content") or {}
    if not content:
        if status != "204":
            raise UnsupportedError(
                f"response {status} has no content, but a client expects JSON with every status except 204"
            )
        return None, None
    accepted = find_media_type(content)
    if accepted is None:
        raise UnsupportedError(
            f"response {status} is {quote(content)}, but the templates render JSON and {EVENT_STREAM} only"
        )
    if "schema" not in content[accepted]:
        raise UnsupportedError(f"response {status} has no schema")
    return media_type(accepted), content[accepted]["schema"]


def _check_events(schemas: SchemaCheck, schema: Json, place: str) -> None:
    if schemas.types(schema) != {"object"}:
        raise UnsupportedError(f"{place} is an event stream whose events are not objects")


def _check_result(schemas: SchemaCheck, schema: Json, place: str) -> None:
    """Check that the result can be found in a response."""
    properties, _ = schemas.merged(schema)
    name = schema.get("x-result")
    if name is None:
        if "data" in properties and "null" in schemas.types(properties["data"]):
            raise UnsupportedError(
                f"{place} has data that can be null; give the result a property in data"
            )
        return
    if "data" not in properties:
        raise UnsupportedError(f"{place} has x-result, but no property 'data'")
    parts, _ = schemas.merged(properties["data"])
    if schemas.types(properties["data"]) != {"object"} or name not in parts:
        raise UnsupportedError(
            f"{place} has the x-result {name!r}, but its data has {quote(parts) or 'no properties'}"
        )


def _refuse_result(schema: Any, operation: Operation, place: str) -> None:
    if isinstance(schema, dict) and "x-result" in resolve(operation.document, schema):
        raise UnsupportedError(
            f"{place} has x-result, which belongs to the schema of a whole response"
        )
