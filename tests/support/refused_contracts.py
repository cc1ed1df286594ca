"""Small contracts with one part that the templates do not render, and the assertion that they are refused."""

from __future__ import annotations

from typing import Any

import pytest

from tests.support.rendered_contract import Json, Renderer, contract

GET = "GET /things (operation doIt): "
POST = "POST /things (operation doIt): "


def parameter(fields: str) -> Json:
    return contract(f"parameters: [{{ {fields} }}]")


def path_parameter(name: str, fields: str, schema: str = "{ type: string }") -> Json:
    fields = f"name: {name}, in: path, schema: {schema}, {fields}"
    return contract(f"parameters: [{{ {fields} }}]", path=f"/things/{{{name}}}")


def body(schema: str, schemas: str = "", media: str = "application/json") -> Json:
    fields = f"requestBody: {{ content: {{ {media}: {{ schema: {schema} }} }} }}"
    return contract(fields, schemas, method="post")


def response(content: str, status: str = "200") -> Json:
    return contract(f"responses: {{ '{status}': {{ description: Done., content: {content} }} }}")


def thing(text: str, schemas: str = "") -> Json:
    return contract(
        schemas=f"Thing: {text}\n{schemas}", result="{ $ref: '#/components/schemas/Thing' }"
    )


def property_a(text: str, schemas: str = "") -> Json:
    return thing(f"{{ type: object, properties: {{ a: {text} }} }}", schemas)


def edited_operation(**fields: Any) -> Json:
    document = contract()
    document["paths"]["/things"]["get"] |= fields
    return document


def path_item(**fields: Any) -> Json:
    document = contract()
    document["paths"]["/things"] |= fields
    return document


def two_operations(first: str, second: str) -> Json:
    document = contract()
    operation = document["paths"]["/things"]["get"]
    document["paths"] = {
        "/a": {"get": operation | {"operationId": first}},
        "/b": {"get": operation | {"operationId": second, "tags": ["others"]}},
    }
    return document


def result_schema(schemas: str) -> Json:
    return contract(
        "responses: { '200': { description: Done., content: { application/json: { schema: { $ref: '#/components/schemas/R' } } } } }",
        schemas,
    )


def assert_refused(renderer: Renderer, document: Json, message: str) -> None:
    """Assert that the document is refused with one sentence, which begins with the message."""
    with pytest.raises(renderer.wire.RenderError) as caught:
        renderer.render(document)
    text = str(caught.value)
    assert text.startswith(message)
    assert text.endswith(".")
    assert "\n" not in text
