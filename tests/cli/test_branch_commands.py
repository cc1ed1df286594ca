"""The commands `tree`, `fork`, `merge`, `diff` and `search`."""

from __future__ import annotations

import os
from pathlib import Path
from typing import cast

import pytest

from chatroutes import Branch, ChatRoutes
from chatroutes_cli.branches import choose_branch
from chatroutes_cli.failures import CommandError
from tests.support.command_line import CommandLine
from tests.support.dialect_server import DialectServer
from tests.support.markers import single_python

pytestmark = single_python

ESCAPES = "\x1b[31mred\x1b]0;title\x07 \u202e\x9b2J"


@pytest.fixture
def conversation(client: ChatRoutes) -> str:
    """A conversation with a question, a reply, and a branch `Other` on which the question differs."""
    conversation_id = client.conversations.create({"title": f"Trip {ESCAPES}"})["id"]
    sent = client.messages.send(conversation_id, {"content": "Lisbon or Kyoto?"})
    client.messages.send(conversation_id, {"content": f"To Lisbon {ESCAPES}"})
    branch = client.branches.create(
        conversation_id, {"title": "Other", "baseNodeId": sent["message"]["id"]}
    )
    client.branches.send_message(conversation_id, branch["id"], {"content": "To Kyoto"})
    return conversation_id


def branch_id(client: ChatRoutes, conversation_id: str, title: str) -> str:
    branches = client.branches.list(conversation_id)
    return next(each["id"] for each in branches if each["title"] == title)


def assert_safe(text: str) -> None:
    assert not set("\x1b\x07\x9b\u202e\r") & set(text)


# Trees


def test_tree_is_drawn_as_text(commands: CommandLine, conversation: str) -> None:
    text = commands.read("tree", conversation)

    assert_safe(text)
    assert "Lisbon or Kyoto?" in text
    assert "└─ [Other] user: To Kyoto" in text
    assert max(map(len, text.splitlines())) <= 80


@pytest.mark.parametrize(
    ("name", "start"),
    [("t.html", "<!doctype html>"), ("t.SVG", "<svg"), ("t.mmd", "flowchart"), ("t", "Trip")],
)
def test_tree_is_written_to_a_file_in_the_format_of_its_name(
    commands: CommandLine, conversation: str, tmp_path: Path, name: str, start: str
) -> None:
    file = tmp_path / name

    assert commands.read("tree", conversation, "--output", str(file)) == ""

    text = file.read_text(encoding="utf-8")
    assert text.lower().startswith(start.lower())
    assert "To Kyoto" in text


def test_name_of_another_format_is_a_usage_error(commands: CommandLine, tmp_path: Path) -> None:
    output = tmp_path / "tree.pdf"

    code, message = commands.fail("tree", "conv_1", "-o", str(output))

    assert (code, output.exists()) == (2, False)
    assert "There is no picture in the format .pdf" in message


def test_tree_can_be_printed_in_every_format(commands: CommandLine, conversation: str) -> None:
    for name in ("text", "mermaid", "dot", "svg"):
        assert_safe(commands.read("tree", conversation, "--format", name, "--output", "-"))
    page = commands.read("tree", conversation, "--format", "html")
    assert page.startswith("<!doctype html>")
    assert "\x1b" not in page


def test_tree_as_json_is_a_list_of_messages(
    commands: CommandLine, client: ChatRoutes, conversation: str
) -> None:
    tree = commands.read_json("tree", conversation)

    assert tree["nodes"] == client.conversations.get_tree(conversation).get("nodes")
    assert tree["metadata"]["totalNodes"] == 6
    assert "tree" not in tree
    exit_code, error = commands.fail("tree", conversation, "--json", "-o", "x.html")
    assert (exit_code, "cannot be combined" in error) == (2, True)


@pytest.mark.parametrize("dialect", ["documented", "compact"])
def test_commands_work_with_a_server_of_one_dialect(dialect: str, folders: Path) -> None:
    with DialectServer(dialect) as server:  # type: ignore[arg-type]
        commands = CommandLine(server.api_key, server.base_url)
        with ChatRoutes(server.api_key, server.base_url) as client:
            conversation_id = client.conversations.create({"title": "T"})["id"]
            reply = client.messages.send(conversation_id, {"content": "Hi"})["assistantMessage"]

        assert 'assistant: You wrote: "Hi"' in commands.read("tree", conversation_id)
        nodes = commands.read_json("tree", conversation_id)["nodes"]
        assert [each["content"] for each in nodes] == ["Hi", 'You wrote: "Hi"']
        assert commands.read("fork", conversation_id, reply["id"]).startswith("br_")
        assert (
            commands.read("merge", conversation_id, "main") == "Merged Main into Main (br_main).\n"
        )
        found = commands.read_json("search", "hi", "-c", conversation_id)
        assert [each["message"]["content"] for each in found] == ["Hi", 'You wrote: "Hi"']
        assert commands.read("diff", conversation_id, "br_main", "main").startswith("2 common")
        text = commands.read("compare", "-c", conversation_id, "-m", "gpt-5", "Why?")
        assert text.startswith("# gpt-5 (br_")
        assert 'You wrote: "Why?"' in text


