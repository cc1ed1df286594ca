"""The command `compare`: columns on a terminal, rows elsewhere."""

from __future__ import annotations

import os
from collections.abc import Iterator

import pytest

from chatroutes import ChatRoutes
from chatroutes_cli.side_by_side import WrappedText, arrange
from chatroutes_server import LocalServer, Reply
from tests.support.command_line import CommandLine
from tests.support.markers import single_python

pytestmark = single_python

LONG = "\n".join(
    f"Line {number} of a reply that is longer than the screen." for number in range(60)
)
REPLIES = {
    "long": LONG,
    "wide": "京都は春がとても美しいです。" * 4,
    "hostile": "שלום \x1b[31mred\x1b[2J\x07 \u202eabc\r\ttab " * 4,
    "broken": Reply("Only a part", status=503, message="The model is \x1b[5moverloaded"),
}
MODELS = [option for model in REPLIES for option in ("-m", model)]


@pytest.fixture(scope="module")
def server() -> Iterator[LocalServer]:
    with LocalServer(replies=REPLIES) as running:
        yield running


# Rows


def test_replies_are_printed_one_below_the_other(commands: CommandLine, client: ChatRoutes) -> None:
    result = commands.run("compare", "Where to?", "-m", "wide", "-m", "broken", "-m", "hostile")

    assert result.exit_code == 8
    assert "The model is ␛[5moverloaded" in result.stderr
    assert not set("\x1b\x07\u202e\r") & set(result.stdout + result.stderr)
    headings = [line for line in result.stdout.splitlines() if line.startswith("# ")]
    names = [heading.split()[1] for heading in headings]
    assert names == ["wide", "broken", "hostile", "Conversation"]
    assert f"\n\n{REPLIES['wide']}\n\n# broken" in result.stdout
    assert "\n\nOnly a part\nError: " in result.stdout
    conversation = next(iter(client.conversations.iterate()))
    assert headings[-1] == f"# Conversation {conversation['id']}"
    assert conversation["title"] == "Where to?"
    assert {each["title"] for each in client.branches.list(conversation["id"])} == {
        "Main",
        "wide",
        "broken",
        "hostile",
    }


def test_json_has_the_results(commands: CommandLine, client: ChatRoutes) -> None:
    conversation_id = client.conversations.create({"title": "T"})["id"]
    sent = client.messages.send(conversation_id, {"content": "Hi", "model": "wide"})
    client.messages.send(conversation_id, {"content": "More", "model": "wide"})
    at = sent["message"]["id"]

    fields = commands.read_json(
        "compare", "-m", "wide", "-m", "long", "-c", conversation_id, "--at", at, "Why?"
    )

    assert fields["conversationId"] == conversation_id
    wide, long = fields["results"]
    assert (wide["text"], long["text"]) == (REPLIES["wide"], LONG)
    assert wide["branch"]["forkPointMessageId"] == at
    assert wide["usage"]["completionTokens"] > 0
    assert wide["error"] is None


def test_question_can_be_piped_and_asked_on_a_branch(
    commands: CommandLine, client: ChatRoutes
) -> None:
    conversation_id = client.conversations.create({"title": "T"})["id"]
    client.messages.send(conversation_id, {"content": "Hi", "model": "wide"})
    arguments = ("compare", "-m", "wide", conversation_id, "--branch", "main", "Explain:")

    [result] = commands.read_json(*arguments, input=b"a text\n")["results"]

    messages = client.branches.get_messages(conversation_id, result["branch"]["id"])
    assert messages[2]["content"] == "Explain:\n\na text"
    assert commands.fail("compare", "Why?")[0] == 2
    assert commands.fail("compare", "-m", "wide")[0] == 2
    assert commands.fail("compare", "-m", "wide", conversation_id)[0] == 2
    assert commands.fail("compare", "-m", "wide", "--at", "x", "Why?")[0] == 2
    assert commands.fail("compare", "-m", "wide", "-m", "", "Why?")[0] == 2


# Columns


