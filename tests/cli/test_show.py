"""The command `show`."""

from __future__ import annotations

import pytest

from chatroutes import ChatRoutes
from tests.support.command_line import CommandLine


@pytest.fixture
def conversation(client: ChatRoutes) -> str:
    """A conversation with a message on each of two branches."""
    id = client.conversations.create({"title": "Holi\x1bdays"})["id"]
    reply = client.messages.send(id, {"content": "One\n\x1b[2J\ttwo"})["message"]
    branch = client.branches.fork(id, {"forkPointMessageId": reply["id"], "title": "Other"})
    client.branches.send_message(id, branch["id"], {"content": "Three"})
    return id


def test_show_prints_the_messages(commands: CommandLine, conversation: str) -> None:
    output = commands.read("show", conversation)

    assert output.startswith("user:\nOne\n␛[2J\ttwo\n\nassistant (gpt-5):\nThis is")
    assert "Three" not in output
    assert "Three" in commands.read("show", conversation, "--branch", "other")


def test_show_prints_json(commands: CommandLine, client: ChatRoutes, conversation: str) -> None:
    shown = commands.read_json("show", conversation, "--branch", "Other")

    assert shown["conversation"]["title"] == "Holi\x1bdays"
    assert shown["branch"]["title"] == "Other"
    branch = shown["branch"]["id"]
    assert shown["messages"] == client.branches.get_messages(conversation, branch)
    assert commands.read_json("show", conversation)["branch"] is None


def test_colors_are_forced_or_turned_off(commands: CommandLine, conversation: str) -> None:
    colored = commands.run("show", conversation, FORCE_COLOR="1")
    plain = commands.run("show", conversation, FORCE_COLOR="1", NO_COLOR="1")

    assert colored.stdout.startswith("\x1b[36muser:\x1b[0m\n")
    assert "\x1b" not in plain.stdout
    assert (
        colored.stdout.count("\x1b[") == 4
    )  # the two roles; those of the messages are shown as symbols


def test_unknown_conversation_or_branch_is_not_found(
    commands: CommandLine, conversation: str
) -> None:
    assert commands.fail("show", "conv_unknown")[0] == 4
    code, message = commands.fail("show", conversation, "--branch", "nix")
    assert code == 4
    assert message.startswith("Error: There is no branch 'nix'. ")
