"""The commands `list` and `models`."""

from __future__ import annotations

import pytest

from chatroutes import ChatRoutes
from tests.support.command_line import CommandLine


def test_list_prints_the_latest_conversation_first(
    commands: CommandLine, client: ChatRoutes
) -> None:
    first = client.conversations.create({"title": "First"})["id"]
    second = client.conversations.create({"title": "Second"})["id"]

    lines = commands.read("list", "--limit", "2").splitlines()

    assert [line.split("\t")[:2] for line in lines] == [[second, "Second"], [first, "First"]]
    assert [each["id"] for each in commands.read_json("list", "-n", "1")] == [second]
    assert {first, second} <= {each["id"] for each in commands.read_json("list", "--all")}


@pytest.mark.parametrize("command", [("list",), ("search", "x")], ids=" ".join)
@pytest.mark.parametrize("limit", ["0", str(2**63), "9" * 30])
def test_limit_out_of_range_is_a_usage_error(
    commands: CommandLine, command: tuple[str, ...], limit: str
) -> None:
    code, message = commands.fail(*command, "--limit", limit)

    assert code == 2
    assert f"{limit} is not in the range" in message


def test_titles_cannot_disturb_the_output(commands: CommandLine, client: ChatRoutes) -> None:
    title = "a\x1b[31mred\x1b]0;title\x07\nb\u202ec\x9b2J"
    client.conversations.create({"title": title})

    line = commands.read("list", "--limit", "1")
    text = commands.read("list", "--limit", "1", "--json")

    assert line.count("\n") == 1
    assert not set("\x1b\x07\x9b\u202e") & set(line + text)
    assert commands.read_json("list", "--limit", "1")[0]["title"] == title


def test_models_prints_the_models(commands: CommandLine, client: ChatRoutes) -> None:
    lines = commands.read("models").splitlines()

    assert lines[0].split("\t") == ["gpt-5", "local", "default"]
    assert commands.read_json("models") == client.models.list()
