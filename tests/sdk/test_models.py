"""The attrs classes: what goes in comes out, times as datetimes."""

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
    """Every example of the contract, with the schema of the place where it stands."""

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

    found = {(schema, name): value for schema, name, value in walk(SPEC)}
    for (schema, name), value in sorted(found.items()):
        yield schema, name, value


EXAMPLES = list(examples())


def sample(schema: Json, depth: int = 0) -> Any:
    """A value of a schema, with every property that it knows."""
    if "$ref" in schema:
        name = schema["$ref"].rpartition("/")[2]
        return [] if depth > 6 else sample(SCHEMAS[name], depth + 1)
    if alternatives := schema.get("anyOf") or schema.get("oneOf"):
        return sample(alternatives[0], depth)
    if "enum" in schema or "const" in schema:
        return schema.get("const") or schema["enum"][0]
    kind = schema.get("type", "object")
    kind = kind[0] if isinstance(kind, list) else kind
    if kind == "object":
        return {name: sample(each, depth) for name, each in schema.get("properties", {}).items()}
    if kind == "array":
        return [] if depth > 3 else [sample(schema["items"], depth + 1)]
    if kind == "string":
        return TIME if schema.get("format") == "date-time" else "text"
    return {"integer": 3, "number": 0.5, "boolean": True}[kind]


def with_unknown_keys(value: Any) -> Any:
    if isinstance(value, dict):
        known = {name: with_unknown_keys(each) for name, each in value.items()}
        return {**known, "brandNew": {"deep": [1, None]}}
    if isinstance(value, list):
        return [with_unknown_keys(each) for each in value]
    return value


def attribute(name: str) -> str:
    if name == "type":
        return "type_"
    return re.sub("([A-Z])", lambda match: f"_{match[1].lower()}", name)


def test_there_are_examples_of_all_that_is_sent_and_answered() -> None:
    assert len(EXAMPLES) > 35
    assert {name for _, name, _ in EXAMPLES} == set(SPEC["components"]["examples"])


@pytest.mark.parametrize(
    ("schema", "value"),
    [(schema, value) for schema, _, value in EXAMPLES],
    ids=[f"{schema}: {name}" for schema, name, _ in EXAMPLES],
)
def test_an_example_survives_the_way_there_and_back(schema: str, value: Json) -> None:
    assert model(schema).from_dict(value).to_dict() == value
    richer = with_unknown_keys(value)
    assert model(schema).from_dict(richer).to_dict() == richer


@pytest.mark.parametrize("name", OBJECTS)
def test_an_object_with_every_property_survives_the_way_there_and_back(name: str) -> None:
    value = sample(SCHEMAS[name])
    assert set(value) == set(SCHEMAS[name].get("properties", {}))
    made = model(name).from_dict(value)
    assert made.to_dict() == value
    assert made == model(name).from_dict(value)
    assert made.additional_properties == {}
    assert [each for each in attrs.asdict(made, recurse=False).values() if each is UNSET] == []


REQUIRED = [(name, key) for name in OBJECTS for key in SCHEMAS[name].get("required", [])]
OPTIONAL = [
    (name, key)
    for name in OBJECTS
    for key in SCHEMAS[name].get("properties", {})
    if key not in SCHEMAS[name].get("required", [])
]


@pytest.mark.parametrize(("name", "key"), REQUIRED)
def test_a_required_property_that_is_missing_is_a_key_error(name: str, key: str) -> None:
    value = sample(SCHEMAS[name])
    del value[key]
    with pytest.raises(KeyError, match=re.escape(repr(key))):
        model(name).from_dict(value)


@pytest.mark.parametrize(("name", "key"), OPTIONAL)
def test_an_optional_property_that_is_missing_is_unset(name: str, key: str) -> None:
    value = sample(SCHEMAS[name])
    del value[key]
    made = model(name).from_dict(value)
    assert getattr(made, attribute(key)) is UNSET
    assert made.to_dict() == value


def nullable(schema: Json) -> bool:
    return "null" in schema.get("type", []) or {"type": "null"} in schema.get("oneOf", [])


@pytest.mark.parametrize(
    ("name", "key"),
    [(name, key) for name, key in OPTIONAL if nullable(SCHEMAS[name]["properties"][key])],
)
def test_a_property_that_is_null_is_none_and_not_unset(name: str, key: str) -> None:
    value = {**sample(SCHEMAS[name]), key: None}
    made = model(name).from_dict(value)
    assert getattr(made, attribute(key)) is None
    assert made.to_dict() == value


def test_from_dict_leaves_its_argument_as_it_is() -> None:
    value = sample(SCHEMAS["Conversation"])
    before = repr(value)
    Conversation.from_dict(value).to_dict()["messages"].append(None)
    assert repr(value) == before


