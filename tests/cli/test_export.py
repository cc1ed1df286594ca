"""The command `export`."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any, get_args

import pytest

from chatroutes import ChatRoutes, exports
from chatroutes_cli.commands import export as command
from tests.support.command_line import CommandLine
from tests.support.dialect_server import DialectServer
from tests.support.json_server import ErrorResponse

CONTENT = "Hello \u202e\x1b[31m\x9b31m \U0001f600"


def test_command_has_every_format() -> None:
    assert get_args(exports.ExportFormat) == command.FORMATS


@pytest.fixture(scope="module")
def conversation_id(server: Any) -> str:
    """A conversation with two branches, each with a message and its reply."""
    with ChatRoutes(server.api_key, server.base_url) as client:
        created = client.conversations.create({"title": "Trip: a/../b"})
        sent = client.messages.send(created["id"], {"content": CONTENT})
        message_id = sent["userMessage"]["id"]
        fork: Any = {"forkPointMessageId": message_id, "title": "Other"}
        branch = client.branches.fork(created["id"], fork)
        client.messages.send(created["id"], {"content": "Shorter", "branchId": branch["id"]})
    return created["id"]


def without_time(export: Any) -> Any:
    return {name: value for name, value in export.items() if name != "exportedAt"}


def test_export_prints_the_document(
    commands: CommandLine, client: ChatRoutes, conversation_id: str
) -> None:
    expected = client.conversations.export(conversation_id)

    printed = exports.loads(commands.read("export", conversation_id))
    as_json = commands.read_json("export", conversation_id)

    assert without_time(printed) == without_time(as_json) == without_time(expected)


@pytest.mark.parametrize(
    ("name", "begin"),
    [
        ("trip.json", '{\n"format": "chatroutes-conversation"'),
        ("trip.md", "# Trip: a/../b\n"),
        ("trip.jsonl", '{"messages": [{"role": "user"'),
        ("trip.html", "<!doctype html>"),
        ("trip", '{\n"format": "chatroutes-conversation"'),
    ],
)
def test_name_of_the_file_selects_the_format(
    commands: CommandLine, conversation_id: str, tmp_path: Path, name: str, begin: str
) -> None:
    path = tmp_path / name

    assert commands.read("export", conversation_id, "--output", str(path)) == ""

    assert path.read_text("utf-8").startswith(begin)


def test_branch_is_exported_with_what_it_inherits(
    commands: CommandLine, conversation_id: str
) -> None:
    line = commands.read("export", conversation_id, "-f", "openai", "--branch", "other")
    document = commands.read_json("export", conversation_id, "--branch", "Other")

    contents = [each["content"] for each in json.loads(line)["messages"]]
    assert contents[:2] == [CONTENT, "Shorter"]
    assert [each["content"] for each in document["messages"]] == contents
    code, message = commands.fail("export", conversation_id, "--branch", "Missing")
    assert code == 4
    assert "There is no branch 'Missing'" in message


def test_existing_file_is_replaced_with_force_only(
    commands: CommandLine, conversation_id: str, tmp_path: Path
) -> None:
    path = tmp_path / "trip.md"
    path.write_text("before", "utf-8")

    code, message = commands.fail("export", conversation_id, "-o", str(path))
    assert code == 1
    assert message == f"Error: {path} exists. Pass --force to replace it.\n"
    assert path.read_text("utf-8") == "before"

    entry = commands.read_json("export", conversation_id, "-o", str(path), "--force")
    assert path.read_text("utf-8").startswith("# Trip")
    assert entry == {
        "conversation": conversation_id,
        "file": str(path),
        "messages": 4,
        "branches": 2,
        "warnings": [],
    }


def test_all_conversations_are_exported_into_a_folder(
    commands: CommandLine, client: ChatRoutes, conversation_id: str, tmp_path: Path
) -> None:
    titles = ["", "..", "CON", "日本 語", "a" * 500, "x\x00\ud800"]
    ids = {client.conversations.create({"title": title or "x"})["id"] for title in titles[1:5]}
    folder = tmp_path / "new" / "backup"

    result = commands.run("export", "--all", "-o", str(folder))

    files = sorted(folder.iterdir())
    found = {exports.read(file)["conversation"]["id"]: file.name for file in files}
    assert result.exit_code == 0
    assert result.stderr == f"{len(files)} conversations exported to {folder}.\n"
    assert found.keys() == {each["id"] for each in client.conversations.iterate()}
    assert found.keys() >= ids | {conversation_id}
    assert found[conversation_id] == f"Trip-a-b-{conversation_id}.json"

    files[0].unlink()
    again = commands.run("export", "--all", "-o", str(folder), "--json")
    assert again.exit_code == 1
    assert [each["file"] for each in json.loads(again.stdout)["conversations"]] == [str(files[0])]
    assert len(json.loads(again.stdout)["failures"]) == len(files) - 1


class FailingServer(DialectServer):
    """A server that fails to send its second conversation."""

    def respond(self, method: str, target: str, headers: dict[str, str], body: Any) -> Any:
        if target.endswith("/conv_2"):
            error = ErrorResponse(500, "INTERNAL_ERROR", "broken")
            error.body["retryAfter"] = 0
            raise error
        return super().respond(method, target, headers, body)


def test_all_reports_what_failed_and_what_was_exported(folders: Path) -> None:
    with FailingServer("compact") as server:
        with ChatRoutes(server.api_key, server.base_url) as client:
            ids = [
                client.conversations.create({"title": title})["id"]
                for title in ("First", "Second", "Third")
            ]
        commands = CommandLine(server.api_key, server.base_url)
        one = commands.run("export", "--all", "-o", str(folders / "one"), "--json")
        blocked = folders / "two" / f"First-{ids[0]}.json"
        blocked.mkdir(parents=True)
        two = commands.run("export", "--all", "-o", str(folders / "two"), "--json", "--force")

    assert one.exit_code == two.exit_code == 1
    results: list[Any] = [json.loads(each.stdout) for each in (one, two)]
    exported = [[each["conversation"] for each in result["conversations"]] for result in results]
    failed = [[each["conversation"] for each in result["failures"]] for result in results]
    assert (exported, failed) == ([[ids[2], ids[0]], [ids[2]]], [[ids[1]], [ids[1]]])
    assert f"{blocked}: Is a directory" in json.loads(two.stderr)["error"]["message"]


def test_folder_gets_a_file_with_a_safe_name(
    commands: CommandLine, conversation_id: str, tmp_path: Path
) -> None:
    commands.read("export", conversation_id, "-o", str(tmp_path), "-f", "markdown")

    assert [file.name for file in tmp_path.iterdir()] == [f"Trip-a-b-{conversation_id}.md"]


def test_invalid_combinations_are_usage_errors(commands: CommandLine, tmp_path: Path) -> None:
    for arguments in (
        (),
        ("conv_1", "--all", "-o", str(tmp_path)),
        ("--all",),
        ("--all", "-o", "-"),
        ("--all", "-o", str(tmp_path), "--branch", "Main"),
        ("conv_1", "--json", "--format", "html"),
    ):
        code, message = commands.fail("export", *arguments)
        assert code == 2, message
    assert commands.fail("export", "conv_missing")[0] == 4


@pytest.mark.parametrize("dialect", ["documented", "compact"])
def test_each_dialect_alone_is_exported(dialect: Any, folders: Path) -> None:
    with DialectServer(dialect) as server:
        with ChatRoutes(server.api_key, server.base_url) as client:
            created = client.conversations.create({"title": "T"})
            client.messages.send(created["id"], {"content": "Hello"})
        commands = CommandLine(server.api_key, server.base_url)
        result = commands.run("export", "--all", "-o", str(folders / "all"), "-f", "markdown")
        document = commands.read_json("export", created["id"])

    assert result.exit_code == 0, result.stderr
    assert [each["role"] for each in document["messages"]] == ["user", "assistant"]
    [file] = (folders / "all").iterdir()
    assert "> Hello" in file.read_text("utf-8")
