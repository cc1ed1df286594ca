"""The command `chat` with a pipe, and its commands."""

from __future__ import annotations

import json
import sys
from typing import Any

import pytest

from chatroutes import ChatRoutes
from chatroutes_cli.chat.slash_commands import SLASH_COMMANDS, parse_slash_command
from chatroutes_cli.exit_codes import ExitCode
from chatroutes_server import Fault, LocalServer
from tests.support.command_line import CommandLine


def chat(commands: CommandLine, *lines: str, options: tuple[str, ...] = ()) -> list[Any]:
    """Chat with these lines, and return the JSON that follows each of them."""
    output = commands.read("chat", "--json", *options, input="\n".join(lines))
    return [json.loads(line) for line in output.splitlines()]


def test_each_line_is_a_message(commands: CommandLine, client: ChatRoutes) -> None:
    output = commands.read("chat", "-m", "gpt-4", input="First\r\n\n  \n/not/a/command\n /nor this")

    [conversation] = client.conversations.list({"limit": 1})["data"]
    messages = client.messages.list(conversation["id"])
    sent = [each["content"] for each in messages if each["role"] == "user"]
    replies = [each["content"] for each in messages if each["role"] == "assistant"]
    assert sent == ["First", "/not/a/command", " /nor this"]
    assert output == "".join(f"{reply}\n" for reply in replies)
    assert conversation["title"] == "First"


def test_empty_input_creates_no_conversation(commands: CommandLine, client: ChatRoutes) -> None:
    before = client.conversations.list({"limit": 1})["total"]

    assert commands.read("chat", input="") == ""
    assert commands.read("chat", input="/help\n/quit\nnot sent").count("\n") > 8
    assert client.conversations.list({"limit": 1})["total"] == before


def test_messages_belong_to_the_current_branch(commands: CommandLine) -> None:
    first, fork, second, switch, third, branches = chat(
        commands, "One", "/branch Other way", "Two", "/switch main", "Three", "/switch"
    )

    main, other = (each["id"] for each in branches)
    assert [each["title"] for each in branches] == ["Main", "Other way"]
    assert fork["branch"]["forkPointMessageId"] == first["assistantMessage"]["id"]
    assert switch["branch"]["id"] == main
    replies = [each["assistantMessage"] for each in (first, second, third)]
    assert [each["branchId"] for each in replies] == [main, other, main]


@pytest.mark.parametrize("name", ["2", "Other way", "other way", "OTHER W"])
def test_switch_finds_a_branch(commands: CommandLine, name: str) -> None:
    *_, fork, _, switched = chat(
        commands, "One", "/branch Other way", "/switch 1", f"/switch {name}"
    )

    assert switched["branch"]["id"] == fork["branch"]["id"]


@pytest.mark.parametrize(
    ("lines", "code", "words"),
    [
        (["/nix"], 2, "no command /nix"),
        (["/quit now"], 2, "/quit has no argument"),
        (["/branch"], 1, "no message yet"),
        (["/retry"], 1, "no question yet"),
        (["/undo"], 1, "no question to undo"),
        (["/tree"], 1, "no message yet"),
        (["/switch other"], 4, "no branches yet"),
        (["One", "/switch 2"], 4, "no branch '2'"),
        (["One", "/branch A", "/branch A", "/switch A"], 4, "'A' names 2 branches"),
        (["One", "/branch A", "/undo"], 1, "belongs to another branch"),
    ],
)
def test_failure_ends_a_piped_chat(
    commands: CommandLine, lines: list[str], code: int, words: str
) -> None:
    found, message = commands.fail("chat", input="\n".join([*lines, "not sent"]))

    assert found == code
    assert words in message
    assert message.count("\n") == 1


def test_retry_asks_again_on_a_new_branch(commands: CommandLine) -> None:
    first, branch, second, third_branch, third = chat(
        commands, "One", "/retry gpt-4", "/retry", options=("-m", "claude-opus-4")
    )

    assert second["model"] == "gpt-4"
    assert second["userMessage"]["content"] == third["userMessage"]["content"] == "One"
    assert second["assistantMessage"]["branchId"] == branch["branch"]["id"]
    assert third["assistantMessage"]["branchId"] == third_branch["branch"]["id"]
    assert first["assistantMessage"]["branchId"] != branch["branch"]["id"]


