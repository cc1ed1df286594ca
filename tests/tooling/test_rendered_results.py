"""The results that the generated code returns for responses, and the responses that it rejects."""

from __future__ import annotations

import typing
from typing import Any, NamedTuple

import pytest

from tests.support.fault_responses import empty_response, json_response
from tests.support.rendered_contract import (
    Json,
    Renderer,
    call,
    contract,
    operation_module,
)

pytestmark = pytest.mark.check

A = "A: { type: object, required: [id], properties: { id: { type: string } } }"


class Result(NamedTuple):
    schema: str
    valid: list[Any]
    invalid: list[Any]
    type: str
    """The type of the result, without the name of the module."""


RESULTS = [
    Result("{ $ref: '#/components/schemas/A' }", [{"id": "1"}], [None, [], "a", {}], "A"),
    Result(
        "{ allOf: [{ $ref: '#/components/schemas/A' }], description: One. }",
        [{"id": "1"}],
        [None, {}],
        "A",
    ),
    Result(
        "{ oneOf: [{ $ref: '#/components/schemas/A' }, { type: 'null' }] }",
        [{"id": "1"}, None],
        ["a"],
        "A | None",
    ),
    Result(
        "{ type: array, items: { $ref: '#/components/schemas/A' } }",
        [[], [{"id": "1"}]],
        [None, {}, ["a"]],
        "list[A]",
    ),
    Result("{ type: array, items: { type: string } }", [[], ["a"]], [{}, [1], [None]], "list[str]"),
    Result(
        "{ type: array, items: { type: [string, 'null'] } }",
        [["a", None]],
        [[1]],
        "list[str | None]",
    ),
    Result(
        "{ type: array, items: { type: array, items: { type: number } } }",
        [[[1, 2.5]]],
        [[1]],
        "list[list[float]]",
    ),
    Result(
        "{ type: array, items: { type: string, format: date-time } }",
        [["2025-01-01T00:00:00Z"]],
        ["a"],
        "list[str]",
    ),
    Result("{ type: array }", [["a", 1, None]], [{}], "list[Any]"),
    Result(
        "{ type: [array, 'null'], items: { type: string } }",
        [["a"], None],
        ["a"],
        "list[str] | None",
    ),
    Result("{ type: string }", ["", "a"], [None, 1], "str"),
    Result("{ type: string, enum: [a, b] }", ["a"], [None, 1], "DoItResponse200DataThing"),
    Result("{ type: integer }", [0, 5, 5.0], [None, "5", True, 5.5], "int"),
    Result("{ type: number }", [1, 1.5], [None, "1"], "float"),
    Result("{ type: boolean }", [True, False], [None, 1], "bool"),
    Result("{ type: [boolean, 'null'] }", [True, None], [1], "bool | None"),
    Result("{ const: done }", ["done"], [None], "Literal['done']"),
    Result("{ type: object }", [{}, {"a": 1}], [None, []], "dict[str, Any]"),
    Result(
        "{ type: object, additionalProperties: { type: integer } }",
        [{}, {"a": 1}],
        [None, []],
        "dict[str, int]",
    ),
    Result(
        "{ type: object, additionalProperties: { $ref: '#/components/schemas/A' } }",
        [{"a": {"id": "1"}}],
        [[]],
        "dict[str, A]",
    ),
    Result("{ description: Anything. }", [None, 1, "a", {}], [], "Any"),
]


@pytest.mark.parametrize("case", RESULTS, ids=lambda case: case.schema)
def test_result_is_returned_and_checked(renderer: Renderer, case: Result) -> None:
    with renderer.imported(contract(schemas=A, result=case.schema)) as package:
        endpoint = operation_module(package)
        for value in case.valid:
            response = json_response(200, {"success": True, "data": {"thing": value}})
            assert call(package, {}, response)[1] == value
        for value in case.invalid:
            with pytest.raises(ValueError, match=r"^data\.thing "):
                endpoint.read({"success": True, "data": {"thing": value}})
        type_hint = typing.get_type_hints(endpoint.read)["return"]
        hint = str(type_hint) if typing.get_args(type_hint) else type_hint.__name__
        expected = case.type.replace("DoItResponse200DataThing", "Literal['a', 'b']")
        assert hint.replace(f"{package}.types.", "").replace("typing.", "") == expected


def response(schema: str, status: int = 200, more: str = "") -> str:
    return f"""
responses:
  '{status}':
    description: Done.
    content: {{ application/json: {{ schema: {schema} }} }}
{more}
"""


class ResponseCase(NamedTuple):
    name: str
    document: Json
    payload: Any
    expected: Any
    status: int = 200


