"""The command `chat` on a terminal."""

from __future__ import annotations

import os
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest

from chatroutes import ChatRoutes
from chatroutes_cli.exit_codes import ExitCode
from chatroutes_server import LocalServer, Reply
from tests.support.markers import HAS_DEV_EXTRA, single_python

if sys.platform != "win32" and HAS_DEV_EXTRA:
    from tests.support.pseudo_terminal import PseudoTerminal

pytestmark = [
    single_python,
    pytest.mark.skipif(sys.platform == "win32", reason="Windows has no pseudo-terminals"),
]

SLOW = Reply("One two three four five six seven eight nine ten " * 50, word_delay=0.05)


@pytest.fixture(scope="module")
def environment(server: LocalServer, tmp_path_factory: pytest.TempPathFactory) -> dict[str, str]:
    folder = str(tmp_path_factory.mktemp("home"))
    return {
        "CHATROUTES_API_KEY": server.api_key,
        "CHATROUTES_BASE_URL": server.base_url,
        "CHATROUTES_CONFIG": os.path.join(folder, "config.json"),
        "XDG_STATE_HOME": folder,
        "XDG_DATA_HOME": folder,
        "NO_COLOR": "",
        "FORCE_COLOR": "",
    }


@pytest.fixture
def terminal(environment: dict[str, str]) -> Iterator[PseudoTerminal]:
    """A chat in a terminal of 80 columns."""
    with PseudoTerminal("chat", environment=environment) as terminal:
        terminal.wait_for(">")
        yield terminal


def test_chat_shows_replies_and_branches_on_the_screen(
    terminal: PseudoTerminal, server: LocalServer, client: ChatRoutes, environment: dict[str, str]
) -> None:
    server.set_replies(
        [
            "Lisbon is warm in spring, it is easy to walk, and it lies on the sea.\n\x1b[2J\x1b]0;x\x07 京都",
            "Five days.",
        ]
    )
    terminal.paste("Where should I go\nin spring?")
    terminal.type("\r")
    terminal.wait_for("tokens")
    terminal.type("/branch In five days\r")
    terminal.wait_for("[In five days] >")
    terminal.type("For how long?\r")
    terminal.wait_for("tokens", 2)
    terminal.type("/nix\r")
    terminal.wait_for("begin it with a space.")
    terminal.type("\x04")

    assert terminal.wait_for_exit() == 0
    [conversation] = client.conversations.list({"limit": 1})["data"]
    assert client.messages.list(conversation["id"])[0]["content"] == "Where should I go\nin spring?"
    *lines, last, rest = [line for line in terminal.text.splitlines() if " · " not in line]
    continuation = last + rest  # it is longer than a line
    assert lines == [
        f"Using {server.base_url}.",
        "Type a message, or /help for the commands. Ctrl-D leaves.",
        "",
        "> Where should I go",
        "  in spring?",
        "Lisbon is warm in spring, it is easy to walk, and it lies on the sea.",
        "␛[2J␛]0;x␇ 京都",
        "",
        "> /branch In five days",
        "Began the branch In five days.",
        "[In five days] > For how long?",
        "Five days.",
        "",
        "[In five days] > /nix",
        "Error: There is no command /nix. Type /help for the commands. To send the text",
        "as a message, begin it with a space.",
        "[In five days] >",
    ]
    branch = client.branches.list(conversation["id"])[1]["id"]
    assert continuation == f"To continue: chatroutes chat {conversation['id']} --branch {branch}"
    history = Path(environment["XDG_STATE_HOME"], "chatroutes", "history")
    assert history.stat().st_mode & 0o777 == 0o600


