"""Contracts that the templates do not render are refused: a sentence names the operation, the place and the reason."""

from __future__ import annotations

from pathlib import Path

import pytest
import yaml

from tests.support.checkout import copy_checkout, read_files, run_regen
from tests.support.refused_contracts import (
    GET,
    POST,
    assert_refused,
    body,
    edited_operation,
    parameter,
    path_item,
    path_parameter,
    response,
    result_schema,
    two_operations,
)
from tests.support.rendered_contract import Json, Renderer, contract

pytestmark = pytest.mark.check


REFUSED: list[tuple[Json, str]] = [
    # Parameters
    (
        parameter("name: a, in: cookie, schema: { type: string }"),
        GET + "cookie parameter 'a' is not in the path, the query or a header",
    ),
    (
        parameter(
            "name: a, in: query, required: true, schema: { type: array, items: { type: object } }"
        ),
        GET + "query parameter 'a' is an array of items of the type 'object'",
    ),
    (
        parameter(
            "name: a, in: query, schema: { type: array, items: { type: array, items: { type: string } } }"
        ),
        GET + "query parameter 'a' is an array of items of the type 'array'",
    ),
    (
        parameter("name: a, in: query, schema: { type: array, items: { type: [string, 'null'] } }"),
        GET + "query parameter 'a' is an array of items of the type 'null'",
    ),
    (
        parameter("name: a, in: query, schema: { type: object }, style: deepObject"),
        GET + "query parameter 'a' has the type 'object'",
    ),
    (parameter("name: a, in: query, schema: {}"), GET + "query parameter 'a' has the type 'any'"),
    (
        parameter(
            "name: a, in: query, schema: { type: array, items: { type: string } }, explode: false"
        ),
        GET + "query parameter 'a' has explode: false",
    ),
    (
        parameter(
            "name: a, in: query, schema: { type: array, items: { type: string } }, style: pipeDelimited"
        ),
        GET + "query parameter 'a' has the style 'pipeDelimited'",
    ),
    (
        parameter(
            "name: a, in: query, content: { application/json: { schema: { type: object } } }"
        ),
        GET + "query parameter 'a' has 'content'",
    ),
    (
        parameter("name: a, in: query, schema: { type: string }, allowReserved: true"),
        GET + "query parameter 'a' has 'allowReserved'",
    ),
    (
        parameter("name: X-A, in: header, schema: { type: array, items: { type: string } }"),
        GET + "header parameter 'X-A' has the type 'array'",
    ),
    (
        parameter("name: Authorization, in: header, schema: { type: string }"),
        GET + "header parameter 'Authorization' has no effect in OpenAPI",
    ),
    (
        parameter("name: content-length, in: header, schema: { type: integer }"),
        GET + "header parameter 'content-length' is a header that the HTTP client sets",
    ),
    (
        contract("""
            parameters:
              - { name: X-A, in: header, schema: { type: string } }
              - { name: x-a, in: header, schema: { type: string } }
            """),
        GET + "two parameters have the same name and the same location",
    ),
    (
        parameter("name: 'a b', in: header, schema: { type: string }"),
        GET + "header parameter 'a b' has a name that HTTP does not allow",
    ),
    (
        parameter("name: a, in: path, required: true, schema: { type: string }"),
        GET + "the path has the parameters none, but 'a' are declared",
    ),
    (
        parameter("$ref: '#/components/parameters/None'"),
        GET + "the reference '#/components/parameters/None' has no target",
    ),
    (
        parameter("$ref: 'other.yaml#/A'"),
        GET + "the reference 'other.yaml#/A' does not name a component",
    ),
    (
        contract(path="/things/{id}"),
        "GET /things/{id} (operation doIt): the path has the parameters 'id', but none are declared",
    ),
    (
        path_parameter("id", "required: false"),
        "GET /things/{id} (operation doIt): path parameter 'id' is not required",
    ),
    (
        path_parameter("id", "required: true", "{ type: array, items: { type: string } }"),
        "GET /things/{id} (operation doIt): path parameter 'id' has the type 'array'",
    ),
    (
        path_parameter("id", "required: true", "{ type: [string, 'null'] }"),
        "GET /things/{id} (operation doIt): path parameter 'id' has the type 'null'",
    ),
    (
        path_parameter("id", "required: true, style: matrix"),
        "GET /things/{id} (operation doIt): path parameter 'id' has the style 'matrix'",
    ),
    (
        path_parameter("body", "required: true"),
        "GET /things/{body} (operation doIt): path parameter 'body' is named like an argument",
    ),
    (
        path_parameter("a.b", "required: true"),
        "GET /things/{a.b} (operation doIt): path parameter 'a.b' has a name that the generator does not read",
    ),
    (
        contract(
            "parameters: [{ name: a, in: query, schema: {} }, { name: a, in: query, schema: {} }]"
        ),
        GET + "two parameters have the same name and the same location",
    ),
    (
        contract("""
            parameters:
              - { name: sort, in: query, schema: { type: string, enum: [a] } }
              - { name: sort, in: header, schema: { type: string, enum: [b] } }
            """),
        GET + "cannot parse parameter of endpoint do_it: Found conflicting enums named DoItSort",
    ),
    # Bodies
    (
        body("{ type: object, properties: { a: { type: string } } }", media="multipart/form-data"),
        POST + "the body is 'multipart/form-data', but the templates render application/json only",
    ),
    (
        body(
            "{ type: object, properties: { a: { type: string } } }",
            media="application/x-www-form-urlencoded",
        ),
        POST + "the body is 'application/x-www-form-urlencoded'",
    ),
    (
        body("{ type: string, format: binary }", media="application/octet-stream"),
        POST + "the body is 'application/octet-stream'",
    ),
    (body("{ type: string }", media="text/plain"), POST + "the body is 'text/plain'"),
    (body("{ type: string }"), POST + "the body has the type 'string'"),
    (body("{ type: [object, 'null'] }"), POST + "the body has the type 'null'"),
    (
        body("{ oneOf: [{ type: object }, { type: array, items: { type: string } }] }"),
        POST + "the body is either an object or an array",
    ),
    (
        body(
            "{ type: object, required: [id], properties: { id: { type: string, readOnly: true } } }"
        ),
        POST + "property 'id' of the body is required and readOnly, but a request has the schema",
    ),
    (
        body(
            "{ $ref: '#/components/schemas/New' }",
            "New: { type: object, properties: { photo: { type: string, format: binary } } }",
        ),
        POST + "property 'photo' of schema 'New' has the format binary",
    ),
    # Responses
    (
        response("{ text/plain: { schema: { type: string } } }"),
        GET
        + "response 200 is 'text/plain', but the templates render JSON and text/event-stream only",
    ),
    (
        response("{ application/octet-stream: { schema: { type: string, format: binary } } }"),
        GET + "response 200 is 'application/octet-stream'",
    ),
    (
        response("{ application/json: { schema: { type: string } } }"),
        GET + "response 200 has the type 'string'",
    ),
    (response("{ application/json: {} }"), GET + "response 200 has no schema"),
    (response("{}", "202"), GET + "response 202 has no content"),
    (
        response("{ application/json: { schema: { type: object } } }", "404"),
        GET + "no response has a 2xx status",
    ),
    (
        response("{ application/json: { schema: { type: object } } }", "default"),
        GET + "no response has a 2xx status",
    ),
    (
        response("{ text/event-stream: { schema: { type: integer } } }"),
        GET + "response 200 is an event stream whose events are not objects",
    ),
    (
        contract(
            "responses: { '200': { description: A, content: { application/json: { schema: { type: object } } } }, '202': { description: B, content: { application/json: { schema: { type: array, items: {} } } } } }"
        ),
        GET + "the responses 200, 202 have different contents",
    ),
    (
        contract(
            "responses: { '200': { description: A, content: { application/json: { schema: { type: object } } } }, '204': { description: B } }"
        ),
        GET + "the responses 200, 204 have different contents",
    ),
    (
        result_schema(
            "R: { type: object, x-result: other, properties: { data: { type: object, properties: { thing: {} } } } }"
        ),
        GET + "response 200 has the x-result 'other', but its data has 'thing'",
    ),
    (
        result_schema("R: { type: object, x-result: thing, properties: { thing: {} } }"),
        GET + "response 200 has x-result, but no property 'data'",
    ),
    (
        result_schema(
            "R: { type: object, x-result: thing, properties: { data: { type: array, items: {} } } }"
        ),
        GET + "response 200 has the x-result 'thing', but its data has no properties",
    ),
    (
        result_schema(
            "R: { type: object, properties: { data: { type: object, x-result: thing, properties: { thing: {} } } } }"
        ),
        GET + "property 'data' of schema 'R' has x-result",
    ),
    (
        result_schema(
            "R: { type: object, properties: { data: { type: [object, 'null'], properties: { thing: {} } } } }"
        ),
        GET + "response 200 has data that can be null",
    ),
    (
        result_schema(
            "R: { type: object, required: [data], properties: { data: { type: object, required: [id], properties: { id: { type: string, writeOnly: true } } } } }"
        ),
        GET + "property 'id' of property 'data' of schema 'R' is required and writeOnly",
    ),
    # Operations and paths
    (
        edited_operation(servers=[{"url": "https://uploads.example.com"}]),
        GET + "the operation has servers of its own",
    ),
    (edited_operation(security=[{"OAuth": []}]), GET + "the operation requires 'OAuth'"),
    (edited_operation(operationId=None), "GET /things: the operation has no operationId"),
    (
        edited_operation(operationId='do"it'),
        'GET /things (operation do"it): the operationId has characters other than letters',
    ),
    (
        contract(method="head"),
        "HEAD /things (operation doIt): response 200 has content, which a response to HEAD cannot have",
    ),
    (path_item(servers=[]), "/things: the path has 'servers'"),
    (path_item(query={}), "/things: the path has 'query'"),
    (path_item(get=None), "GET /things: the operation is None, not an object"),
    (edited_operation(responses=[]), GET + "the contract is not valid OpenAPI"),
    (
        two_operations("doIt", "doIt"),
        "GET /b (operation doIt): GET /a (operation doIt) has the same operationId",
    ),
    (
        two_operations("doIt", "do_it"),
        "GET /a (operation doIt) and GET /b (operation do_it): the operationIds would have the same module do_it.py",
    ),
    (
        contract(path="/things?kind=a"),
        "GET /things?kind=a (operation doIt): the path contains '?' or '#'",
    ),
    (
        contract(
            "parameters: [{ name: a, in: query, schema: { type: string } }]",
            "DoItParams: { type: object }",
        ),
        GET + "the generated class DoItParams has the name of a schema",
    ),
]


