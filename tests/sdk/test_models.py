"""The attrs classes: conversion from and to dicts, times, and unknown values."""

from __future__ import annotations

import importlib
import pkgutil
import re
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta, timezone
from typing import Any

import attrs
import pytest

import chatroutes_wire.models
from chatroutes import models
from chatroutes.models import UNSET, Conversation, Message, TreeNode, Unset
from tests.support.contract import SCHEMAS, SPEC, Json

OBJECTS = sorted(name for name, schema in SCHEMAS.items() if schema.get("type") == "object")
TIME = "2025-10-05T03:01:09.598Z"


def model(name: str) -> Any:
    return getattr(chatroutes_wire.models, name)


def examples() -> Iterator[tuple[str, str, Json]]:
    """Yield every example of the contract, with its name and the name of its schema."""

    def walk(node: Any) -> Iterator[tuple[str, str, Json]]:
        if isinstance(node, dict):
            if "schema" in node and "examples" in node:
                schema = node["schema"]["$ref"].rpartition("/")[2]
                for each in node["examples"].values():
                    name = each["$ref"].rpartition("/")[2]
                    value = SPEC["components"]["examples"][name]["value"]
                    yield (name if schema == "StreamEvent" else schema), name, value
            for value in node.values():
                yield from walk(value)

    examples_by_name = {(schema, name): value for schema, name, value in walk(SPEC)}
    for (schema, name), value in sorted(examples_by_name.items()):
        yield schema, name, value


EXAMPLES = list(examples())


def make_sample(schema: Json, depth: int = 0) -> Any:
    """Return a value of a schema with every property."""
    if "$ref" in schema:
        name = schema["$ref"].rpartition("/")[2]
        return [] if depth > 6 else make_sample(SCHEMAS[name], depth + 1)
    if alternatives := schema.get("anyOf") or schema.get("oneOf"):
        return make_sample(alternatives[0], depth)
    if "enum" in schema or "const" in schema:
        return schema.get("const") or schema["enum"][0]
    schema_type = schema.get("type", "object")
    schema_type = schema_type[0] if isinstance(schema_type, list) else schema_type
    if schema_type == "object":
        return {
            name: make_sample(each, depth) for name, each in schema.get("properties", {}).items()
        }
    if schema_type == "array":
        return [] if depth > 3 else [make_sample(schema["items"], depth + 1)]
    if schema_type == "string":
        return TIME if schema.get("format") == "date-time" else "text"
    return {"integer": 3, "number": 0.5, "boolean": True}[schema_type]


def with_unknown_keys(value: Any) -> Any:
    if isinstance(value, dict):
        known = {name: with_unknown_keys(each) for name, each in value.items()}
        return {**known, "brandNew": {"deep": [1, None]}}
    if isinstance(value, list):
        return [with_unknown_keys(each) for each in value]
    return value


def attribute_name(name: str) -> str:
    if name == "type":
        return "type_"
    if name.startswith("_"):
        return f"field{name}"
    return re.sub("([A-Z])", lambda match: f"_{match[1].lower()}", name)


def test_every_example_of_the_contract_is_used() -> None:
    assert len(EXAMPLES) > 35
    assert {name for _, name, _ in EXAMPLES} == set(SPEC["components"]["examples"])


@pytest.mark.parametrize(
    ("schema", "value"),
    [(schema, value) for schema, _, value in EXAMPLES],
    ids=[f"{schema}: {name}" for schema, name, _ in EXAMPLES],
)
def test_examples_round_trip(schema: str, value: Json) -> None:
    assert model(schema).from_dict(value).to_dict() == value
    extended = with_unknown_keys(value)
    assert model(schema).from_dict(extended).to_dict() == extended


@pytest.mark.parametrize("name", OBJECTS)
def test_objects_with_every_property_round_trip(name: str) -> None:
    value = make_sample(SCHEMAS[name])
    assert set(value) == set(SCHEMAS[name].get("properties", {}))
    instance = model(name).from_dict(value)
    assert instance.to_dict() == value
    assert instance == model(name).from_dict(value)
    assert instance.additional_properties == {}
    assert [each for each in attrs.asdict(instance, recurse=False).values() if each is UNSET] == []


REQUIRED = [(name, key) for name in OBJECTS for key in SCHEMAS[name].get("required", [])]
OPTIONAL = [
    (name, key)
    for name in OBJECTS
    for key in SCHEMAS[name].get("properties", {})
    if key not in SCHEMAS[name].get("required", [])
]


@pytest.mark.parametrize(("name", "key"), REQUIRED)
def test_missing_required_property_raises_key_error(name: str, key: str) -> None:
    value = make_sample(SCHEMAS[name])
    del value[key]
    with pytest.raises(KeyError, match=re.escape(repr(key))):
        model(name).from_dict(value)


@pytest.mark.parametrize(("name", "key"), OPTIONAL)
def test_missing_optional_property_is_unset(name: str, key: str) -> None:
    value = make_sample(SCHEMAS[name])
    del value[key]
    instance = model(name).from_dict(value)
    assert getattr(instance, attribute_name(key)) is UNSET
    assert instance.to_dict() == value


def is_nullable(schema: Json) -> bool:
    return "null" in schema.get("type", []) or {"type": "null"} in schema.get("oneOf", [])


@pytest.mark.parametrize(
    ("name", "key"),
    [(name, key) for name, key in OPTIONAL if is_nullable(SCHEMAS[name]["properties"][key])],
)
def test_null_property_is_none(name: str, key: str) -> None:
    value = {**make_sample(SCHEMAS[name]), key: None}
    instance = model(name).from_dict(value)
    assert getattr(instance, attribute_name(key)) is None
    assert instance.to_dict() == value


