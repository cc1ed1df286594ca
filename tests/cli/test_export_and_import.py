"""Exports that are imported into another server: everything but the ids stays."""

from __future__ import annotations

import re
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from chatroutes import ChatRoutes, exports
from chatroutes_server import LocalServer
from tests.support.command_line import CommandLine


@pytest.fixture(scope="module")
def other_server() -> Iterator[LocalServer]:
    with LocalServer() as running:
        yield running


def create_conversation(client: ChatRoutes, title: str) -> str:
    """Create a conversation with forks, a merge, a checkpoint, and a changed and a deleted message."""
    data: Any = {"title": title, "systemPrompt": "Be brief.", "temperature": 0.3, "maxTokens": 50}
    conversation_id = client.conversations.create(data)["id"]
    sent = client.messages.send(conversation_id, {"content": "one \x00 \u2028 \U0001f600"})
    question, reply = sent["userMessage"]["id"], sent["assistantMessage"]["id"]
    fork: Any = {"baseNodeId": question, "title": "B", "description": "d", "contextMode": "MINIMAL"}
    merged = client.branches.create(conversation_id, fork)
    other = client.messages.send(
        conversation_id, {"content": "two", "model": "claude-opus-4", "branchId": merged["id"]}
    )
    last = other["assistantMessage"]["id"]
    for title_of_branch, message_id in (("C", last), ("Empty", reply)):
        fork = {"forkPointMessageId": message_id, "title": title_of_branch}
        branch = client.branches.fork(conversation_id, fork)
        if title_of_branch == "C":
            client.messages.send(conversation_id, {"content": "three", "branchId": branch["id"]})
            client.checkpoints.create(conversation_id, branch["id"], last)
    client.branches.merge(conversation_id, merged["id"])
    client.messages.update(other["userMessage"]["id"], "two!")
    client.messages.send(conversation_id, {"content": "four"})
    client.messages.delete(client.messages.list(conversation_id)[-1]["id"])
    return conversation_id


def read_without_ids(path: Path) -> str:
    """Return a JSON export without its time, and with the ids numbered as they occur."""
    numbers: dict[str, int] = {}

    def replace(match: re.Match[str]) -> str:
        return f"{match[1]}_{numbers.setdefault(match[0], len(numbers))}"

    text = re.sub(r'"exportedAt": "[^"]*",\n', "", path.read_text("utf-8"))
    return re.sub(r"\b(conv|br|msg|cp|user)_[0-9a-z]+", replace, text)


def test_export_import_and_export_again_are_equal(
    commands: CommandLine, client: ChatRoutes, other_server: LocalServer, tmp_path: Path
) -> None:
    for title in ("First", "Second"):
        create_conversation(client, title)
    other = CommandLine(other_server.api_key, other_server.base_url)
    folder, copies = tmp_path / "folder", tmp_path / "copies"

    assert commands.run("export", "--all", "-o", str(folder)).exit_code == 0
    files = sorted(folder.iterdir())
    assert other.run("import", *map(str, files)).exit_code == 0
    assert other.run("export", "--all", "-o", str(copies)).exit_code == 0

    expected = [read_without_ids(file) for file in files]
    for file, text in zip(sorted(copies.iterdir()), expected, strict=True):
        assert read_without_ids(file).splitlines() == text.splitlines()
    assert len(exports.read(files[0])["messages"]) == 9
    assert other.run("import", *map(str, files)).exit_code == 0
    with ChatRoutes(other_server.api_key, other_server.base_url) as client_of_other:
        assert client_of_other.conversations.list()["total"] == 2