ENVELOPE = "{ type: object, x-result: thing, properties: { data: { type: object, properties: { thing: { type: string } } } } }"
RESPONSE_CASES = [
    ResponseCase(
        "data without x-result",
        contract(
            response("{ type: object, properties: { data: { $ref: '#/components/schemas/A' } } }"),
            A,
        ),
        {"data": {"id": "1"}},
        {"id": "1"},
    ),
    ResponseCase("optional x-result", contract(response(ENVELOPE)), {"data": {"thing": "a"}}, "a"),
    ResponseCase(
        "data as a list of strings",
        contract(
            response(
                "{ type: object, properties: { data: { type: array, items: { type: string } } } }"
            )
        ),
        {"data": ["a"]},
        ["a"],
    ),
    ResponseCase(
        "allOf envelope",
        contract(
            response(
                "{ allOf: [{ type: object, properties: { success: { type: boolean } } }, { type: object, properties: { data: { $ref: '#/components/schemas/A' } } }] }"
            ),
            A,
        ),
        {"data": {"id": "1"}},
        {"id": "1"},
    ),
    ResponseCase(
        "bare object",
        contract(response("{ $ref: '#/components/schemas/A' }"), A),
        {"id": "1", "success": True},
        {"id": "1", "success": True},
    ),
    ResponseCase(
        "bare list", contract(response("{ type: array, items: { type: string } }")), ["a"], ["a"]
    ),
    ResponseCase(
        "bare map",
        contract(response("{ type: object, additionalProperties: { type: integer } }")),
        {"data": 1},
        {"data": 1},
    ),
    ResponseCase("201", contract(response(ENVELOPE, 201)), {"data": {"thing": "a"}}, "a", 201),
    ResponseCase(
        "2XX",
        contract(response(ENVELOPE).replace("'200'", "2XX")),
        {"data": {"thing": "a"}},
        "a",
        202,
    ),
    ResponseCase(
        "two statuses with the same content",
        contract(
            response(
                ENVELOPE,
                200,
                f"  '201': {{ description: New, content: {{ application/json: {{ schema: {ENVELOPE} }} }} }}",
            )
        ),
        {"data": {"thing": "a"}},
        "a",
        201,
    ),
    ResponseCase(
        "error and default responses of other media types",
        contract(
            response(
                ENVELOPE,
                200,
                "  '404': { description: No, content: { text/html: {} } }\n  default: { description: No, content: { image/png: {} } }",
            )
        ),
        {"data": {"thing": "a"}},
        "a",
    ),
    ResponseCase(
        "vendor media type",
        contract(response(ENVELOPE).replace("application/json", "application/vnd.things+json")),
        {"data": {"thing": "a"}},
        "a",
    ),
]


@pytest.mark.parametrize("case", RESPONSE_CASES, ids=lambda case: case.name)
def test_response_is_read_as_the_contract_defines(renderer: Renderer, case: ResponseCase) -> None:
    with renderer.imported(case.document) as package:
        request, result = call(package, {}, json_response(case.status, case.payload))
    assert result == case.expected
    [content] = [
        each["content"] for each in case.document["paths"]["/things"]["get"]["responses"].values()
    ][:1]
    assert request.headers["accept"] == next(iter(content))


def test_response_without_content_has_no_result(renderer: Renderer) -> None:
    document = contract("responses: { '204': { description: Done. } }", method="delete")
    with renderer.imported(document) as package:
        assert call(package, {}, empty_response(204))[1] is None


def test_referenced_responses_parameters_and_bodies_are_resolved(renderer: Renderer) -> None:
    document = contract(
        """
        parameters: [{ $ref: '#/components/parameters/Alias' }]
        requestBody: { $ref: '#/components/requestBodies/New' }
        responses: { '200': { $ref: '#/components/responses/Done' } }
        """,
        A,
        method="post",
    )
    schema = {"$ref": "#/components/schemas/A"}
    media = {"content": {"application/json": {"schema": schema}}}
    document["components"] |= {
        "parameters": {
            "Alias": {"$ref": "#/components/parameters/Page"},
            "Page": {"name": "page", "in": "query", "schema": {"type": "integer"}},
        },
        "requestBodies": {"New": {"required": True, **media}},
        "responses": {"Done": {"description": "Done.", **media}},
    }
    arguments = {"params": {"page": 2}, "body": {"id": "1"}}
    with renderer.imported(document) as package:
        request, result = call(package, arguments, json_response(200, {"id": "2"}))
    assert (request.target, request.json(), result) == (
        "/api/v1/things?page=2",
        {"id": "1"},
        {"id": "2"},
    )


