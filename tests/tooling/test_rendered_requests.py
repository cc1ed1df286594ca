"""The requests that the generated code sends: parameters, headers and bodies."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, NamedTuple

import pytest

from tests.support.rendered_contract import Json, Renderer, call, contract, operation_module

pytestmark = pytest.mark.check


class Case(NamedTuple):
    name: str
    document: Json
    arguments: dict[str, Any]
    target: str = "/things"
    body: Any = None
    headers: Mapping[str, str] = {}
    invalid: tuple[dict[str, Any], ...] = ()
    """Arguments that the function rejects."""


def query(schema: str, value: Any, target: str, required: bool = False, **options: Any) -> Case:
    name = options.pop("name", "filter")
    fields = f"parameters: [{{ name: '{name}', in: query, required: {str(required).lower()}, schema: {schema} }}]"
    return Case(f"query {schema}", contract(fields), {"params": {name: value}}, target, **options)


def path_parameter(schema: str, value: Any, target: str, *invalid: Any) -> Case:
    fields = f"parameters: [{{ name: thing, in: path, required: true, schema: {schema} }}]"
    document = contract(fields, path="/things/{thing}")
    return Case(
        f"path {schema}",
        document,
        {"thing": value},
        target,
        invalid=tuple({"thing": each} for each in invalid),
    )


def body(name: str, schema: str, value: Any, schemas: str = "", *invalid: Any) -> Case:
    fields = f"requestBody: {{ required: true, content: {{ application/json: {{ schema: {schema} }} }} }}"
    return Case(
        f"body {name}",
        contract(fields, schemas, method="post"),
        {"body": value},
        body=value,
        invalid=tuple({"body": each} for each in invalid),
    )


CASES = [
    query("{ type: string }", "a b&c", "/things?filter=a+b%26c"),
    query("{ type: string }", "", "/things?filter="),
    query(
        "{ type: string, minLength: 1 }",
        "x",
        "/things?filter=x",
        invalid=({"params": {"filter": ""}},),
    ),
    query(
        "{ type: integer, default: 5 }",
        3,
        "/things?filter=3",
        invalid=({"params": {"filter": [3]}}, {"params": {"filter": ""}}),
    ),
    query("{ type: number }", 0.5, "/things?filter=0.5"),
    query("{ type: boolean }", True, "/things?filter=true"),
    query("{ type: boolean }", False, "/things?filter=false"),
    query("{ type: string, format: date }", "2025-01-02", "/things?filter=2025-01-02"),
    query(
        "{ type: string, format: date-time, default: nonsense }",
        "2025-01-02T00:00:00Z",
        "/things?filter=2025-01-02T00%3A00%3A00Z",
    ),
    query("{ type: string, enum: [new, old] }", "old", "/things?filter=old"),
    query("{ type: integer, enum: [1, 2] }", 2, "/things?filter=2"),
    query("{ type: [string, 'null'] }", None, "/things"),
    query("{ type: array, items: { type: string } }", ["a", "b"], "/things?filter=a&filter=b"),
    query("{ type: array, items: { type: integer } }", (1, 2), "/things?filter=1&filter=2"),
    query("{ type: array, items: { type: string, enum: [a, b] } }", ["a"], "/things?filter=a"),
    query("{ oneOf: [{ type: string }, { type: integer }] }", 7, "/things?filter=7"),
    query("{ type: string }", "x", "/things?class=x", name="class"),
    query("{ type: string }", "x", "/things?filter%5Bname%5D=x", name="filter[name]"),
    query("{ type: string }", "x", "/things?say+%22hi%22%5C=x", name='say "hi"\\'),
    query(
        "{ type: string }",
        "x",
        "/things?filter=x",
        required=True,
        invalid=({}, {"params": {}}, {"params": {"filter": None}}),
    ),
    query(
        "{ type: array, items: { type: string } }",
        ["x"],
        "/things?filter=x",
        required=True,
        invalid=({"params": {"filter": []}}, {"params": {"filter": [None]}}),
    ),
    path_parameter("{ type: string }", "a/b", "/things/a%2Fb", 5, "", None, ".."),
    path_parameter("{ type: string, format: uuid }", "1-2", "/things/1-2"),
    path_parameter("{ type: string, enum: [a, b] }", "a", "/things/a"),
    path_parameter("{ type: integer }", 5, "/things/5", "5", True, 5.0, None),
    path_parameter("{ type: number }", 2.5, "/things/2.5", "2.5"),
    path_parameter("{ type: boolean }", True, "/things/true", 1),
    path_parameter("{ oneOf: [{ type: string }, { type: integer }] }", 5, "/things/5", True),
    Case(
        "two path parameters, declared in another order, beside a query parameter of the same name",
        contract(
            """
            parameters:
              - { name: second-id, in: path, required: true, schema: { type: string } }
              - { name: first, in: path, required: true, schema: { type: string } }
              - { name: first, in: query, schema: { type: string } }
            """,
            path="/things/{first}/parts/{second-id}.json",
        ),
        {"first_path": "1", "second_id": "2", "params": {"first": "3"}},
        "/things/1/parts/2.json?first=3",
    ),
    Case(
        "path parameters with the names of helpers",
        contract(
            """
            parameters:
              - { name: quote_path_segment, in: path, required: true, schema: { type: string } }
              - { name: types, in: path, required: true, schema: { type: string, enum: [a] } }
              - { name: url, in: path, required: true, schema: { type: string } }
            """,
            path="/things/{quote_path_segment}/{types}/{url}:copy",
        ),
        {"quote_path_segment_": "1", "types": "a", "url_path": "2"},
        "/things/1/a/2:copy",
    ),
    Case("a trailing slash", contract(path="/things/"), {}, "/things/"),
    Case(
        "a path parameter with the name of a builtin",
        contract(
            "parameters: [{ name: type, in: path, required: true, schema: { type: string } }]",
            path="/things/{type}",
        ),
        {"type_": "1"},
        "/things/1",
    ),
    Case(
        "a required header and an optional one",
        contract("""
            parameters:
              - { name: X-Tenant, in: header, required: true, schema: { type: string } }
              - { name: class, in: header, schema: { type: boolean } }
            """),
        {"headers": {"X-Tenant": "a", "class": True}},
        headers={"x-tenant": "a", "class": "true"},
        invalid=(
            {},
            {"headers": {"class": True}},
            {"headers": {"X-Tenant": "a\nb"}},
            {"headers": {"X-Tenant": []}},
        ),
    ),
    Case(
        "headers with a time, a const and an enum",
        contract(
            """
            parameters:
              - { name: If-Modified-Since, in: header, schema: { $ref: '#/components/schemas/Time' } }
              - { name: X-A, in: header, schema: { oneOf: [{ const: a }, { const: b }] } }
              - { name: X-B, in: header, schema: { $ref: '#/components/schemas/E' } }
            """,
            "Time: { type: string, format: date-time }\nE: { type: string, enum: [a] }",
        ),
        {"headers": {"If-Modified-Since": "x", "X-A": "a", "X-B": "a"}},
        headers={"if-modified-since": "x", "x-a": "a", "x-b": "a"},
    ),
    body(
        "reference",
        "{ $ref: '#/components/schemas/New' }",
        {"name": "a"},
        "New: { type: object, required: [name], properties: { name: { type: string } } }",
        [],
        None,
        "a",
    ),
    body(
        "inline object", "{ type: object, properties: { from: { type: string } } }", {"from": "a"}
    ),
    body(
        "allOf",
        "{ allOf: [{ $ref: '#/components/schemas/A' }, { type: object, properties: { b: { type: integer } }, required: [a] }] }",
        {"a": "1", "b": 2},
        "A: { type: object, properties: { a: { type: string } } }",
    ),
    body(
        "allOf beside properties",
        "{ allOf: [{ $ref: '#/components/schemas/A' }], properties: { b: { type: integer } } }",
        {"a": "1", "b": 2},
        "A: { type: object, properties: { a: { type: string } } }",
    ),
    body(
        "oneOf",
        "{ oneOf: [{ $ref: '#/components/schemas/A' }, { $ref: '#/components/schemas/B' }] }",
        {"b": "1"},
        "A: { type: object, required: [a], properties: { a: { type: string } } }\nB: { type: object, required: [b], properties: { b: { type: string } } }",
    ),
    body(
        "array",
        "{ type: array, items: { $ref: '#/components/schemas/A' } }",
        [{"a": "1"}],
        "A: { type: object, properties: { a: { type: string } } }",
        {},
        None,
    ),
    body("array of strings", "{ type: array, items: { type: string } }", ["a"]),
    body("any names", "{ type: object }", {"a": 1}),
    body("map", "{ type: object, additionalProperties: { type: integer } }", {"a": 1}),
    Case(
        "an optional body that is left out",
        contract(
            "requestBody: { content: { application/json: { schema: { type: object, properties: { a: { type: string } } } } } }",
            method="put",
        ),
        {},
        body=None,
    ),
    Case(
        "an optional body with any names that is left out",
        contract(
            "requestBody: { content: { application/json: { schema: { type: object } } } }",
            method="patch",
        ),
        {},
        body={},
    ),
    Case(
        "a required body, an optional parameter and a required header",
        contract(
            """
            parameters:
              - { name: q, in: query, schema: { type: string } }
              - { name: X-A, in: header, required: true, schema: { type: integer } }
            requestBody:
              required: true
              content:
                multipart/form-data: { schema: { type: string } }
                application/json: { schema: { type: object, properties: { a: { type: string } } } }
            """,
            method="post",
        ),
        {"body": {"a": "1"}, "headers": {"X-A": 1}},
        body={"a": "1"},
        headers={"x-a": "1"},
    ),
]


@pytest.mark.parametrize("case", CASES, ids=lambda case: case.name)
def test_request_is_sent_as_the_contract_defines(renderer: Renderer, case: Case) -> None:
    with renderer.imported(case.document) as package:
        request, result = call(package, case.arguments)
        [(_, item)] = case.document["paths"].items()
        [(method, _)] = item.items()

        assert request.method == method.upper()
        assert request.target == "/api/v1" + case.target
        assert (request.json() if request.body else None) == case.body
        assert case.headers.items() <= request.headers.items()
        assert result is None
        endpoint = operation_module(package)
        for arguments in case.invalid:
            with pytest.raises((TypeError, ValueError)):
                endpoint.request(**arguments)


@pytest.mark.parametrize("name", ["Idempotency-Key", "idempotency-key"])
def test_client_sets_the_idempotency_key(renderer: Renderer, name: str) -> None:
    document = contract(
        f"parameters: [{{ name: {name}, in: header, schema: {{ type: string }} }}]", method="post"
    )
    with renderer.imported(document) as package:
        request, _ = call(package, {})
        assert request.headers["idempotency-key"]
