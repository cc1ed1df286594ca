"""The command `import`."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

from chatroutes import ChatRoutes
from chatroutes_server import LocalServer
from tests.support.command_line import CommandLine
from tests.support.dialect_server import DialectServer
from tests.support.foreign_files import (
    chatgpt_conversation,
    chatgpt_node,
    regenerated_conversation,
    write_json,
)

OPENAI = {"title": "In a folder", "messages": [{"role": "user", "content": "a"}]}


def write_three(folder: Path, title: str) -> str:
    """Write a file with two conversations, and one between them that cannot be imported."""
    cycle = {"mapping": {"a": {"parent": "b"}, "b": {"parent": "a"}}}
    conversations = [
        regenerated_conversation(title=f"{title} one"),
        cycle,
        regenerated_conversation(title=f"{title} two"),
    ]
    return str(write_json(folder / "conversations.json", conversations))


def test_import_reports_a_bad_conversation_and_imports_the_others(
    commands: CommandLine, client: ChatRoutes, folders: Path
) -> None:
    file = write_three(folders, "A")

    result = commands.run("import", file, str(folders / "missing.json"))

    assert result.exit_code == 1
    lines = result.stdout.splitlines()
    assert [line.split("\t")[1:] for line in lines] == [
        ["A one", "7 messages, 3 branches"],
        ["A two", "7 messages, 3 branches"],
    ]
    assert client.conversations.get(lines[0].split()[0])["title"] == "A one"
    assert "conversation 2 (character" in result.stderr
    assert "form a cycle" in result.stderr
    assert "missing.json: No such file or directory" in result.stderr
    assert "2 imported, 0 already there, 2 failed." in result.stderr


def test_import_reports_a_conversation_that_the_server_rejects(
    commands: CommandLine, folders: Path
) -> None:
    rejected = chatgpt_conversation([chatgpt_node("x" * 256, None, "user", "a")])
    conversations = [rejected, regenerated_conversation(title="Good")]
    file = str(write_json(folders / "two.json", conversations))

    result = commands.run("import", "--json", file)

    assert result.exit_code == 1
    output: Any = json.loads(result.stdout)
    assert [each["title"] for each in output["conversations"]] == ["Good"]
    assert "messages.0.id: longer than 255 characters" in output["failures"][0]["message"]


def test_import_again_creates_nothing(commands: CommandLine, folders: Path) -> None:
    file = str(write_json(folders / "one.json", regenerated_conversation(title="Again")))

    first = commands.read_json("import", file)
    second = commands.read_json("import", file)

    assert (first["imported"], second["imported"], second["existing"]) == (1, 0, 1)
    assert first["conversations"][0]["id"] == second["conversations"][0]["id"]
    assert "already imported" in commands.read("import", file)


def test_dry_run_sends_nothing(commands: CommandLine, client: ChatRoutes, folders: Path) -> None:
    file = str(write_json(folders / "one.json", regenerated_conversation(title="Dry")))
    before = client.conversations.list()["total"]

    listed = commands.read_json("import", "--dry-run", file)

    assert listed["found"] == 1
    entry: Any = listed["conversations"][0]
    assert (entry["title"], entry["messages"], entry["branches"]) == ("Dry", 7, 3)
    assert client.conversations.list()["total"] == before


def test_replay_asks_a_model(commands: CommandLine, client: ChatRoutes, folders: Path) -> None:
    file = str(write_json(folders / "one.json", regenerated_conversation(title="Replay")))

    result = commands.run("import", "--replay", "-m", "gpt-4", "--json", file)

    assert result.exit_code == 0
    entry: Any = json.loads(result.stdout)["conversations"][0]
    assert (entry["model"], entry["questions"]) == ("gpt-4", 4)
    assert entry["warnings"] == ["The replies are new: gpt-4 writes them."]
    models = {
        each["metadata"]["model"]  # type: ignore[index]
        for each in client.messages.list(entry["id"])
        if each["role"] == "assistant"
    }
    assert models == {"gpt-4"}


def test_error_names_a_service_without_imports(folders: Path) -> None:
    file = str(write_json(folders / "one.json", regenerated_conversation()))
    with DialectServer("documented") as server:
        result = CommandLine(server.api_key, server.base_url).run("import", file)
    assert result.exit_code == 4
    assert "cannot import conversations" in result.stderr
    assert "--replay -m MODEL" in result.stderr


def test_invalid_options_are_usage_errors(commands: CommandLine, folders: Path) -> None:
    file = str(write_json(folders / "one.json", regenerated_conversation()))
    assert commands.run("import").exit_code == 2
    assert commands.run("import", "-m", "gpt-4", file).exit_code == 2
    assert commands.run("import", "--replay", file).exit_code == 2


def test_all_files_of_a_folder_are_imported(commands: CommandLine, folders: Path) -> None:
    conversation = commands.read_json("import", str(write_json(folders / "x", OPENAI)))
    commands.read(
        "export", conversation["conversations"][0]["id"], "--output", str(folders / "a.json")
    )
    folder = folders / "backup"
    folder.mkdir()
    (folder / ".hidden").write_text("x")
    (folders / "a.json").rename(folder / "a.json")
    write_json(folder / "b.json", regenerated_conversation(title="B"))

    imported = commands.read_json("import", str(folder))

    assert [each["title"] for each in imported["conversations"]] == ["In a folder", "B"]


def test_standard_input_is_read_and_empty_folder_is_reported(
    commands: CommandLine, folders: Path
) -> None:
    data = json.dumps({**OPENAI, "title": "Piped \ud800"})
    (folders / "empty").mkdir()

    piped = commands.run("import", "-", input=data)
    code, message = commands.fail("import", str(folders / "empty"))

    assert (piped.exit_code, piped.stdout.split("\t")[1]) == (0, "Piped \ufffd")
    assert ", conversation 1 (character 0): Lone surrogates" in piped.stderr
    assert (code, "the folder has no files" in message) == (1, True)


def test_a_title_cannot_disturb_the_terminal(
    server: LocalServer, commands: CommandLine, folders: Path
) -> None:
    title = "a\x1b[31mred\x07\u202e\nb"
    result = commands.run(
        "import", str(write_json(folders / "one.json", regenerated_conversation(title=title)))
    )
    assert result.stdout.count("\n") == 1
    assert not set("\x1b\x07\u202e") & set(result.stdout + result.stderr)
