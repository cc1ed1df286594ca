"""Say the contract in OpenAPI 3.0.3, for tools that do not read 3.1.

3.1 can say more than 3.0. The tables below hold every field that an object of the document may have,
and what becomes of it; a field that no table holds is an error that names its place, and so is one
that takes the place of another. Nothing of the contract is lost on the way without being noticed:
when the contract comes to say more, the tables and their tests are extended.

What takes another form: a type with `null`, and a choice between something and `null`, become `nullable`;
a `const` an enum of one value; a `$ref` with something beside it an `allOf`; a numeric exclusive limit
a limit and a flag; the first of a schema's `examples` its `example`; binary contents a format; `webhooks`
become `x-webhooks`; a licence's identifier a link; a summary of the document the first line of its
description. A link's body becomes `x-requestBody` unless it is a string: 3.0 allows more, but the parser
of openapi-generator refuses the whole document over it.

https://spec.openapis.org/oas/v3.0.3, https://spec.openapis.org/oas/v3.1.0
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any, NamedTuple

import yaml

Json = dict[str, Any]

FIRST_LINE = (
    "# Derived from openapi/chatroutes.yaml by scripts/regen.py:"
    " the same contract, said in OpenAPI 3.0.3. Do not edit.\n"
)


class Place(NamedTuple):
    """A place in a document, as a JSON pointer; `place / name` is one further in."""

    document: Json
    pointer: str = ""

    def __truediv__(self, name: object) -> Place:
        escaped = str(name).replace("~", "~0").replace("/", "~1")
        return Place(self.document, f"{self.pointer}/{escaped}")


Convert = Callable[[Any, Place], Any]


class CannotSayError(Exception):
    """What OpenAPI 3.0 has no words for, and where it stands."""

    def __init__(self, what: str, place: Place) -> None:
        super().__init__(f"OpenAPI 3.0 cannot say {what}, at {place.pointer or '/'}")


def text(spec: Json) -> str:
    """The twin of a 3.1 document, as the text of a file. Raises CannotSayError."""
    return FIRST_LINE + yaml.dump(
        derive(spec), Dumper=_Dumper, sort_keys=False, allow_unicode=True, width=100
    )


def derive(spec: Json) -> Json:
    """The twin of a 3.1 document. Raises CannotSayError."""
    twin: Json = _DOCUMENT(spec, Place(spec))
    twin["openapi"] = "3.0.3"
    twin.setdefault("paths", {})
    if "webhooks" in twin:
        twin["x-webhooks"] = twin.pop("webhooks")
    return twin


# Schemas: what becomes of each keyword, as the fields that take its place.

_SAME = """
title description default example enum deprecated required readOnly writeOnly format pattern
multipleOf minimum maximum minLength maxLength minItems maxItems uniqueItems minProperties
maxProperties discriminator xml externalDocs
"""


def schema(node: Any, place: Place) -> Json:
    """The twin of a schema. Raises CannotSayError."""
    if isinstance(node, bool):
        return {} if node else {"not": {}}
    if node.keys() == {"$ref"}:
        return dict(node)
    twin: Json = {}
    for name, value in node.items():
        if name in _SAME.split() or name.startswith("x-"):
            fields = {name: value}
        elif name in _KEYWORDS:
            fields = _KEYWORDS[name](value, place / name)
        else:
            raise CannotSayError(f"`{name}`", place)
        for field, said in fields.items():
            if twin.setdefault(field, said) != said:
                raise CannotSayError(f"`{name}` beside what gave `{field}`", place)
    if twin.get("nullable") and "enum" in twin and None not in twin["enum"]:
        raise CannotSayError("null without naming it in `enum`", place)
    if twin.get("type") == "array":
        twin.setdefault("items", {})
    return twin


def _reference(value: str, place: Place) -> Json:
    return {"allOf": [{"$ref": value}]}


def _type(value: Any, place: Place) -> Json:
    types = [value] if isinstance(value, str) else value
    others = [each for each in types if each != "null"]
    if len(others) != 1:
        raise CannotSayError(f"the type {value}", place)
    return {"type": others[0]} | ({"nullable": True} if "null" in types else {})


def _const(value: Any, place: Place) -> Json:
    if value is None:
        raise CannotSayError("what is always null", place)
    return {"enum": [value]}


def _choice(keyword: str) -> Convert:
    def convert(value: list[Any], place: Place) -> Json:
        schemas = [
            schema(each, place / number)
            for number, each in enumerate(value)
            if each != {"type": "null"}
        ]
        if len(schemas) == len(value):
            return {keyword: schemas}
        if len(schemas) > 1:
            raise CannotSayError("null or one of several schemas", place)
        return _or_null(schemas[0], place)

    return convert


def _or_null(twin: Json, place: Place) -> Json:
    """By the letter, `nullable` says nothing of what an `allOf` refers to. But it is how documents say
    it, and what generators take for null or the type of that name; in the form that is right to the
    letter, a choice between the reference and an enum of null, they lose the name."""
    target = _resolved(twin, place)
    if "type" not in target:
        raise CannotSayError("null or something without a type", place)
    if "$ref" not in twin:
        return twin | {"nullable": True}
    return {"type": target["type"], "nullable": True, "allOf": [twin]}


def _resolved(node: Any, place: Place) -> Any:
    while "$ref" in node:
        pointer = node["$ref"].removeprefix("#/")
        node = place.document
        for name in pointer.split("/"):
            node = node[name]
    return node


def _limit(bound: str, flag: str) -> Convert:
    return lambda value, place: {bound: value, flag: True}


def _content(formats: dict[str, str]) -> Convert:
    def convert(value: str, place: Place) -> Json:
        if value not in formats:
            raise CannotSayError(f"that a string holds {value}", place)
        return {"format": formats[value]}

    return convert


def _schemas(value: Any, place: Place) -> Any:
    if isinstance(value, list):
        return [schema(each, place / number) for number, each in enumerate(value)]
    return {name: schema(each, place / name) for name, each in value.items()}


_KEYWORDS: dict[str, Callable[[Any, Place], Json]] = {
    "$ref": _reference,
    "type": _type,
    "oneOf": _choice("oneOf"),
    "anyOf": _choice("anyOf"),
    "allOf": lambda value, place: {"allOf": _schemas(value, place)},
    "not": lambda value, place: {"not": schema(value, place)},
    "items": lambda value, place: {"items": schema(value, place)},
    "properties": lambda value, place: {"properties": _schemas(value, place)},
    "additionalProperties": lambda value, place: {
        "additionalProperties": value if isinstance(value, bool) else schema(value, place)
    },
    "const": _const,
    "examples": lambda value, place: {"example": value[0]},
    "exclusiveMinimum": _limit("minimum", "exclusiveMinimum"),
    "exclusiveMaximum": _limit("maximum", "exclusiveMaximum"),
    "contentEncoding": _content({"base64": "byte"}),
    "contentMediaType": _content({"application/octet-stream": "binary"}),
    "$comment": lambda value, place: {},
}


# The objects around the schemas: what becomes of each of their fields.


def _same(value: Any, place: Place) -> Any:
    return value


def _fields(same: str, **others: Convert) -> Convert:
    """An object with these fields, or a reference to one."""
    table = dict.fromkeys(same.split(), _same) | others

    def convert(node: Json, place: Place) -> Json:
        if "$ref" in node and len(node) > 1:  # beside a reference, 3.0 reads nothing
            raise CannotSayError("anything beside a `$ref`", place)
        twin = {}
        for name, value in node.items():
            if name not in table and not name.startswith("x-"):
                raise CannotSayError(f"`{name}`", place)
            twin[name] = table.get(name, _same)(value, place / name)
        return twin

    return convert


def _map_of(convert: Convert) -> Convert:
    return lambda node, place: {name: convert(value, place / name) for name, value in node.items()}


def _patterned(convert: Convert) -> Convert:
    """A map that may hold extensions too; elsewhere, `x-…` is a name like others."""
    return lambda node, place: {
        name: value if name.startswith("x-") else convert(value, place / name)
        for name, value in node.items()
    }


def _list_of(convert: Convert) -> Convert:
    return lambda node, place: [convert(each, place / i) for i, each in enumerate(node)]


def _license(node: Json, place: Place) -> Json:
    identifier = node.get("identifier")
    link = {"url": f"https://spdx.org/licenses/{identifier}.html"} if identifier else {}
    return {name: value for name, value in node.items() if name != "identifier"} | link


def _info(node: Json, place: Place) -> Json:
    """The summary of the document goes into its description."""
    said = [node[name] for name in ("summary", "description") if name in node]
    rest = {name: value for name, value in node.items() if name != "summary"}
    if said:
        rest["description"] = "\n\n".join(said)
    return _INFO(rest, place)


def _security_scheme(node: Json, place: Place) -> Json:
    if node.get("type") == "mutualTLS":
        raise CannotSayError("mutualTLS", place)
    return node


def _link(node: Json, place: Place) -> Json:
    readable = isinstance(node.get("requestBody", ""), str)
    return {
        "x-requestBody" if name == "requestBody" and not readable else name: value
        for name, value in _LINK_FIELDS(node, place).items()
    }


def _path_item(node: Json, place: Place) -> Json:
    return _PATH_ITEM(node, place)


_METHODS = ("get", "put", "post", "delete", "options", "head", "patch", "trace")
_INFO = _fields("title description termsOfService contact version", license=_license)
_EXAMPLE = _fields("$ref summary description value externalValue")
_LINK_FIELDS = _fields("$ref operationRef operationId parameters requestBody description server")
_EXAMPLES = _map_of(_EXAMPLE)
_MEDIA_TYPES: Convert = _map_of(_fields("example encoding", schema=schema, examples=_EXAMPLES))
_HEADER_FIELDS = "$ref description required deprecated allowEmptyValue style explode example"
_HEADER = _fields(_HEADER_FIELDS, schema=schema, examples=_EXAMPLES, content=_MEDIA_TYPES)
_PARAMETER = _fields(
    f"{_HEADER_FIELDS} name in allowReserved",
    schema=schema,
    examples=_EXAMPLES,
    content=_MEDIA_TYPES,
)
_BODY = _fields("$ref description required", content=_MEDIA_TYPES)
_RESPONSE = _fields(
    "$ref description", headers=_map_of(_HEADER), content=_MEDIA_TYPES, links=_map_of(_link)
)
_OPERATION = _fields(
    "tags summary description externalDocs operationId deprecated security servers",
    parameters=_list_of(_PARAMETER),
    requestBody=_BODY,
    responses=_patterned(_RESPONSE),
    callbacks=_map_of(_patterned(_path_item)),
)
_PATH_ITEM = _fields(
    "$ref summary description servers",
    parameters=_list_of(_PARAMETER),
    **dict.fromkeys(_METHODS, _OPERATION),
)
_DOCUMENT = _fields(
    "openapi servers security tags externalDocs",
    info=_info,
    paths=_patterned(_path_item),
    webhooks=_map_of(_path_item),
    components=_fields(
        "",
        schemas=_map_of(schema),
        responses=_map_of(_RESPONSE),
        parameters=_map_of(_PARAMETER),
        examples=_EXAMPLES,
        requestBodies=_map_of(_BODY),
        headers=_map_of(_HEADER),
        securitySchemes=_map_of(_security_scheme),
        links=_map_of(_link),
        callbacks=_map_of(_patterned(_path_item)),
    ),
)


class _Dumper(yaml.SafeDumper):
    """Lines stay lines, and what stands twice is written twice: few readers are sure of anchors."""

    def ignore_aliases(self, data: Any) -> bool:
        return True


def _string(dumper: yaml.SafeDumper, value: str) -> yaml.ScalarNode:
    style = "|" if "\n" in value else None
    return dumper.represent_scalar("tag:yaml.org,2002:str", value, style=style)


_Dumper.add_representer(str, _string)
