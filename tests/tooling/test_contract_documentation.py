"""Every part of the contract has a description and valid examples."""

from __future__ import annotations

import re
from collections.abc import Iterator

import pytest

from tests.support.contract import (
    MEDIA_TYPES,
    SCHEMAS,
    SPEC,
    Json,
    Operation,
    each_operation,
    iterate_nodes,
    resolve,
    validation_errors,
)

pytestmark = pytest.mark.check

LOCATIONS = ("path", "query", "header", "cookie")


def test_every_property_is_described() -> None:
    undescribed = [
        f"{location}/{name}"
        for location, node in iterate_nodes(SCHEMAS)
        if isinstance(node.get("properties"), dict) and "type" in node
        for name, each in node["properties"].items()
        if not resolve(each).get("description")
    ]
    assert undescribed == []
    assert [name for name, schema in SCHEMAS.items() if not schema.get("description")] == []


def iterate_responses(operation: Operation) -> Iterator[tuple[str, Json]]:
    for status, response in operation.fields["responses"].items():
        yield status, resolve(response)


@each_operation
def test_parameters_headers_and_links_are_described(operation: Operation) -> None:
    parts = {
        each["name"]: each for location in LOCATIONS for each in operation.parameters(location)
    }
    for status, response in iterate_responses(operation):
        parts[status] = response
        for kind in ("headers", "links"):
            for name, each in response.get(kind, {}).items():
                parts[f"{status} {name}"] = resolve(each)
    assert [name for name, each in parts.items() if not each.get("description")] == []


@each_operation
def test_parameter_and_header_examples_match_their_schemas(operation: Operation) -> None:
    parts = [each for location in LOCATIONS for each in operation.parameters(location)]
    for _, response in iterate_responses(operation):
        parts += map(resolve, response["headers"].values())
    for each in parts:
        assert validation_errors(each["schema"], each["example"]) == [], each


@each_operation
def test_operation_has_examples_of_its_bodies(
    operation: Operation,
) -> None:
    bodies = dict(iterate_responses(operation))
    if "requestBody" in operation.fields:
        bodies["request"] = operation.fields["requestBody"]
    for name, body in bodies.items():
        for content in body["content"].values():
            values = [resolve(each)["value"] for each in content["examples"].values()]
            assert values, name
            if name.startswith(("4", "5")):
                assert [each["success"] for each in values] == [False] * len(values), name


@pytest.mark.parametrize(
    ("location", "media_type"), MEDIA_TYPES, ids=[location for location, _ in MEDIA_TYPES]
)
def test_body_examples_match_their_schema(location: str, media_type: Json) -> None:
    for name, each in media_type["examples"].items():
        example = resolve(each)
        assert example["summary"]
        assert (
            validation_errors(media_type["schema"], example["value"]) == []
        ), f"{location}: {name}"


def test_examples_have_no_unknown_properties() -> None:
    """An unknown property in an example is probably a mistake."""
    for _, media_type in MEDIA_TYPES:
        for each in media_type["examples"].values():
            unknown = sorted(unknown_properties(media_type["schema"], resolve(each)["value"]))
            assert unknown == []


def unknown_properties(schema: Json, value: object, location: str = "") -> set[str]:
    schema = resolve(schema)
    if alternatives := schema.get("anyOf") or schema.get("oneOf"):
        return min((unknown_properties(each, value, location) for each in alternatives), key=len)
    if isinstance(value, dict) and "properties" in schema:
        unknown = {f"{location}/{name}" for name in value if name not in schema["properties"]}
        for name in value.keys() & schema["properties"].keys():
            unknown |= unknown_properties(
                schema["properties"][name], value[name], f"{location}/{name}"
            )
        return unknown
    if isinstance(value, list) and "items" in schema:
        return {
            each for item in value for each in unknown_properties(schema["items"], item, location)
        }
    return set()


def test_validation_checks_the_time_format() -> None:
    conversation = resolve(
        {"$ref": "#/components/examples/ConversationResponse/value/data/conversation"}
    )
    schema = {"$ref": "#/components/schemas/Conversation"}
    assert validation_errors(schema, conversation) == []
    assert validation_errors(schema, {**conversation, "createdAt": "yesterday"})


def test_times_in_examples_have_milliseconds_and_z() -> None:
    times = [
        value
        for _, node in iterate_nodes(SPEC["components"]["examples"])
        for name, value in node.items()
        if name in ("createdAt", "updatedAt", "created_at")
    ]
    assert times
    assert all(re.fullmatch(r"\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\.\d{3}Z", each) for each in times)