def test_ctrl_c_stops_a_reply_and_sigterm_ends_the_chat(
    terminal: PseudoTerminal, server: LocalServer, client: ChatRoutes
) -> None:
    server.set_replies([SLOW, "The end.", SLOW])
    terminal.type("Count.\r")
    terminal.wait_for("One two")
    terminal.type("ignored until the next prompt\x15\x03")
    terminal.wait_for("Stopped.")
    terminal.type("Go on.\r")
    terminal.wait_for("The end.")
    terminal.type("Again.\r")
    terminal.wait_for("One two", 2)
    terminal.process.terminate()

    assert terminal.wait_for_exit() == ExitCode.TERMINATED
    assert terminal.modes == terminal.first_modes  # typed keys are shown
    assert "To continue: chatroutes chat conv_" in terminal.text
    assert terminal.text.count("Traceback") == 0
    [conversation] = client.conversations.list({"limit": 1})["data"]
    _, stopped, _, last, *_ = client.messages.list(conversation["id"])
    assert stopped["content"].startswith("One two")
    assert len(stopped["content"]) < len(SLOW.text)
    assert (stopped.get("metadata") or {}).get("finishReason") == "cancelled"
    assert last["content"] == "The end."


def test_keys_during_a_reply_are_for_the_next_prompt(
    terminal: PseudoTerminal, server: LocalServer
) -> None:
    server.set_replies([Reply("One two three four.", word_delay=0.1), "Second reply."])
    terminal.type("Count.\r")
    terminal.wait_for("One")
    terminal.type("Next.\r\x04")

    assert terminal.wait_for_exit() == 0
    assert "One two three four.\n" in terminal.text
    assert "> Next.\nSecond reply.\n" in terminal.text


def test_undo_gives_the_question_back(terminal: PseudoTerminal, server: LocalServer) -> None:
    server.set_replies(lambda request: f"{request.content.upper()} {len(request.messages)}")
    terminal.type("hello\r")
    terminal.wait_for("HELLO 1")
    terminal.type("/undo\r")
    terminal.wait_for("> hello", 2)
    terminal.type(" again\r")
    terminal.wait_for("HELLO AGAIN 1")
    terminal.type("/sw\t")
    terminal.wait_for("> /switch")
    terminal.type("\x03")
    terminal.wait_for("Press Ctrl-D or type /quit to leave.")
    terminal.type("\x04")

    assert terminal.wait_for_exit() == 0


def test_continued_chat_shows_the_last_messages(
    environment: dict[str, str], server: LocalServer, client: ChatRoutes
) -> None:
    server.set_replies(
        "A reply with more words than one line of eighty columns can have, which wraps."
    )
    conversation = client.conversations.create({"title": "Ho\x1b[2Jlidays"})["id"]
    client.messages.send(conversation, {"content": "Old\x1b[2J question"})

    with PseudoTerminal("chat", conversation, environment=environment, columns=60) as terminal:
        terminal.wait_for("Ctrl-D leaves")
        terminal.type("\x04")
        assert terminal.wait_for_exit() == 0

    assert "Continuing Ho␛[2Jlidays\n> Old␛[2J question\nA reply with more" in terminal.text
    assert all(len(line) <= 60 for line in terminal.text.splitlines())
    assert "columns can\n" in terminal.text


def test_ask_prints_the_command_that_continues(
    environment: dict[str, str], server: LocalServer
) -> None:
    server.set_replies("A reply with more words than one line of forty columns can have.")

    with PseudoTerminal("ask", "Hello", environment=environment, columns=40) as terminal:
        assert terminal.wait_for_exit() == 0

    lines = terminal.text.splitlines()
    assert lines[:2] == ["A reply with more words than one line of", "forty columns can have."]
    assert lines[2].startswith("To continue: chatroutes chat conv_")


def test_key_is_read_from_a_prompt_without_echo(
    environment: dict[str, str], tmp_path: Path
) -> None:
    variables = {**environment, "CHATROUTES_CONFIG": str(tmp_path / "config.json")}

    with PseudoTerminal("config", "set", "api-key", environment=variables) as terminal:
        terminal.wait_for("api-key:")
        terminal.type("cr_prod_sk_0123456789\r")
        assert terminal.wait_for_exit() == 0

    assert b"cr_prod" not in terminal.received
    assert "cr_prod_sk_0123456789" in (tmp_path / "config.json").read_text()
