"""The command `ask`."""

from __future__ import annotations

import io
import json
import os
import subprocess
import sys
from contextlib import redirect_stderr

import pytest

from chatroutes import ChatRoutes
from chatroutes_cli.input import read_question
from chatroutes_server import LocalServer, Reply
from tests.support.command_line import CommandLine
from tests.support.paths import ROOT


@pytest.fixture(autouse=True)
def restore_replies(server: LocalServer) -> None:
    server.set_replies(None)


def test_ask_prints_the_reply(commands: CommandLine, client: ChatRoutes) -> None:
    output = commands.read("ask", "What", "is this?", "-m", "gpt-4", "--system", "Be brief.")

    [conversation] = client.conversations.list({"limit": 1})["data"]
    question, reply = client.messages.list(conversation["id"])
    assert output == reply["content"] + "\n"
    assert question["content"] == conversation["title"] == "What is this?"
    assert conversation["model"] == "gpt-4"


def test_system_prompt_applies_to_a_new_conversation(
    commands: CommandLine, server: LocalServer
) -> None:
    server.set_replies(lambda request: str(request.system_prompt))

    assert commands.read("ask", "Hello", "-s", "Be brief.") == "Be brief.\n"
    assert commands.fail("ask", "Hello", "-s", "Be brief.", "-c", "conv_1")[0] == 2


@pytest.mark.parametrize(
    ("arguments", "input", "content"),
    [
        ([], b"line 1\r\nline 2\n", "line 1\nline 2"),
        (["Summarize."], b"line 1\nline 2\n", "Summarize.\n\nline 1\nline 2"),
        (["-"], b"", "-"),
        (["--", "--help"], b"", "--help"),
        ([], "\ufeffé 京都\n".encode(), "é 京都"),
    ],
)
def test_pipe_is_added_to_the_question(
    commands: CommandLine, arguments: list[str], input: bytes, content: str
) -> None:
    response = json.loads(commands.read("ask", "--json", *arguments, input=input))

    assert response["userMessage"]["content"] == content


@pytest.mark.parametrize("input", [b"", b" \n"])
def test_empty_question_is_a_usage_error(commands: CommandLine, input: bytes) -> None:
    code, message = commands.fail("ask", input=input)

    assert code == 2
    assert "There is no question" in message


def test_input_must_be_text(commands: CommandLine) -> None:
    code, message = commands.fail("ask", input=b"abc\xff")

    assert (code, message) == (2, "Error: The standard input is not UTF-8 text (byte 3).\n")


def test_arguments_are_utf_8_in_any_locale(commands: CommandLine, client: ChatRoutes) -> None:
    before = client.conversations.list({"limit": 1})["total"]
    received = "é 京都".encode().decode("ascii", "surrogateescape")

    response = json.loads(commands.read("ask", "--json", received))
    code, message = commands.fail("ask", b"abc\xff".decode("utf-8", "surrogateescape"))

    assert response["userMessage"]["content"] == "é 京都"
    assert (code, message) == (2, "Error: The question is not UTF-8 text (byte 3).\n")
    assert client.conversations.list({"limit": 1})["total"] == before + 1


def test_note_names_the_input_that_has_not_ended(monkeypatch: pytest.MonkeyPatch) -> None:
    read_end, write_end = os.pipe()

    class Notes(io.StringIO):
        def write(self, text: str) -> int:
            count = super().write(text)
            if text:  # the input ends when the note is printed
                os.close(write_end)
            return count

    notes = Notes()
    with open(read_end) as stdin, redirect_stderr(notes):
        monkeypatch.setattr(sys, "stdin", stdin)
        assert read_question(["Why?"], note_delay=0) == "Why?"

    assert notes.getvalue().count("\n") == 1
    assert "standard input" in notes.getvalue()


def test_ask_continues_on_a_branch(commands: CommandLine, client: ChatRoutes) -> None:
    first = commands.read_json("ask", "First")["assistantMessage"]
    conversation = first["conversationId"]
    branch = client.branches.fork(
        conversation, {"forkPointMessageId": first["id"], "title": "Other"}
    )

    second = commands.read_json("ask", conversation, "Second", "--branch", "Other")

    assert second["userMessage"]["content"] == "Second"
    assert second["assistantMessage"]["branchId"] == branch["id"]
    assert len(client.messages.list(conversation, branch["id"])) == 4


def test_ask_uses_the_model_of_the_settings(commands: CommandLine) -> None:
    commands.read("config", "set", "model", "claude-opus-4")

    assert commands.read_json("ask", "Hello")["model"] == "claude-opus-4"
    other = commands.read_json("ask", "Hello", "-m", "gpt-4")
    assert other["model"] == "gpt-4"
    conversation = other["assistantMessage"]["conversationId"]
    assert commands.read_json("ask", "Hello", "-c", conversation)["model"] == "gpt-4"
    again = commands.read("chat", conversation, "--json", input="Hello")
    assert json.loads(again)["model"] == "gpt-4"


def test_reply_cannot_disturb_the_terminal(commands: CommandLine, server: LocalServer) -> None:
    text = "a\x1b[31mred\x1b]0;title\x07 \u202eright\u202c\u2066 \x9b2J tab\there\r\nnew שלום 京都 👩\u200d👧\n"
    server.set_replies(text)

    output = commands.read("ask", "Hello")

    assert output == ("a␛[31mred␛]0;title␇ right \ufffd2J tab\there\nnew שלום 京都 👩\u200d👧\n")
    assert commands.read_json("ask", "Hello")["assistantMessage"]["content"] == text


def test_failed_stream_keeps_the_text(commands: CommandLine, server: LocalServer) -> None:
    server.set_replies(Reply("This is", status=503, message="The model is overloaded."))

    result = commands.run("ask", "Hello")
    as_json = commands.run("ask", "Hello", "--json")

    assert (result.exit_code, result.stdout) == (8, "This is\n")
    assert result.stderr.startswith("Error: The model is overloaded. The id of the request is req_")
    assert (as_json.exit_code, as_json.stdout) == (8, "")
    assert json.loads(as_json.stderr)["error"]["partialContent"] == "This is"


@pytest.mark.skipif(sys.platform == "win32", reason="Windows has no SIGPIPE")
def test_broken_pipe_is_quiet(server: LocalServer) -> None:
    server.set_replies("word " * 30_000)
    process = subprocess.Popen(
        [sys.executable, "-m", "chatroutes", "ask", "Hello"],
        cwd=ROOT,
        env={
            **os.environ,
            "CHATROUTES_API_KEY": server.api_key,
            "CHATROUTES_BASE_URL": server.base_url,
        },
        stdin=subprocess.DEVNULL,
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
    )
    assert process.stdout is not None
    assert process.stderr is not None
    with process:
        assert process.stdout.read(4) == b"word"
        process.stdout.close()
        assert process.stderr.read() == b""
        assert process.wait() == 141
