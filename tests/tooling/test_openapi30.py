"""Conversion of the contract to OpenAPI 3.0, which is lossless or fails."""

from __future__ import annotations

import importlib
import sys
from collections.abc import Iterator
from typing import Any

import pytest
import yaml
from openapi_schema_validator import OAS30Validator, oas30_format_checker
from openapi_spec_validator import OpenAPIV30SpecValidator
from referencing import Registry, Resource
from referencing.jsonschema import DRAFT4

from tests.support.contract import iterate_nodes, resolve
from tests.support.paths import CONTRACT, CONTRACT_30, ROOT

pytestmark = pytest.mark.check

Json = dict[str, Any]

LOADER = getattr(yaml, "CSafeLoader", yaml.SafeLoader)
CONTRACT_DOCUMENT: Json = yaml.load(CONTRACT.read_text("utf-8"), LOADER)
DERIVED_DOCUMENT: Json = yaml.load(CONTRACT_30.read_text("utf-8"), LOADER)


@pytest.fixture(scope="module")
def openapi30() -> Iterator[Any]:
    sys.path.insert(0, str(ROOT / "scripts"))
    yield importlib.import_module("openapi30")
    sys.path.remove(str(ROOT / "scripts"))
    del sys.modules["openapi30"]


# Conversions

REF = {"$ref": "#/components/schemas/Usage"}
USAGE: Json = {"components": {"schemas": {"Usage": {"type": "object"}, "Details": {}}}}
NULL = {"type": "null"}


@pytest.mark.parametrize(
    ("source", "expected"),
    [
        ({}, {}),
        (True, {}),
        (False, {"not": {}}),
        (REF, REF),
        ({"type": "string", "minLength": 1}, {"type": "string", "minLength": 1}),
        ({"type": ["string"]}, {"type": "string"}),
        ({"type": ["string", "null"]}, {"type": "string", "nullable": True}),
        ({"type": ["null", "integer"]}, {"type": "integer", "nullable": True}),
        (
            {"type": ["string", "null"], "enum": ["a", None]},
            {"type": "string", "nullable": True, "enum": ["a", None]},
        ),
        ({"oneOf": [REF, NULL]}, {"allOf": [REF]}),
        ({"anyOf": [NULL, REF]}, {"allOf": [REF]}),
        ({"anyOf": [{"type": "string"}, NULL]}, {"type": "string", "nullable": True}),
        ({"oneOf": [REF, {"const": 1}]}, {"oneOf": [REF, {"enum": [1]}]}),
        ({"$ref": "#/x", "description": "A."}, {"allOf": [{"$ref": "#/x"}], "description": "A."}),
        ({"type": "string", "const": "a"}, {"type": "string", "enum": ["a"]}),
        ({"const": False}, {"enum": [False]}),
        ({"examples": [1, 2]}, {"example": 1}),
        ({"exclusiveMinimum": 0}, {"minimum": 0, "exclusiveMinimum": True}),
        ({"exclusiveMaximum": 1.5}, {"maximum": 1.5, "exclusiveMaximum": True}),
        (
            {"type": "string", "contentEncoding": "base64"},
            {"type": "string", "format": "byte"},
        ),
        (
            {"type": "string", "contentMediaType": "application/octet-stream"},
            {"type": "string", "format": "binary"},
        ),
        ({"$comment": "Why."}, {}),
        ({"type": "array"}, {"type": "array", "items": {}}),
        (
            {"type": "array", "items": {"type": ["number", "null"]}},
            {"type": "array", "items": {"type": "number", "nullable": True}},
        ),
        (
            {"properties": {"const": {"const": 1}, "x-a": {"const": 2}}},
            {"properties": {"const": {"enum": [1]}, "x-a": {"enum": [2]}}},
        ),
        ({"additionalProperties": False}, {"additionalProperties": False}),
        ({"additionalProperties": {"const": 1}}, {"additionalProperties": {"enum": [1]}}),
        ({"allOf": [{"const": 1}], "not": {"const": 2}}, {"allOf": [{"enum": [1]}], "not": {"enum": [2]}}),
        ({"x-known-values": ["a"], "default": {"const": 1}}, {"x-known-values": ["a"], "default": {"const": 1}}),
    ],
)  # fmt: skip
def test_schemas_are_converted(openapi30: Any, source: Any, expected: Json) -> None:
    assert openapi30.convert_schema(source, openapi30.Location(USAGE)) == expected