def test_from_dict_does_not_modify_its_argument() -> None:
    value = make_sample(SCHEMAS["Conversation"])
    before = repr(value)
    Conversation.from_dict(value).to_dict()["messages"].append(None)
    assert repr(value) == before


CONVERSATION = {"id": "c", "userId": "u", "title": "t", "createdAt": TIME, "updatedAt": TIME}
TIME_VALUE = datetime(2025, 10, 5, 3, 1, 9, 598000, tzinfo=UTC)


@pytest.mark.parametrize(
    ("source", "expected", "written"),
    [
        (TIME, TIME_VALUE, TIME),
        ("2025-10-05T05:01:09.598+02:00", TIME_VALUE, TIME),
        ("2025-10-04T22:01:09.598-05:00", TIME_VALUE, TIME),
        ("2025-10-05T03:01:09.598+00:00", TIME_VALUE, TIME),
        ("2025-10-05T03:01:09.598000Z", TIME_VALUE, TIME),
        ("2025-10-05T03:01:09Z", TIME_VALUE.replace(microsecond=0), "2025-10-05T03:01:09.000Z"),
        (
            "2025-10-05T03:01:09.598765Z",
            TIME_VALUE.replace(microsecond=598765),
            "2025-10-05T03:01:09.598Z",
        ),
    ],
)
def test_times_are_aware_datetimes_and_written_in_the_documented_format(
    source: str, expected: datetime, written: str
) -> None:
    instance = Conversation.from_dict({**CONVERSATION, "createdAt": source})
    assert instance.created_at == expected
    assert instance.created_at.utcoffset() is not None
    assert instance.to_dict()["createdAt"] == written


def test_assigned_times_are_written_in_utc() -> None:
    instance = Conversation.from_dict(CONVERSATION)
    instance.created_at = TIME_VALUE.astimezone(timezone(timedelta(hours=9)))
    instance.updated_at = TIME_VALUE.replace(tzinfo=None)
    assert instance.to_dict() == CONVERSATION


@pytest.mark.parametrize("source", ["yesterday", "", "05.10.2025"])
def test_invalid_time_raises_value_error(source: str) -> None:
    with pytest.raises(ValueError, match=r".+"):
        Conversation.from_dict({**CONVERSATION, "createdAt": source})


def test_unset_is_false() -> None:
    instance = Conversation.from_dict(CONVERSATION)
    assert instance.model is UNSET
    assert isinstance(instance.messages, Unset)
    assert not UNSET
    assert Conversation.from_dict({**CONVERSATION, "model": None}).model is None


def test_unknown_properties_are_additional_properties() -> None:
    instance = Conversation.from_dict({**CONVERSATION, "stars": 5})
    assert instance.additional_properties == {"stars": 5}
    assert instance.to_dict() == {**CONVERSATION, "stars": 5}


def test_unknown_values_are_kept() -> None:
    message = {**make_sample(SCHEMAS["Message"]), "role": "tool"}
    assert Message.from_dict(message).role == "tool"
    branch = {**make_sample(SCHEMAS["Branch"]), "contextMode": "SUMMARY"}
    assert models.Branch.from_dict(branch).context_mode == "SUMMARY"


def test_tree_children_are_tree_nodes() -> None:
    value: Json = {"id": "leaf", "role": "user", "content": "", "children": []}
    for number in range(50):
        other = {"id": f"twin {number}", "role": "assistant", "content": "", "children": []}
        value = {"id": str(number), "role": "user", "content": "", "children": [value, other]}
    node = tree = TreeNode.from_dict(value)
    for number in reversed(range(50)):
        assert (node.id, node.children[1].id) == (str(number), f"twin {number}")
        node = node.children[0]
    assert node.children == []
    assert tree.to_dict() == value


@pytest.mark.parametrize(
    ("name", "expected"),
    [
        ("MessageSentResponse", "SendMessageResponse"),
        ("MessageSentResponseCompact", "CompactSendMessageResponse"),
    ],
)
def test_union_is_resolved_by_required_properties(name: str, expected: str) -> None:
    value = SPEC["components"]["examples"][name]["value"]
    instance = model("MessageSentResponse").from_dict(value)
    assert type(instance.data) is model(expected)


def test_every_generated_module_can_be_imported() -> None:
    names = [
        each.name for each in pkgutil.walk_packages(chatroutes_wire.__path__, "chatroutes_wire.")
    ]
    assert len(names) > 80
    for name in names:
        importlib.import_module(name)


def test_schemas_and_classes_match() -> None:
    rendered = chatroutes_wire.models.__all__
    assert list(rendered) == sorted(rendered)
    assert set(OBJECTS) <= set(rendered)
    inline = {name for name in rendered if name not in SCHEMAS}
    assert all(name.removesuffix("Data") in SCHEMAS for name in inline)


def test_public_models_are_those_of_results() -> None:
    public = {name for name in vars(models) if name[0].isupper()}
    result_models = {name for name in OBJECTS if not name.endswith(("Request", "Envelope"))}
    envelopes = {name for name in result_models if "success" in SCHEMAS[name].get("properties", {})}
    internal = {
        *("CompactSendMessageResponse", "CompleteChunk", "ContentChunk", "ErrorChunk"),
        "ConversationPage",
    }
    assert public == (result_models - envelopes - internal) | {"UNSET", "Unset"}
