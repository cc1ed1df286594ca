"""Convert the contract from OpenAPI 3.1 to OpenAPI 3.0.3, for tools that do not support 3.1.

The tables below list every supported field of each object, and how the field is converted. A field that
is not in a table is an error that names its location, and so is a field that would overwrite another
one. Therefore no part of the contract is lost silently. When the contract uses a new field, extend the
tables and their tests.

These parts are converted:

- A type with `null`, and a choice between a schema and `null`, become `nullable`. In a choice between a
  reference and `null`, the schema that is referred to becomes `nullable`, because generators misread
  `nullable` beside an `allOf`. If the schema is an `enum`, null is left out, because some generators
  make it a value of the `enum`: leave the field out instead.
- `const` becomes an `enum` of one value.
- A `$ref` with other keywords becomes an `allOf`.
- A numeric exclusive limit becomes a limit and a flag.
- The first of the `examples` of a schema becomes its `example`.
- Binary content becomes a `format`.
- `webhooks` become `x-webhooks`.
- The identifier of the license becomes a URL.
- The summary of the document becomes the first paragraph of its description.

https://spec.openapis.org/oas/v3.0.3, https://spec.openapis.org/oas/v3.1.0
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any, NamedTuple

import yaml
from wire_operations import METHODS

Json = dict[str, Any]

HEADER = (
    "# Derived from openapi/chatroutes.yaml by scripts/regen.py:"
    " the same contract in OpenAPI 3.0.3. Do not edit.\n"
)


class Location(NamedTuple):
    """A location in a document, as a JSON pointer. `location / name` is the location of a child."""

    document: Json
    pointer: str = ""

    def __truediv__(self, name: object) -> Location:
        escaped = str(name).replace("~", "~0").replace("/", "~1")
        return Location(self.document, f"{self.pointer}/{escaped}")


Convert = Callable[[Any, Location], Any]


class ConversionError(Exception):
    """The document uses a feature that OpenAPI 3.0 does not support."""

    def __init__(self, feature: str, location: Location) -> None:
        super().__init__(f"OpenAPI 3.0 does not support {feature}, at {location.pointer or '/'}")


def convert_to_yaml(spec: Json) -> str:
    """Convert a 3.1 document, and return the content of the file."""
    return HEADER + yaml.dump(
        convert(spec), Dumper=_Dumper, sort_keys=False, allow_unicode=True, width=100
    )


def convert(spec: Json) -> Json:
    """Convert a 3.1 document.

    Raises:
        ConversionError: If the document uses a feature that OpenAPI 3.0 does not support.
    """
    converted: Json = _DOCUMENT(spec, Location(spec))
    for pointer in _nullable_references(spec):
        _find(converted, pointer)["nullable"] = True
    converted["openapi"] = "3.0.3"
    converted.setdefault("paths", {})
    if "webhooks" in converted:
        converted["x-webhooks"] = converted.pop("webhooks")
    return converted


# Schemas. _KEYWORDS maps each keyword to a function that returns the fields which replace it.

_UNCHANGED_KEYWORDS = """
title description default example enum deprecated required readOnly writeOnly format pattern
multipleOf minimum maximum minLength maxLength minItems maxItems uniqueItems minProperties
maxProperties discriminator xml externalDocs
"""


def convert_schema(node: Any, location: Location) -> Json:
    if isinstance(node, bool):
        return {} if node else {"not": {}}
    if node.keys() == {"$ref"}:
        return dict(node)
    converted: Json = {}
    for name, value in node.items():
        if name in _UNCHANGED_KEYWORDS.split() or name.startswith("x-"):
            fields = {name: value}
        elif name in _KEYWORDS:
            fields = _KEYWORDS[name](value, location / name)
        else:
            raise ConversionError(f"`{name}`", location)
        for field, content in fields.items():
            if converted.setdefault(field, content) != content:
                raise ConversionError(
                    f"`{name}` with another keyword that becomes `{field}`", location
                )
    if converted.get("nullable") and "enum" in converted and None not in converted["enum"]:
        raise ConversionError("a nullable `enum` without null", location)
    if converted.get("type") == "array":
        converted.setdefault("items", {})
    return converted


def _convert_ref(value: str, location: Location) -> Json:
    return {"allOf": [{"$ref": value}]}


def _convert_type(value: Any, location: Location) -> Json:
    types = [value] if isinstance(value, str) else value
    others = [each for each in types if each != "null"]
    if len(others) != 1:
        raise ConversionError(f"the type {value}", location)
    return {"type": others[0]} | ({"nullable": True} if "null" in types else {})


def _convert_const(value: Any, location: Location) -> Json:
    if value is None:
        raise ConversionError("a `const` of null", location)
    return {"enum": [value]}


def _convert_choice(keyword: str) -> Convert:
    def convert(value: list[Any], location: Location) -> Json:
        schemas = [
            convert_schema(each, location / number)
            for number, each in enumerate(value)
            if each != {"type": "null"}
        ]
        if len(schemas) == len(value):
            return {keyword: schemas}
        if len(schemas) > 1:
            raise ConversionError("a choice between null and several schemas", location)
        return _make_nullable(schemas[0], location)

    return convert


def _make_nullable(schema: Json, location: Location) -> Json:
    """Return a schema that also allows null. `convert` makes the schema nullable that a reference names."""
    target = _find(location.document, schema["$ref"]) if "$ref" in schema else schema
    if "type" not in target:
        raise ConversionError("a choice between null and a schema without a type", location)
    return {"allOf": [schema]} if "$ref" in schema else schema | {"nullable": True}


def _nullable_references(spec: Json) -> set[str]:
    """Return the references to objects that appear in choices with null, and nowhere else."""
    nullable: list[tuple[str, Location]] = []
    other: set[str] = set()

    def visit(node: Any, location: Location) -> None:
        if isinstance(node, list):
            for number, each in enumerate(node):
                visit(each, location / number)
        elif isinstance(node, dict):
            if isinstance(node.get("$ref"), str):
                other.add(node["$ref"])
            for name, value in node.items():
                if name in ("oneOf", "anyOf") and {"type": "null"} in value:
                    references = [each["$ref"] for each in value if "$ref" in each]
                    nullable.extend((each, location / name) for each in references)
                else:
                    visit(value, location / name)

    visit(spec, Location(spec))
    objects = [each for each in nullable if "enum" not in _find(spec, each[0])]
    for pointer, location in objects:
        if pointer in other:
            raise ConversionError(
                f"a choice between null and {pointer}, which is not null elsewhere", location
            )
    return {pointer for pointer, _ in objects}


def _find(document: Json, pointer: str) -> Any:
    """Return the part of a document that a reference names."""
    node: Any = document
    for name in pointer.removeprefix("#/").split("/"):
        node = node[name]
    return node


def _convert_limit(bound: str, flag: str) -> Convert:
    return lambda value, location: {bound: value, flag: True}


def _convert_content(formats: dict[str, str]) -> Convert:
    def convert(value: str, location: Location) -> Json:
        if value not in formats:
            raise ConversionError(f"a string that contains {value}", location)
        return {"format": formats[value]}

    return convert


def _convert_schemas(value: Any, location: Location) -> Any:
    if isinstance(value, list):
        return [convert_schema(each, location / number) for number, each in enumerate(value)]
    return {name: convert_schema(each, location / name) for name, each in value.items()}


_KEYWORDS: dict[str, Callable[[Any, Location], Json]] = {
    "$ref": _convert_ref,
    "type": _convert_type,
    "oneOf": _convert_choice("oneOf"),
    "anyOf": _convert_choice("anyOf"),
    "allOf": lambda value, location: {"allOf": _convert_schemas(value, location)},
    "not": lambda value, location: {"not": convert_schema(value, location)},
    "items": lambda value, location: {"items": convert_schema(value, location)},
    "properties": lambda value, location: {"properties": _convert_schemas(value, location)},
    "additionalProperties": lambda value, location: {
        "additionalProperties": (
            value if isinstance(value, bool) else convert_schema(value, location)
        )
    },
    "const": _convert_const,
    "examples": lambda value, location: {"example": value[0]},
    "exclusiveMinimum": _convert_limit("minimum", "exclusiveMinimum"),
    "exclusiveMaximum": _convert_limit("maximum", "exclusiveMaximum"),
    "contentEncoding": _convert_content({"base64": "byte"}),
    "contentMediaType": _convert_content({"application/octet-stream": "binary"}),
    "$comment": lambda value, location: {},
}


# The other objects of the document. The tables map each field to a function that converts it.


def _keep(value: Any, location: Location) -> Any:
    return value


def _object(unchanged: str, **others: Convert) -> Convert:
    """Return a function that converts an object with these fields, or a reference to such an object."""
    table = dict.fromkeys(unchanged.split(), _keep) | others

    def convert(node: Json, location: Location) -> Json:
        if "$ref" in node and len(node) > 1:  # OpenAPI 3.0 ignores the other fields
            raise ConversionError("other fields beside a `$ref`", location)
        converted = {}
        for name, value in node.items():
            if name not in table and not name.startswith("x-"):
                raise ConversionError(f"`{name}`", location)
            converted[name] = table.get(name, _keep)(value, location / name)
        return converted

    return convert


def _map_of(convert: Convert) -> Convert:
    return lambda node, location: {
        name: convert(value, location / name) for name, value in node.items()
    }


def _patterned(convert: Convert) -> Convert:
    """Return a function that converts a map in which names that begin with `x-` are extensions."""
    return lambda node, location: {
        name: value if name.startswith("x-") else convert(value, location / name)
        for name, value in node.items()
    }


def _list_of(convert: Convert) -> Convert:
    return lambda node, location: [convert(each, location / i) for i, each in enumerate(node)]


def _convert_license(node: Json, location: Location) -> Json:
    identifier = node.get("identifier")
    link = {"url": f"https://spdx.org/licenses/{identifier}.html"} if identifier else {}
    return {name: value for name, value in node.items() if name != "identifier"} | link


def _convert_info(node: Json, location: Location) -> Json:
    paragraphs = [node[name] for name in ("summary", "description") if name in node]
    rest = {name: value for name, value in node.items() if name != "summary"}
    if paragraphs:
        rest["description"] = "\n\n".join(paragraphs)
    return _INFO(rest, location)


def _convert_security_scheme(node: Json, location: Location) -> Json:
    if node.get("type") == "mutualTLS":
        raise ConversionError("mutualTLS", location)
    return node


def _convert_path_item(node: Json, location: Location) -> Json:
    return _PATH_ITEM(node, location)


_INFO = _object("title description termsOfService contact version", license=_convert_license)
_EXAMPLE = _object("$ref summary description value externalValue")
_LINK = _object("$ref operationRef operationId parameters description server")
_EXAMPLES = _map_of(_EXAMPLE)
_MEDIA_TYPES: Convert = _map_of(
    _object("example encoding", schema=convert_schema, examples=_EXAMPLES)
)
_HEADER_FIELDS = "$ref description required deprecated allowEmptyValue style explode example"
_HEADER = _object(_HEADER_FIELDS, schema=convert_schema, examples=_EXAMPLES, content=_MEDIA_TYPES)
_PARAMETER = _object(
    f"{_HEADER_FIELDS} name in allowReserved",
    schema=convert_schema,
    examples=_EXAMPLES,
    content=_MEDIA_TYPES,
)
_BODY = _object("$ref description required", content=_MEDIA_TYPES)
_RESPONSE = _object(
    "$ref description", headers=_map_of(_HEADER), content=_MEDIA_TYPES, links=_map_of(_LINK)
)
_OPERATION = _object(
    "tags summary description externalDocs operationId deprecated security servers",
    parameters=_list_of(_PARAMETER),
    requestBody=_BODY,
    responses=_patterned(_RESPONSE),
    callbacks=_map_of(_patterned(_convert_path_item)),
)
_PATH_ITEM = _object(
    "$ref summary description servers",
    parameters=_list_of(_PARAMETER),
    **dict.fromkeys(METHODS, _OPERATION),
)
_DOCUMENT = _object(
    "openapi servers security tags externalDocs",
    info=_convert_info,
    paths=_patterned(_convert_path_item),
    webhooks=_map_of(_convert_path_item),
    components=_object(
        "",
        schemas=_map_of(convert_schema),
        responses=_map_of(_RESPONSE),
        parameters=_map_of(_PARAMETER),
        examples=_EXAMPLES,
        requestBodies=_map_of(_BODY),
        headers=_map_of(_HEADER),
        securitySchemes=_map_of(_convert_security_scheme),
        links=_map_of(_LINK),
        callbacks=_map_of(_patterned(_convert_path_item)),
    ),
)


class _Dumper(yaml.SafeDumper):
    """Write strings of several lines as blocks, and no anchors, which some tools do not support."""

    def ignore_aliases(self, data: Any) -> bool:
        return True


def _string(dumper: yaml.SafeDumper, value: str) -> yaml.ScalarNode:
    style = "|" if "\n" in value else None
    return dumper.represent_scalar("tag:yaml.org,2002:str", value, style=style)


_Dumper.add_representer(str, _string)
