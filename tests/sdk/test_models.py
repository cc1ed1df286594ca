"""The attrs classes: conversion from and to dicts, times, and unknown values."""

from __future__ import annotations

import copy
import importlib
import pickle
import pkgutil
import re
import typing
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta, timezone
from typing import Any

import attrs
import pytest

import chatroutes_wire.models
from chatroutes import models
from chatroutes.models import UNSET, Conversation, Message, TreeNode, Unset
from tests.support.contract import PYTHON_NAMES, SCHEMAS, SPEC, Json, required_by_sdk

OBJECTS = sorted(name for name, schema in SCHEMAS.items() if schema.get("type") == "object")
TIME = "2025-10-05T03:01:09.598Z"


def model(name: str) -> Any:
    """Return the class of a schema."""
    return getattr(chatroutes_wire.models, PYTHON_NAMES.get(name, name))


def examples() -> Iterator[tuple[str, str, Json]]:
    """Yield every example of the contract, with its name and the name of its schema."""

    def walk(node: Any) -> Iterator[tuple[str, str, Json]]:
        if isinstance(node, dict):
            if "examples" in node and "$ref" in node.get("schema", ()):
                schema = node["schema"]["$ref"].rpartition("/")[2]
                for each in node["examples"].values():
                    name = each["$ref"].rpartition("/")[2]
                    value = SPEC["components"]["examples"][name]["value"]
                    yield schema, name, value
            for value in node.values():
                yield from walk(value)

    examples_by_name = {(schema, name): value for schema, name, value in walk(SPEC)}
    for schema, fields in SCHEMAS.items():
        for number, value in enumerate(fields.get("examples", [])):
            examples_by_name[schema, f"{schema} {number}"] = value
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


def as_the_sdk_returns(schema: str, value: Json) -> Json:
    """Return an example with the properties that the SDK adds if the service leaves them out."""
    data = SCHEMAS[schema].get("properties", {}).get("data", {}).get("$ref", "").rpartition("/")[2]
    if "x-sdk-required" in SCHEMAS.get(data, ()):
        return {**value, "data": as_the_sdk_returns(data, value["data"])}
    missing = {
        name: make_sample(SCHEMAS[schema]["properties"][name])
        for name in SCHEMAS[schema].get("x-sdk-required", ())
        if name not in value
    }
    return {**value, **missing}


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
    objects = {
        name
        for name, each in SPEC["components"]["examples"].items()
        if isinstance(each["value"], dict)
    }
    assert {name for _, name, _ in EXAMPLES} >= objects


@pytest.mark.parametrize(
    ("schema", "value"),
    [(schema, value) for schema, _, value in EXAMPLES],
    ids=[f"{schema}: {name}" for schema, name, _ in EXAMPLES],
)
def test_examples_round_trip(schema: str, value: Json) -> None:
    value = as_the_sdk_returns(schema, value)
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


