"""The contract avoids what common generators, mock servers and validators cannot read.

scripts/interop runs some of these tools.
"""

from __future__ import annotations

import json
from collections import Counter
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
import yaml

from chatroutes._sse import Decoder
from tests.support.contract import (
    ALL_OPERATIONS,
    SCHEMAS,
    SPEC,
    Json,
    Operation,
    each_operation,
    iterate_nodes,
    resolve,
    validation_errors,
)
from tests.support.paths import CONTRACT, CONTRACT_30

pytestmark = pytest.mark.check

each_document = pytest.mark.parametrize(
    "file", [CONTRACT, CONTRACT_30], ids=lambda file: str(file.name)
)


def load(file: Path) -> Json:
    document: Json = yaml.load(
        file.read_text("utf-8"), getattr(yaml, "CSafeLoader", yaml.SafeLoader)
    )
    return document


@each_document
def test_documents_have_no_anchors(file: Path) -> None:
    """ogen does not read anchors, and openapi-generator reads at most 50 aliases."""
    events = list(yaml.parse(file.read_text("utf-8")))
    assert [each for each in events if getattr(each, "anchor", None) is not None] == []


@each_document
def test_links_have_no_body(file: Path) -> None:
    """The parser of openapi-generator rejects a document if the body of a link is not a string."""
    links = [
        link
        for location, node in iterate_nodes(load(file))
        if location.endswith("/links")
        for link in node.values()
    ]
    assert links
    assert [link for link in links if "requestBody" in link] == []


@each_document
def test_schemas_are_not_combined(file: Path) -> None:
    """Many generators merge the alternatives of a choice, and require the fields of all of them."""
    combined = [
        location
        for location, node in iterate_nodes(load(file)["components"]["schemas"])
        for keyword in ("anyOf", "oneOf", "allOf")
        if len([each for each in node.get(keyword, []) if each != {"type": "null"}]) > 1
    ]
    assert combined == []


# Names of types that generators derive from an operationId, such as oapi-codegen, ogen, hey-api, orval and go-swagger.
DERIVED_SUFFIXES = """
Response Responses Result Results Res OK Created Default Error Errors
Params Query Headers Body FormBody JSONBody JSONRequestBody Req RequestBody RequestObject ResponseObject
Data Args Input Output Options Variables Mutation
"""


def test_no_schema_has_a_name_that_generators_derive() -> None:
    derived = {
        operation.id[0].upper() + operation.id[1:] + suffix
        for operation in ALL_OPERATIONS
        for suffix in DERIVED_SUFFIXES.split()
    }
    assert set(SCHEMAS) & derived == set()


def test_names_of_components_are_unique() -> None:
    """oapi-codegen declares a type for each schema, parameter and response, in one package."""
    counts = Counter(
        name.lower()
        for kind in ("schemas", "parameters", "responses", "requestBodies")
        for name in SPEC["components"].get(kind, ())
    )
    assert [name for name, count in counts.items() if count > 1] == []


def test_description_of_the_document_is_short() -> None:
    """Generators copy it into every file."""
    assert len(SPEC["info"]["summary"] + SPEC["info"]["description"]) < 500


def test_security_has_only_api_keys() -> None:
    """A generated client that knows another scheme may send an empty token in place of the key."""
    schemes = SPEC["components"]["securitySchemes"]
    assert {each["type"] for each in schemes.values()} == {"apiKey"}
    assert [name for each in SPEC["security"] for name in each] == list(schemes)


def test_examples_name_models_that_the_service_documents() -> None:
    documented = SCHEMAS["CreateConversationRequest"]["properties"]["model"]["description"]
    names = {
        node["model"]
        for _, node in iterate_nodes([SPEC["components"]["examples"], SCHEMAS["StreamEvent"]])
        if isinstance(node.get("model"), str)
    }
    assert names
    assert [name for name in names if name not in documented] == []


# Variants of the service


def variants(example: Json, result: str | None) -> Iterator[Json]:
    """Yield the responses that the guide allows in place of an example."""
    yield {"success": False, "error": "INTERNAL_ERROR", "message": "An error under the status 200."}
    yield {"success": False}
    data = example.get("data", {})
    if result is not None and isinstance(data[result], dict):
        for fields in (
            data[result],
            {to_camel_case(name): data[result][name] for name in data[result]},
        ):
            yield {"success": True, "data": {result: fields}}
            yield {"success": True, "data": fields}
            yield {"success": True, **fields}
            yield fields


def to_camel_case(name: str) -> str:
    first, *others = name.split("_")
    return first + "".join(map(str.capitalize, others))


@each_operation
def test_schema_accepts_every_response_that_the_guide_allows(operation: Operation) -> None:
    success = next(iter(operation.fields["responses"].values()))
    for content in success["content"].values():
        if content is STREAM:
            continue
        result = resolve(content["schema"]).get("x-result")
        for example in content["examples"].values():
            for each in variants(resolve(example)["value"], result):
                assert validation_errors(content["schema"], each) == [], each