CONVERSATION = {"id": "c", "userId": "u", "title": "t", "createdAt": TIME, "updatedAt": TIME}
MOMENT = datetime(2025, 10, 5, 3, 1, 9, 598000, tzinfo=UTC)


@pytest.mark.parametrize(
    ("text", "moment", "written"),
    [
        (TIME, MOMENT, TIME),
        ("2025-10-05T05:01:09.598+02:00", MOMENT, TIME),
        ("2025-10-04T22:01:09.598-05:00", MOMENT, TIME),
        ("2025-10-05T03:01:09.598+00:00", MOMENT, TIME),
        ("2025-10-05T03:01:09.598000Z", MOMENT, TIME),
        ("2025-10-05T03:01:09Z", MOMENT.replace(microsecond=0), "2025-10-05T03:01:09.000Z"),
        (
            "2025-10-05T03:01:09.598765Z",
            MOMENT.replace(microsecond=598765),
            "2025-10-05T03:01:09.598Z",
        ),
    ],
)
def test_a_time_is_an_aware_datetime_and_is_written_as_the_contract_has_it(
    text: str, moment: datetime, written: str
) -> None:
    made = Conversation.from_dict({**CONVERSATION, "createdAt": text})
    assert made.created_at == moment
    assert made.created_at.utcoffset() is not None
    assert made.to_dict()["createdAt"] == written


def test_a_time_of_one_s_own_is_written_in_utc() -> None:
    made = Conversation.from_dict(CONVERSATION)
    made.created_at = MOMENT.astimezone(timezone(timedelta(hours=9)))
    made.updated_at = MOMENT.replace(tzinfo=None)
    assert made.to_dict() == CONVERSATION


@pytest.mark.parametrize("text", ["yesterday", "", "05.10.2025"])
def test_what_is_no_time_is_a_value_error(text: str) -> None:
    with pytest.raises(ValueError, match=r".+"):
        Conversation.from_dict({**CONVERSATION, "createdAt": text})


def test_what_is_not_given_is_unset_and_false() -> None:
    made = Conversation.from_dict(CONVERSATION)
    assert made.model is UNSET
    assert isinstance(made.messages, Unset)
    assert not UNSET
    assert Conversation.from_dict({**CONVERSATION, "model": None}).model is None


def test_unknown_properties_are_kept_apart() -> None:
    made = Conversation.from_dict({**CONVERSATION, "stars": 5})
    assert made.additional_properties == {"stars": 5}
    assert made.to_dict() == {**CONVERSATION, "stars": 5}


def test_a_value_that_is_new_to_the_client_is_kept() -> None:
    message = {**sample(SCHEMAS["Message"]), "role": "tool"}
    assert Message.from_dict(message).role == "tool"
    branch = {**sample(SCHEMAS["Branch"]), "contextMode": "SUMMARY"}
    assert models.Branch.from_dict(branch).context_mode == "SUMMARY"


def test_a_tree_is_made_of_nodes_all_the_way_down() -> None:
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
    ("name", "chosen"),
    [
        ("MessageSentResponse", "SendMessageResponse"),
        ("MessageSentResponseCompact", "CompactSendMessageResponse"),
    ],
)
def test_a_union_is_told_apart_by_what_it_requires(name: str, chosen: str) -> None:
    value = SPEC["components"]["examples"][name]["value"]
    made = model("MessageSentResponse").from_dict(value)
    assert type(made.data) is model(chosen)


def test_every_module_of_the_wire_package_can_be_imported() -> None:
    names = [
        each.name for each in pkgutil.walk_packages(chatroutes_wire.__path__, "chatroutes_wire.")
    ]
    assert len(names) > 80
    for name in names:
        importlib.import_module(name)


def test_every_schema_has_its_class_and_every_class_its_schema() -> None:
    rendered = chatroutes_wire.models.__all__
    assert list(rendered) == sorted(rendered)
    assert set(OBJECTS) <= set(rendered)
    inline = {name for name in rendered if name not in SCHEMAS}
    assert all(name.removesuffix("Data") in SCHEMAS for name in inline)


def test_the_models_of_the_sdk_are_those_of_what_it_gives() -> None:
    public = {name for name in vars(models) if name[0].isupper()}
    given = {name for name in OBJECTS if not name.endswith(("Request", "Envelope"))}
    envelopes = {name for name in given if "success" in SCHEMAS[name].get("properties", {})}
    pieces = {
        *("CompactSendMessageResponse", "CompleteChunk", "ContentChunk", "ErrorChunk"),
        "ConversationPage",
    }
    assert public == (given - envelopes - pieces) | {"UNSET", "Unset"}