REQUIRED = [(name, key) for name in OBJECTS for key in required_by_sdk(name)]
OPTIONAL = [
    (name, key)
    for name in OBJECTS
    for key in SCHEMAS[name].get("properties", {})
    if key not in required_by_sdk(name)
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


@pytest.mark.parametrize(
    "source", ["2025-10-05T03:01:09.598", "2025-10-05 03:01:09.598", "20251005T030109.598"]
)
def test_time_without_a_time_zone_is_in_utc(source: str) -> None:
    instance = Conversation.from_dict({**CONVERSATION, "createdAt": source})
    assert instance.created_at == TIME_VALUE
    assert instance.to_dict() == CONVERSATION


@pytest.mark.parametrize(
    ("model_class", "source", "problem"),
    [
        (Conversation, {**CONVERSATION, "createdAt": None}, "createdAt is null, not a time"),
        (Conversation, {**CONVERSATION, "createdAt": 1759633269}, "createdAt is a number, not a"),
        (Conversation, {**CONVERSATION, "updatedAt": 1.5}, "updatedAt is a number, not a time"),
        (Conversation, {**CONVERSATION, "updatedAt": True}, "updatedAt is a boolean, not a time"),
        (Conversation, {**CONVERSATION, "createdAt": "soon"}, "createdAt is 'soon', not a time"),
        (Conversation, {**CONVERSATION, "messages": None}, "messages is null, not a list"),
        (Conversation, {**CONVERSATION, "branches": {}}, "branches is an object, not a list"),
        (Conversation, {**CONVERSATION, "branches": [None]}, "an item of branches is null, not an"),
        (Conversation, None, "Conversation is null, not an object"),
        (TreeNode, {"id": "", "role": "", "content": "", "children": None}, "children is null"),
        (
            TreeNode,
            {"id": "", "role": "", "content": "", "children": ["text"]},
            "an item of children is a string, not an object",
        ),
        (models.MessageMetadata, {"mergedFrom": "m"}, "mergedFrom is a string, not an object"),
    ],
)
def test_value_of_another_type_raises_an_error_that_names_the_property(
    model_class: Any, source: Any, problem: str
) -> None:
    with pytest.raises(ValueError, match=f"^{re.escape(problem)}"):
        model_class.from_dict(source)


LISTS_AND_TIMES = [
    (name, key)
    for name in OBJECTS
    for key, schema in SCHEMAS[name].get("properties", {}).items()
    if (schema.get("type") == "array" or schema.get("format") == "date-time")
    and not is_nullable(schema)
]


@pytest.mark.parametrize(("name", "key"), LISTS_AND_TIMES)
def test_every_list_and_time_that_must_not_be_null_is_checked(name: str, key: str) -> None:
    source = {**make_sample(SCHEMAS[name]), key: None}
    with pytest.raises(ValueError, match=f"^{key} is null, not a (list|time)"):
        model(name).from_dict(source)


def test_trees_of_any_depth_round_trip() -> None:
    depth = 10_000
    node: Json = {"id": "leaf", "role": "user", "content": "", "children": []}
    branch: Json = {"branch": make_sample(SCHEMAS["Branch"]), "children": []}
    for number in range(depth):
        node = {"id": str(number), "role": "user", "content": "", "children": [node]}
        branch = {"branch": branch["branch"], "children": [branch]}
    source = {
        "conversation": CONVERSATION,
        "tree": node,
        "metadata": {"totalNodes": depth, "totalBranches": depth, "maxDepth": depth},
        "branches": [branch],
    }

    tree = models.ConversationTree.from_dict(source)
    written = tree.to_dict()

    assert isinstance(tree.branches, list)
    found: Any
    for found, expected in ((written["tree"], node), (written["branches"][0], branch)):
        levels = 0
        while True:  # a comparison of the whole trees would exceed the recursion limit
            assert {**found, "children": []} == {**expected, "children": []}
            if not found["children"]:
                break
            found, expected, levels = found["children"][0], expected["children"][0], levels + 1
        assert levels == depth


def test_unset_is_the_same_object_when_it_is_copied_or_pickled() -> None:
    assert copy.copy(UNSET) is copy.deepcopy(UNSET) is UNSET
    for protocol in range(pickle.HIGHEST_PROTOCOL + 1):
        assert pickle.loads(pickle.dumps(UNSET, protocol)) is UNSET


@pytest.mark.parametrize("name", OBJECTS)
def test_pickled_and_copied_models_are_equal(name: str) -> None:
    required = {key: make_sample(SCHEMAS[name])[key] for key in required_by_sdk(name)}
    for source in (make_sample(SCHEMAS[name]), required):
        instance = model(name).from_dict(source)
        for other in (pickle.loads(pickle.dumps(instance)), copy.deepcopy(instance)):
            assert other == instance
            assert other.to_dict() == source


@pytest.mark.parametrize("name", OBJECTS)
def test_types_of_every_model_can_be_resolved(name: str) -> None:
    model_class = model(name)
    hints = typing.get_type_hints(model_class)
    attrs.resolve_types(model_class)
    for field in attrs.fields(model_class):
        assert field.type == hints[field.name]
        assert not isinstance(field.type, str)


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
    classes = {PYTHON_NAMES.get(name, name) for name in SCHEMAS}
    assert {PYTHON_NAMES.get(name, name) for name in OBJECTS} <= set(rendered)
    inline = {name for name in rendered if name not in classes}
    assert all(name.removesuffix("Data") in SCHEMAS for name in inline)


def test_public_models_are_those_of_results() -> None:
    public = {name for name in vars(models) if name[0].isupper()}
    result_models = {name for name in OBJECTS if not name.endswith(("Request", "Envelope"))}
    envelopes = {name for name in result_models if "success" in SCHEMAS[name].get("properties", {})}
    internal = {"ConversationPage", "StreamError"}
    results = {PYTHON_NAMES.get(name, name) for name in result_models - envelopes - internal}
    assert public == results | {"UNSET", "Unset"}