# Forks and merges


def test_fork_prints_the_id_of_the_branch(
    commands: CommandLine, client: ChatRoutes, conversation: str
) -> None:
    first = client.messages.list(conversation)[0]["id"]
    options = ("--title", "Mine", "--context", "minimal")

    at_message = commands.read("fork", conversation, first).strip()
    at_branch = commands.read_json("fork", conversation, "--branch", "other", *options)
    at_end = commands.read_json("fork", conversation)
    at_beginning = commands.read_json("fork", conversation, conversation)

    branches = {each["id"]: each for each in client.branches.list(conversation)}
    assert branches[at_message].get("forkPointMessageId") == first
    assert branches[at_message]["title"] == "Fork"
    other = client.branches.get_messages(conversation, branch_id(client, conversation, "Other"))
    assert at_branch["forkPointMessageId"] == other[-1]["id"]
    assert (at_branch["title"], at_branch["contextMode"]) == ("Mine", "MINIMAL")
    last = client.messages.list(conversation)[-1]["id"]
    assert at_end["forkPointMessageId"] == last
    assert "forkPointMessageId" not in at_beginning


def test_merge_names_both_branches(
    commands: CommandLine, client: ChatRoutes, conversation: str
) -> None:
    main = branch_id(client, conversation, "Main")

    assert commands.read("merge", conversation, "Other") == f"Merged Other into Main ({main}).\n"

    assert client.messages.list(conversation)[4]["content"] == "To Kyoto"
    assert commands.fail("merge", conversation, "Other")[0] == 5


# Names of branches


def branches(*names: tuple[str, str]) -> list[Branch]:
    made = [
        {"id": name, "title": title, "isMain": index == 0}
        for index, (name, title) in enumerate(names)
    ]
    return cast("list[Branch]", made)


NAMED = branches(
    ("br_a1", "Start"), ("br_a2", "gpt-5"), ("br_b3", "GPT-5"), ("br_b4", "Kyoto trip")
)


@pytest.mark.parametrize(
    "arguments",
    [
        ["fork", ""],
        ["fork", "--branch", ""],
        ["compare", "Why?", "-m", "gpt-5", "--at", ""],
        ["compare", "Why?", "-m", "gpt-5", "--branch", ""],
        ["ask", "Why?", "--branch", ""],
        ["ask", "Why?", "--model", ""],
        ["chat", "--branch", ""],
        ["export", "--branch", ""],
        ["export", "--output", ""],
        ["show", "--branch", ""],
        ["show", "--base-url", ""],
        ["tree", "--output", ""],
    ],
    ids=" ".join,
)
def test_empty_argument_is_not_the_default(
    commands: CommandLine, client: ChatRoutes, conversation: str, arguments: list[str]
) -> None:
    """It comes from a variable of a shell script that is not set."""
    command, *rest = arguments

    code, _message = commands.fail(command, conversation, *rest)

    assert code in (2, 4)
    assert len(client.branches.list(conversation)) == 2


@pytest.mark.parametrize(
    ("text", "found"),
    [
        ("br_a1", "br_a1"),
        ("main", "br_a1"),
        ("MAIN", "br_a1"),
        ("start", "br_a1"),
        ("gpt-5", "br_a2"),
        ("GPT-5", "br_b3"),
        ("br_a2", "br_a2"),
        ("br_b3", "br_b3"),
        ("kyoto", "br_b4"),
    ],
)
def test_branch_is_found_by_id_title_or_prefix(text: str, found: str) -> None:
    assert choose_branch(NAMED, text)["id"] == found


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("br_a", "'br_a' names 2 branches: br_a1 (Start), br_a2 (gpt-5). Pass the id of one."),
        ("gPt-5", "'gPt-5' names 2 branches: br_a2 (gpt-5), br_b3 (GPT-5). Pass the id of one."),
        ("Kioto trip", "There is no branch 'Kioto trip'. Did you mean br_b4 (Kyoto trip)?"),
        ("br_b5", "There is no branch 'br_b5'. Did you mean br_b4 (Kyoto trip)?"),
        ("", "There is no branch ''. There are br_a1 (Start), br_a2 (gpt-5), br_b3 (GPT-5), "),
    ],
)
def test_unknown_branch_names_the_nearest(text: str, message: str) -> None:
    with pytest.raises(CommandError) as caught:
        choose_branch(NAMED, text)

    assert caught.value.message.startswith(message)
    assert caught.value.exit_code == 4