def test_undo_deletes_the_last_question_and_reply(
    commands: CommandLine, client: ChatRoutes
) -> None:
    first, _, undone, tree = chat(commands, "One", "Two", "/undo", "/tree")

    assert undone == {"undone": "Two"}
    conversation = first["userMessage"]["conversationId"]
    assert [each["role"] for each in client.messages.list(conversation)] == ["user", "assistant"]
    assert tree["metadata"]["totalNodes"] == 2


def test_tree_of_a_long_conversation_is_a_list_of_messages(
    commands: CommandLine, client: ChatRoutes
) -> None:
    chat(commands, "One")
    conversation = client.conversations.list({"limit": 1})["data"][0]["id"]
    export: Any = client.conversations.export(conversation)
    count = 2 * sys.getrecursionlimit()
    export["messages"] = [
        {**export["messages"][0], "id": str(number), "parentMessageId": str(number - 1)}
        for number in range(count)
    ]
    export["messages"][0]["parentMessageId"] = None
    long = client.import_conversation(export).conversation["id"]

    [tree] = chat(commands, "/tree", options=(long,))
    assert tree == commands.read_json("tree", long)
    assert len(tree["nodes"]) == count


def test_model_applies_to_the_next_messages(commands: CommandLine) -> None:
    before, _, after, models = chat(commands, "One", "/model gpt-4", "Two", "/model")

    assert (before["model"], after["model"]) == ("gpt-5", "gpt-4")
    assert models[0]["id"] == "gpt-5"


def test_chat_continues_a_conversation_on_a_branch(commands: CommandLine) -> None:
    first, fork = chat(commands, "One", "/branch Other")
    conversation = first["userMessage"]["conversationId"]

    [second] = chat(commands, "Two", options=(conversation, "--branch", "Other"))

    assert second["assistantMessage"]["branchId"] == fork["branch"]["id"]
    assert commands.fail("chat", "conv_unknown", input="One")[0] == 4
    assert commands.fail("chat", "--branch", "Other", input="One")[0] == 2


def test_text_commands_print_lines(commands: CommandLine, server: LocalServer) -> None:
    server.set_replies("A \x1b[31mreply.")
    output = commands.read("chat", input="One\n/branch \x1b[1mB\n/switch\n/tree\n/help")
    server.set_replies(None)

    assert output.startswith("A ␛[31mreply.\n  1  Main\n* 2  ␛[1mB\n")
    assert "[Main] user: One" in output
    assert all(f"/{name}" in output for name in SLASH_COMMANDS)
    assert "\x1b" not in output


def test_failure_in_a_reply_has_its_exit_code(commands: CommandLine, server: LocalServer) -> None:
    server.faults.add(Fault.parse("streamMessage:status=429,times=9,retry_after=99"))
    code, message = commands.fail("chat", input="One\nTwo")
    server.faults.clear()

    assert code == 6
    assert message.startswith("Error: ")


@pytest.mark.parametrize(
    ("text", "command"),
    [
        ("/help", ("help", "")),
        ("/HELP ", ("help", "")),
        ("/?", ("help", "")),
        ("/exit", ("quit", "")),
        ("/branch  A title ", ("branch", "A title")),
        ("/usr/bin", None),
        (" /help", None),
        ("//help", None),
        ("/branch a\nb", None),
        ("/", None),
        ("/2", None),
    ],
)
def test_slash_commands_are_parsed(text: str, command: tuple[str, str] | None) -> None:
    assert parse_slash_command(text) == command


def test_undo_keeps_messages_that_another_branch_inherits(
    commands: CommandLine, client: ChatRoutes
) -> None:
    lines = ["One", "/branch Other", "Two", "/switch main", "/undo"]

    code, message = commands.fail("chat", input="\n".join(lines))

    [conversation] = client.conversations.list({"limit": 1})["data"]
    assert code == ExitCode.FAILURE
    assert "is also part of Other" in message
    assert len(client.messages.list(conversation["id"])) == 2


def test_undo_on_a_branch_keeps_what_was_before_it(commands: CommandLine) -> None:
    *_, undone, third = chat(commands, "One", "/branch Other", "Two", "/undo", "Three")

    assert undone["undone"] == "Two"
    assert third["assistantMessage"]["metadata"]["context_message_count"] == 3