@pytest.mark.parametrize(
    "security",
    [
        [],
        [{}],
        [{"OAuth": []}, {}],
        [{"ApiKeyAuth": []}],
        [{"OAuth": []}, {"ApiKeyAuth": ["read"]}],
    ],
)
def test_security_that_accepts_the_key_is_rendered(
    renderer: Renderer, security: list[Json]
) -> None:
    document = contract()
    document["paths"]["/things"]["get"]["security"] = security
    with renderer.imported(document) as package:
        assert call(package, {})[0].target == "/api/v1/things"


def test_event_stream_is_rendered(renderer: Renderer) -> None:
    media = "'text/event-stream; charset=utf-8'"
    schema = "{ type: string }, x-events: { message: { $ref: '#/components/schemas/A' } }"
    document = contract(
        f"responses: {{ '200': {{ description: A, content: {{ {media}: {{ schema: {schema} }} }} }} }}",
        A,
    )
    with renderer.imported(document) as package:
        endpoint = operation_module(package)
        assert endpoint.request().accept == "text/event-stream"
        assert endpoint.read({"id": "1"}) == {"id": "1"}
        assert endpoint.read.__annotations__["return"] == "types.A"
        with pytest.raises(ValueError, match=r"^the event is not a JSON object$"):
            endpoint.read([])


def test_parameters_of_an_operation_replace_those_of_the_path(renderer: Renderer) -> None:
    document = contract(
        "parameters: [{ name: id, in: path, required: true, schema: { type: integer } }]",
        path="/things/{id}",
    )
    document["paths"]["/things/{id}"]["parameters"] = [
        {"name": "id", "in": "path", "required": True, "schema": {"type": "string"}},
        {"name": "q", "in": "query", "schema": {"type": "string"}},
    ]
    with renderer.imported(document) as package:
        request, _ = call(package, {"id": 5, "params": {"q": "a"}})
    assert request.target == "/api/v1/things/5?q=a"


def test_missing_result_is_an_error(renderer: Renderer) -> None:
    with renderer.imported(contract(response(ENVELOPE))) as package:
        for payload in ([], "a", None):
            with pytest.raises(ValueError, match=r"^the response is .*, not an object$"):
                operation_module(package).read(payload)
        with pytest.raises(ValueError, match=r"^data has no thing$"):
            operation_module(package).read({"data": {}})


NAMES = {
    "two operations and tags": (
        {"tags": ["Some Things"], "operationId": "list-items"},
        "some_things.list_items",
        "list-items",
    ),
    "no tag": ({"tags": [], "operationId": "listThings"}, "default.list_things", "listThings"),
    "keywords": ({"tags": ["class"], "operationId": "import"}, "class_.import_", "import"),
    "not in camelCase": (
        {"tags": ["a", "b"], "operationId": "GET_Things"},
        "a.get_things",
        "GET_Things",
    ),
}


@pytest.mark.parametrize("name", NAMES)
def test_operation_keeps_its_name(renderer: Renderer, name: str) -> None:
    fields, module, operation_id = NAMES[name]
    document = contract()
    document["paths"]["/things"]["get"] |= fields
    with renderer.imported(document) as package:
        assert operation_module(package, module).request().operation == operation_id
        assert call(package, {}, module=module)[0].target == "/api/v1/things"


TEXTS = [
    'Ends in a "quote"',
    "Ends in a backslash \\",
    '"""',
    'say """hi"""',
    "\\N{x} {{ x }} {% x %}",
    "ünïcödé ☃ \u2028",
    "",
    "a\nb\n\n  c",
]


@pytest.mark.parametrize("text", TEXTS)
def test_description_does_not_change_the_code(renderer: Renderer, text: str) -> None:
    document = contract(
        "parameters: [{ name: id, in: path, required: true, schema: { type: string } }]\ndeprecated: true",
        "A: { type: object, properties: { id: { type: string } } }\nE: { type: string, enum: [a] }",
        path="/things/{id}",
    )
    operation = document["paths"]["/things/{id}"]["get"]
    schemas = document["components"]["schemas"]
    for node in (
        operation,
        operation["parameters"][0],
        operation["parameters"][0]["schema"],
        schemas["A"],
        schemas["A"]["properties"]["id"],
        schemas["E"],
    ):
        node["description"] = text
    operation["summary"] = text
    with renderer.imported(document) as package:
        endpoint = operation_module(package)
        assert "Deprecated." in endpoint.request.__doc__
        for line in text.split("\n"):
            assert line.strip() in endpoint.request.__doc__
        assert call(package, {"id": "1"})[0].target == "/api/v1/things/1"
