"""Services whose responses have other values than the contract defines."""

from __future__ import annotations

import contextlib
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from chatroutes import ChatRoutes, ChatRoutesError
from tests.support.command_line import CommandLine
from tests.support.json_server import EventStream, JsonServer

OBJECTS: list[Any] = [
    {},
    None,
    7,
    {"id": "x", "title": None, "role": None, "content": None, "metadata": None},
    {"id": "x", "title": 7, "role": 7, "content": ["a"], "metadata": "a", "model": []},
    {"id": "x", "content": "hi", "children": 7, "branchInfo": 7},
    {"id": "x", "children": [None], "branchInfo": {"branchId": 7}},
    {"id": ["a"], "content": {}},
    {"id": None, "provider": 7, "isDefault": "a", "updatedAt": 7, "branchId": 7, "isMain": "a"},
]
EVENTS: list[Any] = [
    {"type": "content", "content": None},
    {"type": "content", "content": "Hi"},
    {"choices": [{}]},
    {"type": "complete"},
]
CHAT = "hi\n/switch\n/tree\n/model\n/branch x\n/retry\n/undo\n"


@pytest.fixture(scope="module")
def service() -> Iterator[JsonServer]:
    def respond(method: str, target: str, headers: dict[str, str], body: Any) -> Any:
        if target.endswith("/stream"):
            return EventStream(EVENTS)
        lists = {
            name: [running.value] for name in ("conversations", "models", "messages", "branches")
        }
        lists["branches"] += [{"id": "b", "isMain": True}, {"id": "b2"}]
        objects = {"conversation": {"id": "c"}, "message": running.value, "branch": running.value}
        if target.partition("?")[0].endswith("/tree"):
            root = {"id": "c", "children": [running.value]}
            return {"success": True, "data": {**objects, "tree": root, "metadata": running.value}}
        return {"success": True, "data": {**lists, **objects, "total": 1, "page": 1, "limit": 10}}

    class Service(JsonServer):
        value: Any = None

    running = Service(respond)
    with running:
        yield running


@pytest.mark.parametrize("value", OBJECTS)
def test_commands_show_other_values_or_an_error(service: Any, folders: Path, value: Any) -> None:
    service.value = value
    commands = CommandLine("key", f"http://127.0.0.1:{service.server_port}/api/v1")
    for arguments in (
        ["list"],
        ["models"],
        ["show", "c"],
        ["show", "c", "--branch", "x"],
        ["ask", "hi"],
    ):
        result = commands.run(*arguments)
        assert result.exit_code == 0 or result.stderr.startswith("Error: ")
    result = commands.run("chat", input=CHAT)
    assert result.exit_code == 0 or result.stderr.startswith("Error: ")


@pytest.mark.parametrize("value", OBJECTS)
def test_commands_for_branches_show_other_values_or_an_error(
    service: Any, folders: Path, value: Any
) -> None:
    service.value = value
    commands = CommandLine("key", f"http://127.0.0.1:{service.server_port}/api/v1")
    for arguments in (
        ["tree", "c"],
        ["tree", "c", "--json"],
        ["fork", "c", "--branch", "b2"],
        ["merge", "c", "b2"],
        ["compare", "-m", "a", "hi"],
        ["diff", "c", "b2"],
        ["diff", "c", "b2", "--json"],
        ["search", "hi"],
        ["search", "hi", "--json"],
    ):
        result = commands.run(*arguments)
        assert result.exit_code == 0 or result.stderr.startswith(("Error: ", '{"error"'))


@pytest.mark.parametrize("value", OBJECTS)
def test_regenerate_returns_a_reply_or_raises_an_error_of_the_sdk(service: Any, value: Any) -> None:
    service.value = value
    url = f"http://127.0.0.1:{service.server_port}/api/v1"
    with ChatRoutes("key", url) as client:
        for message_id in ("x", "unknown"):
            with contextlib.suppress(ChatRoutesError):
                assert client.regenerate("c", message_id).text
