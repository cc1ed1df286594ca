"""Every command against servers of either dialect, which have no other fields than those of the dialect."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from typing import Any, Literal

import pytest

from tests.support.command_line import CommandLine
from tests.support.dialect_server import DialectServer


@pytest.fixture(scope="module", params=["documented", "compact"])
def dialect(request: pytest.FixtureRequest) -> Iterator[DialectServer]:
    name: Literal["documented", "compact"] = request.param
    with DialectServer(name, done=name == "documented") as running:
        yield running


@pytest.fixture
def commands(dialect: DialectServer, folders: Path) -> CommandLine:
    return CommandLine(dialect.api_key, dialect.base_url)


@pytest.fixture
def conversation(commands: CommandLine) -> str:
    reply: dict[str, Any] = commands.read_json("ask", "Hello")["assistantMessage"]
    return str(reply["conversationId"])


def test_ask_prints_the_reply(commands: CommandLine, conversation: str) -> None:
    assert commands.read("ask", "Hello", "-c", conversation) == 'You wrote: "Hello"\n'


def test_list_and_models_print_rows(commands: CommandLine, conversation: str) -> None:
    assert commands.read("list", "-n", "1").startswith(f"{conversation}\tHello\t")
    assert commands.read("models") == "gpt-5\topenai\tdefault\n"


def test_show_prints_the_messages(commands: CommandLine, conversation: str) -> None:
    shown = commands.read("show", conversation)

    assert shown == 'user:\nHello\n\nassistant (gpt-5):\nYou wrote: "Hello"\n'


def test_chat_runs_slash_commands(commands: CommandLine) -> None:
    lines = ["One", "/undo", "/branch A", "Two", "/model gpt-4", "/switch", "/switch 1", "/tree"]

    output = commands.read("chat", input="\n".join(lines))

    assert output.startswith('You wrote: "One"\nYou wrote: "Two"\n  1  Main\n')
    assert "user: One" in output


def test_chat_retries_with_another_model(commands: CommandLine) -> None:
    output = commands.read("chat", input="One\nTwo\n/retry gpt-4")

    assert output == 'You wrote: "One"\nYou wrote: "Two"\nYou wrote: "Two"\n'