def test_many_branches_are_not_all_named() -> None:
    many = branches(*((f"br_{number}", f"T\x1b{number}") for number in range(9)))

    with pytest.raises(CommandError, match=r"br_4 \(T␛4\) and 4 more"):
        choose_branch(many, "nothing like it")


# Differences


def test_diff_shows_the_messages_after_the_fork(
    commands: CommandLine, client: ChatRoutes, conversation: str
) -> None:
    text = commands.read("diff", conversation, "Other")
    fields = commands.read_json("diff", conversation, "main", "other")

    assert_safe(text)
    lines = text.splitlines()
    assert lines[0].startswith("2 common messages, the last is assistant: ")
    assert lines[1:3] == [
        f"--- Other ({branch_id(client, conversation, 'Other')})",
        f"+++ Main ({branch_id(client, conversation, 'Main')})",
    ]
    assert "-user: To Kyoto" in lines
    assert any(line.startswith("+user: To Lisbon ␛[31mred") for line in lines)
    assert fields["forkPoint"] == client.messages.list(conversation)[1]
    assert fields["commonMessages"] == 2
    assert fields["left"]["messages"] == client.messages.list(conversation)[2:]
    assert fields["right"]["branch"]["title"] == "Other"
    assert fields["diff"].startswith("--- Main")


def test_words_that_differ_are_bold(commands: CommandLine, conversation: str) -> None:
    result = commands.run("diff", conversation, "Other", FORCE_COLOR="1", TERM="xterm")

    assert "\x1b[31m-user: To \x1b[0m\x1b[31m\x1b[1mKyoto\x1b[0m" in result.stdout


def test_equal_branches_have_no_difference(commands: CommandLine, conversation: str) -> None:
    assert len(commands.read("diff", conversation, "main", "Main").splitlines()) == 1
    assert commands.read_json("diff", conversation, "main")["diff"] == ""


# Searches


def test_search_prints_a_row_for_each_message(
    commands: CommandLine, client: ChatRoutes, conversation: str
) -> None:
    other = branch_id(client, conversation, "Other")

    text = commands.read("search", "to KYOTO", "--conversation", conversation)
    rows = [line.split("\t") for line in text.splitlines()]

    assert_safe(text)
    assert [row[:2] for row in rows] == [[conversation, other]] * 2
    assert rows[0][3:] == ["user", "To Kyoto"]
    assert len(commands.read("search", "kyoto").splitlines()) >= 3
    assert len(commands.read("search", "kyoto", "-n", "1").splitlines()) == 1


def test_search_with_a_regular_expression(commands: CommandLine, conversation: str) -> None:
    found = commands.read_json("search", "-E", r"^to (l\w+)", "-c", conversation)

    [result] = found
    assert result["matches"] == [[0, 9]]
    assert result["branch"]["title"] == "Main"
    assert result["conversationId"] == conversation
    assert commands.read_json("search", "nothing like this", "-c", conversation) == []
    assert commands.read("search", "nothing like this", "-c", conversation) == ""
    exit_code, error = commands.fail("search", "-E", "(")
    assert (exit_code, "not a regular expression" in error) == (2, True)
    assert commands.fail("search", "x", "-c", "missing")[0] == 4


@pytest.mark.skipif(os.name == "nt", reason="Windows has no pseudo-terminals of this kind")
def test_search_fits_the_terminal(commands: CommandLine, client: ChatRoutes) -> None:
    from tests.support.pseudo_terminal import PseudoTerminal

    conversation_id = client.conversations.create({"title": "Trips"})["id"]
    text = f"{'京都 before ' * 9}the needle{' 京都 after' * 9}"
    client.messages.send(conversation_id, {"content": text})
    environment = {name: value for name, value in commands.environment.items() if value}

    arguments = ("search", "NEEDLE", "-c", conversation_id, "-n", "1")
    with PseudoTerminal(*arguments, environment=environment, columns=60) as terminal:
        assert terminal.wait_for_exit() == 0
        heading, message, line = terminal.text.splitlines()

    assert heading == conversation_id
    assert message.startswith("  msg_")
    assert message.endswith(" [Main] user")
    assert line.startswith("    …")
    assert "the needle 京都 after" in line
    assert line.endswith("…")
    assert b"\x1b[33m\x1b[1mneedle\x1b[0m" in terminal.received
