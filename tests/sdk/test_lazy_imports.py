"""What is loaded when: a program pays for what it uses."""

from __future__ import annotations

import ast
import importlib
import inspect
import typing
from pathlib import Path
from typing import Any

import pytest

import chatroutes
from tests.support.imported_modules import imported_modules

HEAVY = {"anyio", "asyncio", "attr", "chatroutes_wire", "dateutil", "httpx", "logging", "ssl"}
RESOURCES = ("conversations", "messages", "branches", "checkpoints", "autobranch", "models")


@pytest.mark.parametrize(
    "code",
    [
        "import chatroutes",
        "from chatroutes import ChatRoutes, AsyncChatRoutes",
        "from chatroutes import ChatRoutesError, NotFoundError",
        "from chatroutes import ChatRoutes; ChatRoutes('a-key').with_options(timeout=5)",
    ],
)
def test_a_client_that_sent_nothing_loaded_nothing_to_send_with(code: str) -> None:
    assert not imported_modules(code) & HEAVY


def test_the_types_come_without_what_sends_and_without_the_models() -> None:
    loaded = imported_modules("from chatroutes import Conversation, SendMessageRequest")
    assert not loaded & (HEAVY - {"chatroutes_wire"})
    assert "chatroutes_wire.types" in loaded


def test_a_resource_loads_no_other_one_and_no_models() -> None:
    loaded = imported_modules(
        "from chatroutes import ChatRoutes; ChatRoutes('a-key').conversations"
    )
    assert "chatroutes._sync.resources.conversations" in loaded
    others = {f"resources.{name}" for name in RESOURCES} | {"stream"}
    others.remove("resources.conversations")
    assert not loaded & {f"chatroutes._sync.{name}" for name in others}
    assert not loaded & {"attr", "dateutil", "chatroutes_wire.models", "chatroutes._async"}
    assert "chatroutes_wire.types" not in loaded


@pytest.mark.parametrize("client", [chatroutes.ChatRoutes, chatroutes.AsyncChatRoutes])
@pytest.mark.parametrize("name", RESOURCES)
def test_the_types_of_every_method_can_be_looked_up(client: Any, name: str) -> None:
    resource = getattr(client("a-key"), name)
    methods = inspect.getmembers(resource, inspect.ismethod)
    hints = {name: typing.get_type_hints(method) for name, method in methods}
    assert hints
    assert all("return" in each for each in hints.values())


def test_a_type_that_is_looked_up_is_the_documented_one() -> None:
    hints = typing.get_type_hints(chatroutes.ChatRoutes("a-key").conversations.get)
    assert hints == {"conversation_id": str, "return": chatroutes.Conversation}


def test_each_name_is_what_a_type_checker_takes_it_for() -> None:
    file = chatroutes.__file__
    assert file is not None
    imports = [
        node
        for node in ast.walk(ast.parse(Path(file).read_text("utf-8")))
        if isinstance(node, ast.ImportFrom) and node.level
    ]
    seen = {"__version__"}
    for node in imports:
        module = importlib.import_module(f".{node.module}", "chatroutes")
        for alias in node.names:
            assert getattr(chatroutes, alias.name) is getattr(module, alias.name)
            seen.add(alias.name)
    assert seen == set(chatroutes.__all__)


@pytest.mark.parametrize("name", ["errors", "models", "types"])
def test_the_public_modules_are_attributes(name: str) -> None:
    loaded = imported_modules(f"import chatroutes; chatroutes.{name}.__name__")
    assert f"chatroutes.{name}" in loaded


def test_all_names_are_listed_before_they_are_loaded() -> None:
    assert {*chatroutes.__all__, "errors", "models", "types"} <= set(dir(chatroutes))


def test_a_name_that_is_not_there_is_refused_in_the_usual_words() -> None:
    with pytest.raises(AttributeError, match="module 'chatroutes' has no attribute 'Clint'"):
        _ = chatroutes.Clint  # type: ignore[attr-defined]
    with pytest.raises(ImportError, match="cannot import name 'Clint' from 'chatroutes'"):
        exec("from chatroutes import Clint")