@pytest.mark.parametrize(("document", "message"), REFUSED, ids=[each for _, each in REFUSED])
def test_contract_is_refused(renderer: Renderer, document: Json, message: str) -> None:
    assert_refused(renderer, document, message)


def test_every_operation_is_reported(renderer: Renderer) -> None:
    document = contract()
    document["paths"] |= {"/more": {"put": {"operationId": "putIt", "servers": []}}}
    document["paths"]["/things"]["get"]["servers"] = []
    with pytest.raises(renderer.wire.RenderError) as caught:
        renderer.render(document)
    assert [line.partition(": ")[0] for line in str(caught.value).splitlines()] == [
        "GET /things (operation doIt)",
        "PUT /more (operation putIt)",
    ]


def test_command_refuses_and_changes_no_file(tmp_path: Path) -> None:
    checkout = copy_checkout(tmp_path)
    spec = checkout / "openapi/chatroutes.yaml"
    document = yaml.safe_load(spec.read_text("utf-8"))
    upload = {
        "operationId": "upload",
        "tags": ["messages"],
        "requestBody": {"content": {"text/plain": {}}},
    }
    document["paths"]["/files"] = {"post": upload}
    spec.write_text(yaml.safe_dump(document), "utf-8")
    before = read_files(checkout)

    process = run_regen(checkout)

    assert process.returncode == 1
    assert process.stderr == (
        "The contract cannot be rendered:\n"
        "POST /files (operation upload): the body is 'text/plain', but the templates render application/json only.\n"
    )
    assert read_files(checkout) == before