@pytest.mark.parametrize(
    ("count", "width", "expected"),
    [
        (1, 80, (1, 80)),
        (2, 80, (2, 38)),
        (3, 80, (3, 24)),
        (4, 80, (2, 38)),
        (4, 120, (4, 27)),
        (5, 120, (3, 38)),
        (3, 20, (1, 20)),
    ],
)
def test_columns_fill_the_terminal(count: int, width: int, expected: tuple[int, int]) -> None:
    assert arrange(count, width) == expected


@pytest.mark.parametrize("size", [1, 2, 5, 1000])
@pytest.mark.parametrize(
    ("text", "lines"),
    [
        ("one two three", ["one two", "three"]),
        ("a\n\nb", ["a", "", "b"]),
        ("abcdefghijklm no", ["abcdefgh", "ijklm no"]),
        ("one two  \nthree", ["one two", "three"]),
        ("1234567 8", ["1234567", "8"]),
        ("12345678 9", ["12345678", "9"]),
        ("京都は春がいい", ["京都は春", "がいい"]),
        ("Go 京都は春がいい", ["Go 京都", "は春がい", "い"]),
        ("abc de京都", ["abc de京", "都"]),
        ("a\tb", ["a    b"]),
        ("", []),
    ],
)
def test_text_is_wrapped_as_it_arrives(size: int, text: str, lines: list[str]) -> None:
    wrapped = WrappedText(8)
    for start in range(0, len(text), size):
        wrapped.feed(text[start : start + size])

    assert wrapped.last() == lines
    assert wrapped.last(1) == lines[-1:]
    assert len(wrapped) == len(lines)


def test_emoji_sequence_is_not_broken() -> None:
    wrapped = WrappedText(8)
    wrapped.feed("abcde👩\u200d👧")

    assert wrapped.last() == ["abcde", "👩\u200d👧"]


@pytest.mark.skipif(os.name == "nt", reason="Windows has no pseudo-terminals of this kind")
@pytest.mark.parametrize(("columns", "per_row"), [(80, 2), (120, 4)])
def test_terminal_shows_the_replies_side_by_side(
    server: LocalServer, commands: CommandLine, columns: int, per_row: int
) -> None:
    from tests.support.pseudo_terminal import PseudoTerminal

    environment = {name: value for name, value in commands.environment.items() if value}
    with PseudoTerminal(
        "compare", "Where to?", *MODELS, environment=environment, columns=columns
    ) as terminal:
        exit_code = terminal.wait_for_exit()
        text = terminal.text

    assert exit_code == 8
    lines = text.splitlines()
    assert lines[0].split() == "│ ".join([f"{each} " for each in REPLIES][:per_row]).split()
    rows = [line for line in lines if "│" in line]
    width = (columns - 3 * (per_row - 1)) // per_row
    for line in rows:
        if line.isascii():
            assert line[width + 1] == "│"
    assert sum("longer than the screen." in line or "screen." in line for line in lines) == 60
    assert "The model is ␛[5moverloaded" in " ".join(text.replace("│", " ").split())
    assert b"\x1b[5m" not in terminal.received
    assert "\u202e".encode() not in terminal.received
    assert "failed, " in text
    assert [line.split()[0] for line in lines if line.startswith("Branch br_")] == ["Branch"] * 4


@pytest.mark.skipif(os.name == "nt", reason="Windows has no pseudo-terminals of this kind")
def test_ctrl_z_shows_the_cursor_and_ctrl_c_keeps_the_text_so_far(folders: object) -> None:
    from tests.support.pseudo_terminal import PseudoTerminal

    with LocalServer(replies="word " * 5000, word_delay=0.01) as server:
        environment = {
            "CHATROUTES_API_KEY": server.api_key,
            "CHATROUTES_BASE_URL": server.base_url,
        }
        arguments = ("compare", "Why?", "-m", "a", "-m", "b")
        with PseudoTerminal(*arguments, environment=environment) as terminal:
            terminal.wait_for("word word")
            assert terminal.screen.cursor.hidden
            terminal.type("\x1a")
            # The system does not stop a program without a shell, but it gets the signal.
            terminal.wait_for_output(b"\x1b[?25h")
            assert not terminal.screen.cursor.hidden
            terminal.type("\x03")
            assert terminal.wait_for_exit() == 130
            text = terminal.text

    assert text.count("stopped, ") == 2
    assert "word word" in text
    assert "Traceback" not in text