@pytest.mark.parametrize(
    ("source", "message"),
    [
        ({"patternProperties": {}}, "`patternProperties`, at /"),
        ({"items": {"if": {}}}, "`if`, at /items"),
        ({"properties": {"a": {"$defs": {}}}}, "`$defs`, at /properties/a"),
        ({"anyOf": [{}, {"prefixItems": []}]}, "`prefixItems`, at /anyOf/1"),
        ({"nullable": True}, "`nullable`, at /"),
        ({"type": ["string", "integer"]}, "the type ['string', 'integer'], at /type"),
        (NULL, "the type null, at /type"),
        ({"anyOf": [REF, NULL, REF]}, "a choice between null and several schemas, at /anyOf"),
        (
            {"oneOf": [{"$ref": "#/components/schemas/Details"}, NULL]},
            "a choice between null and a schema without a type, at /oneOf",
        ),
        ({"const": None}, "a `const` of null, at /const"),
        ({"type": ["string", "null"], "enum": ["a"]}, "a nullable `enum` without null, at /"),
        ({"const": 1, "enum": [1, 2]}, "`enum` with another keyword that becomes `enum`, at /"),
        (
            {"minimum": 1, "exclusiveMinimum": 0},
            "`exclusiveMinimum` with another keyword that becomes `minimum`, at /",
        ),
        ({"allOf": [{}], "$ref": "#/x"}, "`$ref` with another keyword that becomes `allOf`, at /"),
        (
            {"contentMediaType": "application/json"},
            "a string that contains application/json, at /contentMediaType",
        ),
        ({"contentEncoding": "base32"}, "a string that contains base32, at /contentEncoding"),
    ],
)
def test_schemas_that_cannot_be_converted_raise(openapi30: Any, source: Json, message: str) -> None:
    with pytest.raises(openapi30.ConversionError) as raised:
        openapi30.convert_schema(source, openapi30.Location(USAGE))
    assert str(raised.value) == f"OpenAPI 3.0 does not support {message}"


def document(**fields: Any) -> Json:
    return {"openapi": "3.1.0", "info": {"title": "T", "version": "1"}, "paths": {}, **fields}


def document_with(path: str, value: Any) -> Json:
    """Return a document with a value at a path of names separated by spaces."""
    for name in reversed(path.split()):
        value = {name: value}
    return document(**value)


def schemas(**each: Json) -> Json:
    return document_with("components schemas", each)


def ref(name: str) -> Json:
    return {"$ref": f"#/components/schemas/{name}"}


@pytest.mark.parametrize(
    ("source", "expected"),
    [
        pytest.param(
            document(info={"summary": "S.", "description": "D.", "title": "T"}),
            document(info={"title": "T", "description": "S.\n\nD."}),
            id="document summary",
        ),
        pytest.param(
            document_with("info license", {"name": "MIT", "identifier": "MIT"}),
            document_with(
                "info license", {"name": "MIT", "url": "https://spdx.org/licenses/MIT.html"}
            ),
            id="license identifier",
        ),
        pytest.param(
            document_with("webhooks sent post requestBody content a/b schema", {"const": 1}),
            document_with("x-webhooks sent post requestBody content a/b schema", {"enum": [1]}),
            id="webhooks",
        ),
        pytest.param(
            schemas(A={"type": "object"}, B={"oneOf": [ref("A"), NULL]}),
            schemas(A={"type": "object", "nullable": True}, B={"allOf": [ref("A")]}),
            id="object or null",
        ),
        pytest.param(
            schemas(A={"type": "string", "enum": ["a"]}, B={"anyOf": [NULL, ref("A")]}, C=ref("A")),
            schemas(A={"type": "string", "enum": ["a"]}, B={"allOf": [ref("A")]}, C=ref("A")),
            id="enum or null",
        ),
        pytest.param(
            {"openapi": "3.1.0", "info": {}, "components": {}},
            {"openapi": "3.1.0", "info": {}, "components": {}, "paths": {}},
            id="no paths",
        ),
        *(
            pytest.param(
                document_with(path, {"const": 1}), document_with(path, {"enum": [1]}), id=path
            )
            for path in (
                "components schemas A",
                "components schemas x-a",
                "components headers x-a schema",
                "components parameters A schema",
                "components parameters A content a/b schema",
                "components responses A content a/b schema",
                "components responses A headers x-a schema",
                "components requestBodies A content a/b schema",
                "components callbacks A $url post responses 200 content a/b schema",
                "paths /a get responses 4XX content a/b schema",
                "paths /a trace requestBody content a/b schema",
            )
        ),
        *(
            pytest.param(
                document_with(path, {"const": 1}), document_with(path, {"const": 1}), id=path
            )
            for path in (
                "x-a",
                "paths x-a",
                "paths /a x-a",
                "paths /a get responses x-a",
                "components examples A value",
                "components links A parameters",
                "components securitySchemes A",
            )
        ),
    ],
)
def test_documents_are_converted(openapi30: Any, source: Json, expected: Json) -> None:
    assert openapi30.convert(source) == {**expected, "openapi": "3.0.3"}