# Bounds


def request_schemas() -> Iterator[tuple[str, Json]]:
    """Yield every schema of a request, with its path."""
    for operation in ALL_OPERATIONS:
        for location in ("path", "query", "header"):
            for each in operation.parameters(location):
                yield f"{operation.id}/{each['name']}", resolve(each["schema"])
        for content in operation.fields.get("requestBody", {"content": {}})["content"].values():
            for name, each in resolve(content["schema"]).get("properties", {}).items():
                yield f"{operation.id}/{name}", resolve(each)


def optional_properties() -> Iterator[tuple[str, Json]]:
    """Yield every optional property of a request body, with its path."""
    for operation in ALL_OPERATIONS:
        for content in operation.fields.get("requestBody", {"content": {}})["content"].values():
            reference, schema = content["schema"]["$ref"], resolve(content["schema"])
            for name in schema.get("properties", {}).keys() - set(schema.get("required", ())):
                yield f"{operation.id}/{name}", {"$ref": f"{reference}/properties/{name}"}


def test_strings_and_arrays_of_requests_have_a_maximum() -> None:
    """A response has no such limits, because a client would have to reject a longer one."""
    schemas = dict(request_schemas())
    assert len(schemas) > 60
    unlimited = [
        location
        for location, each in schemas.items()
        if ("string" in each.get("type", "") and not {"maxLength", "enum"} & each.keys())
        or ("array" in each.get("type", "") and "maxItems" not in each)
    ]
    assert unlimited == []


def test_lists_that_a_request_limits_have_the_maximum_of_the_limit() -> None:
    """The other lists of responses can have any length."""
    page, suggestions = SCHEMAS["ConversationPage"], SCHEMAS["BranchSuggestions"]
    compact_page = SCHEMAS["ConversationListResponse"]
    [maximum] = [
        each["schema"]["maximum"]
        for operation in ALL_OPERATIONS
        if operation.id == "listConversations"
        for each in operation.parameters("query")
        if each["name"] == "limit"
    ]
    count = SCHEMAS["SuggestBranchesRequest"]["properties"]["suggestionsCount"]
    for schema in (page, compact_page):
        assert schema["properties"]["conversations"]["maxItems"] == maximum
    assert suggestions["properties"]["suggestions"]["maxItems"] == count["maximum"]


def test_optional_properties_of_requests_can_be_null() -> None:
    """The guide promises it: null has the same effect as leaving the property out."""
    properties = [
        (location, schema)
        for location, schema in optional_properties()
        if validation_errors(schema, None)
    ]
    assert properties == []


# Headers


@each_operation
def test_responses_declare_the_headers_that_the_text_promises(operation: Operation) -> None:
    responses = {status: resolve(each) for status, each in operation.fields["responses"].items()}
    headers = {status: set(each["headers"]) for status, each in responses.items()}
    success = next(iter(responses))
    assert ("Idempotent-Replayed" in headers[success]) is (operation.method == "post")
    assert "WWW-Authenticate" in headers["401"]
    assert "Allow" in headers["4XX"]
    for status in ("409", "429", "4XX", "5XX"):
        assert status not in headers or "Retry-After" in headers[status]


# The event stream


[STREAM] = [
    content
    for operation in ALL_OPERATIONS
    for media_type, content in operation.fields["responses"]
    .get("200", {"content": {}})["content"]
    .items()
    if media_type == "text/event-stream"
]


def read_events(text: str) -> list[tuple[str, Any]]:
    """Return the name and the JSON of each event, and `[DONE]` as it is."""
    return [
        (name or "message", data if data == "[DONE]" else json.loads(data))
        for data, name, _ in Decoder().feed(text.encode())
    ]


def test_body_of_an_event_stream_is_text() -> None:
    """Validators and mock servers compare the whole body with the schema."""
    assert STREAM["schema"]["type"] == "string"
    assert set(STREAM["x-events"]) == {"message", "error"}


@pytest.mark.parametrize("name", list(STREAM["examples"]))
def test_example_of_an_event_stream_is_its_wire_text(name: str) -> None:
    events = read_events(resolve(STREAM["examples"][name])["value"])
    assert len(events) > 1
    for kind, payload in events:
        if payload != "[DONE]":
            assert validation_errors(STREAM["x-events"][kind], payload) == []
            unknown = payload.keys() - resolve(STREAM["x-events"][kind])["properties"].keys()
            assert unknown == set()


@pytest.mark.parametrize("name", [name for name, each in SCHEMAS.items() if "examples" in each])
def test_examples_of_schemas_are_valid(name: str) -> None:
    for example in SCHEMAS[name]["examples"]:
        assert validation_errors({"$ref": f"#/components/schemas/{name}"}, example) == []
