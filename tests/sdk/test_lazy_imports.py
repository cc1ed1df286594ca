"""Lazy imports: a program loads only the modules that it uses."""

from __future__ import annotations

import ast
import importlib
import inspect
import os
import sys
import typing
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

import chatroutes
from chatroutes import _fork
from tests.support.fault_server import FaultServer
from tests.support.imported_modules import imported_modules
from tests.support.payloads import CONVERSATION_RESPONSE

HEAVY = {"anyio", "asyncio", "attr", "chatroutes_wire", "dateutil", "httpx", "logging", "ssl"}
NOT_IN_A_PLAIN_CALL = {
    "_error_payloads",
    "_failed_attempts",
    "_header_errors",
    "_hints",
    "_observer",
    "_proxies",
    "_response_errors",
    "_retry",
    "_stream_errors",
    "_time_limits",
    "_tls",
    "_tracebacks",
    "_transport_errors",
}
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
def test_unused_client_imports_no_heavy_modules(code: str) -> None:
    assert not imported_modules(code) & HEAVY


def test_types_import_neither_httpx_nor_models() -> None:
    modules = imported_modules("from chatroutes import Conversation, SendMessageRequest")
    assert not modules & (HEAVY - {"chatroutes_wire"})
    assert "chatroutes_wire.types" in modules


def test_resource_imports_no_other_resource_and_no_models() -> None:
    modules = imported_modules(
        "from chatroutes import ChatRoutes; ChatRoutes('a-key').conversations"
    )
    assert "chatroutes._sync.resources.conversations" in modules
    others = {f"resources.{name}" for name in RESOURCES} | {"stream"}
    others.remove("resources.conversations")
    assert not modules & {f"chatroutes._sync.{name}" for name in others}
    assert not modules & {"attr", "dateutil", "chatroutes_wire.models", "chatroutes._async"}
    assert "chatroutes_wire.types" not in modules


def test_plain_call_imports_no_errors_proxies_or_tls(fault_server: FaultServer) -> None:
    fault_server.script(CONVERSATION_RESPONSE)
    modules = imported_modules(
        "from chatroutes import ChatRoutes\n"
        f"ChatRoutes('a-key', {fault_server.base_url!r}).conversations.get('conv_1')"
    )
    assert "chatroutes._sync.connection_pool" in modules
    assert not modules & {f"chatroutes.{name}" for name in NOT_IN_A_PLAIN_CALL}


def test_interpreter_keeps_no_large_module_alive_for_forks() -> None:
    # It refers to the globals of the functions that run around a fork until its very end.
    origins = {getattr(value, "__module__", None) for value in vars(_fork).values()}
    assert not origins & {"collections.abc", "contextlib", "functools", "types", "typing"}
    assert {value for value in vars(_fork).values() if inspect.ismodule(value)} <= {os, sys}


@pytest.mark.parametrize("client", [chatroutes.ChatRoutes, chatroutes.AsyncChatRoutes])
@pytest.mark.parametrize("name", RESOURCES)
def test_type_hints_of_every_method_resolve(client: Any, name: str) -> None:
    resource = getattr(client("a-key"), name)
    methods = inspect.getmembers(resource, inspect.ismethod)
    hints = {name: typing.get_type_hints(method) for name, method in methods}
    assert hints
    assert all("return" in each for each in hints.values())


def public_functions(owner: Any) -> Iterator[Any]:
    """Yield the functions of a class or module: its methods, and those behind its properties."""
    members = inspect.getmembers_static(owner) if inspect.isclass(owner) else vars(owner).items()
    for name, value in members:
        if name.startswith("_") and name not in ("__init__", "__enter__", "__aenter__", "__next__"):
            continue
        if isinstance(value, property):
            yield value.fget
        elif isinstance(value, (classmethod, staticmethod)):
            yield value.__func__
        else:
            function = getattr(value, "func", value)
            if inspect.isfunction(function):
                yield function


PUBLIC_CLASSES = sorted(
    {
        value
        for module in (chatroutes, chatroutes.errors, chatroutes.http_client, chatroutes.resources)
        for name in dir(module)
        if not name.startswith("_") and inspect.isclass(value := getattr(module, name))
    },
    key=str,
)


@pytest.mark.parametrize("owner", PUBLIC_CLASSES, ids=str)
def test_type_hints_of_every_public_class_resolve(owner: Any) -> None:
    typing.get_type_hints(owner)
    for function in public_functions(owner):
        typing.get_type_hints(function)


def test_type_hints_are_the_public_types() -> None:
    hints = typing.get_type_hints(chatroutes.ChatRoutes("a-key").conversations.get)
    options = typing.Unpack[chatroutes.RequestOptions]
    assert hints == {
        "conversation_id": str,
        "options": options,
        "return": chatroutes.Conversation,
    }


def test_lazy_names_match_the_imports_for_type_checkers() -> None:
    file = chatroutes.__file__
    assert file is not None
    imports = [
        node
        for node in ast.walk(ast.parse(Path(file).read_text("utf-8")))
        if isinstance(node, ast.ImportFrom) and node.level
    ]
    names = {"__version__"}
    for node in imports:
        module = importlib.import_module(f".{node.module}", "chatroutes")
        for alias in node.names:
            assert getattr(chatroutes, alias.name) is getattr(module, alias.name)
            names.add(alias.name)
    assert names == set(chatroutes.__all__)


@pytest.mark.parametrize("name", ["errors", "models", "trees", "types"])
def test_public_modules_are_attributes(name: str) -> None:
    modules = imported_modules(f"import chatroutes; chatroutes.{name}.__name__")
    assert f"chatroutes.{name}" in modules


def test_dir_lists_lazy_names() -> None:
    assert {*chatroutes.__all__, "errors", "models", "trees", "types"} <= set(dir(chatroutes))


def test_unknown_names_raise_the_usual_errors() -> None:
    with pytest.raises(AttributeError, match="module 'chatroutes' has no attribute 'Clint'"):
        _ = chatroutes.Clint  # type: ignore[attr-defined]
    with pytest.raises(ImportError, match="cannot import name 'Clint' from 'chatroutes'"):
        exec("from chatroutes import Clint")