@pytest.mark.parametrize(
    ("source", "message"),
    [
        (document(jsonSchemaDialect="x"), "`jsonSchemaDialect`, at /"),
        (document_with("components pathItems", {}), "`pathItems`, at /components"),
        (document_with("paths /a query", {}), "`query`, at /paths/~1a"),
        (
            document_with("components responses A", {"$ref": "#/b", "description": "B."}),
            "other fields beside a `$ref`, at /components/responses/A",
        ),
        (
            schemas(A={"type": "object"}, B={"oneOf": [ref("A"), NULL]}, C=ref("A")),
            "a choice between null and #/components/schemas/A, which is not null elsewhere,"
            " at /components/schemas/B/oneOf",
        ),
        (
            document_with("components links A requestBody", {}),
            "`requestBody`, at /components/links/A",
        ),
        (
            document_with("components securitySchemes A", {"type": "mutualTLS"}),
            "mutualTLS, at /components/securitySchemes/A",
        ),
        (
            document_with("paths /a get parameters", [{"schema": {"contains": {}}}]),
            "`contains`, at /paths/~1a/get/parameters/0/schema",
        ),
    ],
)
def test_documents_that_cannot_be_converted_raise(
    openapi30: Any, source: Json, message: str
) -> None:
    with pytest.raises(openapi30.ConversionError) as raised:
        openapi30.convert(source)
    assert str(raised.value) == f"OpenAPI 3.0 does not support {message}"


def test_yaml_text_round_trips(openapi30: Any) -> None:
    shared = {"a": "lines\nof text\n", "b": ["04", "1e3", "2025-10-05T03:01:09.598Z", "é: #", ""]}
    source = document(**{"x-a": shared, "x-b": shared})
    text = openapi30.convert_to_yaml(source)
    assert yaml.load(text, LOADER) == {**source, "openapi": "3.0.3"}
    assert "|\n" in text
    assert "&" not in text


# The derived contract


def test_derived_contract_is_valid_openapi() -> None:
    assert CONTRACT_30.read_text("utf-8").splitlines()[0] == (
        "# Derived from openapi/chatroutes.yaml by scripts/regen.py:"
        " the same contract in OpenAPI 3.0.3. Do not edit."
    )
    assert DERIVED_DOCUMENT["openapi"] == "3.0.3"
    assert list(OpenAPIV30SpecValidator(DERIVED_DOCUMENT).iter_errors()) == []


def test_nullable_is_beside_a_type_and_not_beside_all_of() -> None:
    nullable = [node for _, node in iterate_nodes(DERIVED_DOCUMENT) if "nullable" in node]
    assert len(nullable) > 30
    assert [each for each in nullable if "type" not in each or "allOf" in each] == []


def test_derived_contract_has_the_same_operations_and_components() -> None:
    def names(document: Json) -> Json:
        return {
            "paths": {path: list(item) for path, item in document["paths"].items()},
            "responses": [
                (path, method, list(operation["responses"]))
                for path, item in document["paths"].items()
                for method, operation in item.items()
                if method != "parameters"
            ],
            "components": {kind: list(each) for kind, each in document["components"].items()},
            "properties": {
                name: (list(each.get("properties", {})), each.get("required"))
                for name, each in document["components"]["schemas"].items()
            },
        }

    assert names(DERIVED_DOCUMENT) == names(CONTRACT_DOCUMENT)


def test_examples_match_the_derived_schemas() -> None:
    registry: Registry[Any] = Registry().with_resource(
        "derived", Resource(DERIVED_DOCUMENT, DRAFT4)
    )
    example_count = 0
    for path in DERIVED_DOCUMENT["paths"].values():
        for method, operation in path.items():
            if method == "parameters":
                continue
            for container in (operation.get("requestBody", {}), *operation["responses"].values()):
                for content in resolve(container, DERIVED_DOCUMENT).get("content", {}).values():
                    if "$ref" not in content["schema"]:
                        continue  # the text of an event stream
                    schema = {"$ref": "derived" + content["schema"]["$ref"]}
                    validator = OAS30Validator(
                        schema, registry=registry, format_checker=oas30_format_checker
                    )
                    for example in content["examples"].values():
                        value = resolve(example, DERIVED_DOCUMENT)["value"]
                        assert list(validator.iter_errors(value)) == [], example
                        example_count += 1
    assert example_count > 100
