"""Tools of other packages read the classes: `unittest.mock` and pydantic."""

from __future__ import annotations

import inspect
import typing
from typing import Any
from unittest.mock import create_autospec

import pytest
from pydantic import BaseModel, TypeAdapter, ValidationError

import chatroutes
import chatroutes_wire.types
from chatroutes import AsyncChatRoutes, ChatRoutes, Conversation, TreeNode
from chatroutes._results import add_request_id

RESOURCES = ("conversations", "messages", "branches", "checkpoints", "autobranch", "models")


@pytest.mark.parametrize("client_class", [ChatRoutes, AsyncChatRoutes])
@pytest.mark.parametrize("name", RESOURCES)
def test_autospec_has_every_method_of_every_resource(client_class: Any, name: str) -> None:
    resource = getattr(client_class("a-key"), name)
    mock = create_autospec(client_class, instance=True)

    assert getattr(client_class, name) is type(resource)
    for method, original in inspect.getmembers(resource, inspect.ismethod):
        if not method.startswith("_"):
            found = getattr(getattr(mock, name), method)
            assert inspect.signature(found).parameters == inspect.signature(original).parameters
    with pytest.raises(AttributeError):
        _ = getattr(mock, name).unknown


@pytest.mark.parametrize("name", ["with_raw_response", "with_streaming_response"])
def test_autospec_has_the_methods_that_return_responses(name: str) -> None:
    mock = create_autospec(ChatRoutes, instance=True)
    methods = getattr(mock.messages, name)

    assert getattr(ChatRoutes.messages, name) is type(getattr(ChatRoutes("a-key").messages, name))
    methods.list("c", branch_id="b")
    methods.list.assert_called_once_with("c", branch_id="b")
    with pytest.raises(TypeError):
        methods.list()
    with pytest.raises(AttributeError):
        _ = methods.iterate


def test_autospec_of_a_client_checks_calls() -> None:
    mock = create_autospec(ChatRoutes, instance=True)
    mock.messages.send.return_value = {"message": {"content": "Hi"}}

    assert mock.messages.send("c", {"content": "Hello"}) == {"message": {"content": "Hi"}}
    mock.messages.send.assert_called_once_with("c", {"content": "Hello"})
    with pytest.raises(TypeError):
        mock.messages.send("c", {"content": "Hello"}, "more")
    mock_class = create_autospec(ChatRoutes)
    assert callable(mock_class("a-key").conversations.get_tree)


async def test_autospec_of_an_async_client_is_awaited() -> None:
    mock = create_autospec(AsyncChatRoutes, instance=True)
    mock.messages.send.return_value = {"message": {"content": "Hi"}}

    assert await mock.messages.send("c", {"content": "Hello"}) == {"message": {"content": "Hi"}}


TYPED_DICTS = [
    value
    for module in (chatroutes, chatroutes.types, chatroutes_wire.types)
    for name in dir(module)
    if hasattr(value := getattr(module, name), "__required_keys__")
]


@pytest.mark.parametrize("typed_dict", TYPED_DICTS, ids=str)
def test_pydantic_accepts_every_typed_dict(typed_dict: Any) -> None:
    schema = TypeAdapter(typed_dict).json_schema()
    if "$ref" in schema:  # a recursive type
        schema = schema["$defs"][schema["$ref"].rpartition("/")[2]]
    assert set(schema.get("required", ())) == typed_dict.__required_keys__
    assert schema["properties"].keys() == typed_dict.__annotations__.keys()
    assert typing.is_typeddict(typed_dict)
    assert typing.get_type_hints(typed_dict).keys() == typed_dict.__annotations__.keys()


def test_pydantic_validates_a_conversation() -> None:
    adapter = TypeAdapter(Conversation)
    conversation: Any = {"id": "c", "userId": "u", "title": "T", "createdAt": "", "updatedAt": ""}

    assert adapter.validate_python(conversation) == conversation
    messages = {"messages": [{"id": "m", "conversationId": "c", "role": "user", "content": 5}]}
    with pytest.raises(ValidationError, match=r"messages\.0\.content"):
        adapter.validate_python(conversation | messages)
    assert set(adapter.json_schema()["required"]) == set(conversation)
    with pytest.raises(ValidationError, match="title"):
        adapter.validate_python({"id": "c"})


def test_pydantic_validates_results() -> None:
    plain: Any = {"id": "c", "userId": "u", "title": "T", "createdAt": "", "updatedAt": ""}

    for strict in (False, True):
        result = add_request_id(plain, "req_1")
        assert TypeAdapter(Conversation).validate_python(result, strict=strict) == plain
        results = add_request_id([result], "req_1")
        assert TypeAdapter(list[Conversation]).validate_python(results, strict=strict) == [plain]


def test_pydantic_validates_a_recursive_tree() -> None:
    class Report(BaseModel):
        tree: TreeNode

    leaf = {"id": "b", "role": "user", "content": "", "children": []}
    tree = {"id": "a", "role": "system", "content": "", "children": [leaf]}
    assert Report.model_validate({"tree": tree}).tree == tree
    with pytest.raises(ValidationError, match=r"tree\.children\.0\.role"):
        Report.model_validate({"tree": tree | {"children": [{"id": "b"}]}})
