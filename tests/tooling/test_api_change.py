"""The loop of a change: edit the contract, regenerate, write two lines, call it; and what breaks is pointed at."""

from __future__ import annotations

import os
import re
import shutil
import subprocess
import sys
import textwrap
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import Any

import pytest
import yaml

from tests.support.checkout import copy_checkout, load_script, run_regen
from tests.support.fault_responses import json_response
from tests.support.fault_server import FaultServer
from tests.support.markers import requires_redocly, single_python
from tests.support.paths import ROOT
from tests.support.readme import BLOCKS

SPEC = "openapi/chatroutes.yaml"

Json = dict[str, Any]

pytestmark = single_python

api_diff: Any = load_script("api_diff", ROOT / "scripts")


def insert(file: Path, before: str, text: str) -> None:
    start, found, rest = file.read_text("utf-8").partition(before)
    assert found
    file.write_text(start + text + found + rest, "utf-8")


def edit_contract(checkout: Path, change: Callable[[Json], None]) -> None:
    document: Json = yaml.safe_load((checkout / SPEC).read_text("utf-8"))
    change(document)
    (checkout / SPEC).write_text(yaml.safe_dump(document, sort_keys=False), "utf-8")


def regenerate(checkout: Path) -> str:
    """Regenerate, and give how many files changed."""
    done = run_regen(checkout)
    assert done.returncode == 0, done.stdout + done.stderr
    return done.stdout.partition(" of ")[0]


def run(checkout: Path, program: str, *arguments: str) -> str:
    """Run a program that imports the packages of that checkout, and give what it printed."""
    path = os.pathsep.join([str(checkout), str(checkout / "generated")])
    done = subprocess.run(
        [sys.executable, "-W", "error", "-c", program, *arguments],
        cwd=checkout,
        env=os.environ | {"PYTHONPATH": path},
        capture_output=True,
        text=True,
    )
    assert (done.returncode, done.stderr) == (0, "")
    return done.stdout


def complaints(checkout: Path, **programs: str) -> dict[str, dict[str, set[int]]]:
    """The lines of each program that each type checker, at its strictest, has something against."""
    files = {f"{name}.py": name for name in programs}
    for file, name in files.items():
        (checkout / file).write_text(programs[name], "utf-8")
    settings = '{"typeCheckingMode": "strict", "extraPaths": [".", "generated"]}'
    (checkout / "pyrightconfig.json").write_text(settings, "utf-8")
    # Nothing is told of the packages themselves: scripts/check does that.
    mypy = ["mypy", "--strict", "--follow-imports=silent", "--config-file=", *files]
    pyright = ["pyright", f"--pythonpath={sys.executable}", *files]
    environment = os.environ | {
        "MYPYPATH": os.pathsep.join([".", "generated"]),
        "PYRIGHT_PYTHON_IGNORE_WARNINGS": "1",
    }

    def found_by(command: list[str]) -> dict[str, set[int]]:
        done = subprocess.run(
            [sys.executable, "-m", *command],
            cwd=checkout,
            env=environment,
            capture_output=True,
            text=True,
        )
        assert done.returncode in (0, 1), done.stdout + done.stderr
        found: dict[str, set[int]] = {name: set() for name in programs}
        for file, line in re.findall(r"(\w+\.py):(\d+):.* error: ", done.stdout):
            found[files[file]].add(int(line))
        return found

    with ThreadPoolExecutor() as pool:
        both = pool.map(found_by, (mypy, pyright))
        return dict(zip(("mypy", "pyright"), both, strict=True))


def line_of(text: str, program: str) -> int:
    return program[: program.index(text)].count("\n") + 1


# What the README works through: an operation that gives an object that there is.

UNSHARE = """
import asyncio, sys
from chatroutes import AsyncChatRoutes, ChatRoutes

with ChatRoutes("key", sys.argv[1]) as client:
    print(client.conversations.unshare("conv_1")["title"])

async def main():
    async with AsyncChatRoutes("key", sys.argv[1]) as client:
        print((await client.conversations.unshare("conv_2"))["title"])

asyncio.run(main())
"""

# A new operation with an object of its own.

READERS_PATH = """
/conversations/{conversationId}/readers:
  parameters:
    - $ref: '#/components/parameters/ConversationId'
  get:
    operationId: listReaders
    tags: [conversations]
    summary: Who reads a conversation
    description: Those that it is shared with.
    responses:
      '200':
        description: The readers.
        content:
          application/json:
            schema: { $ref: '#/components/schemas/ReaderListResponse' }
"""
READER_SCHEMAS = """
Reader:
  type: object
  description: Someone that a conversation is shared with.
  required: [id, name]
  properties:
    id: { type: string, description: Id of the reader. }
    name: { type: string, description: What to call them. }
    readAt: { type: [string, 'null'], format: date-time, description: When they last read. }
ReaderListResponse:
  type: object
  description: The readers of a conversation.
  x-result: readers
  required: [success, data]
  properties:
    success: { type: boolean, description: Always true. }
    data:
      type: object
      description: What was asked for.
      required: [readers]
      properties:
        readers:
          type: array
          description: The readers.
          items: { $ref: '#/components/schemas/Reader' }
"""
METHOD = """
    async def readers(self, conversation_id: str) -> builtins.list[Reader]:
        return await self._requestor.execute(list_readers.request, list_readers.read, conversation_id)
"""
READERS = """
import sys

from chatroutes import ChatRoutes

with ChatRoutes("key", sys.argv[1], retry_delay=0) as client:
    answer = client.request("GET", "/conversations/conv_1/readers")
    print(answer.json()["data"]["readers"][0]["name"])
    for reader in client.conversations.readers("conv_1"):
        print(reader["name"], reader.get("readAt"))
"""


TITLES = """
from chatroutes import ChatRoutes

with ChatRoutes("key") as client:
    conversation = client.conversations.get("conv_1")
    print(conversation["id"])
    print(conversation["title"].upper())
"""


@pytest.fixture(scope="module")
def changed(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A checkout to which both operations were added, as the README says."""
    checkout = copy_checkout(tmp_path_factory.mktemp("changed"))
    examples = {block.kind: block.code for block in BLOCKS}

    def add(document: Json) -> None:
        document["paths"] |= yaml.safe_load(examples["example: yaml"])
        document["paths"] |= yaml.safe_load(READERS_PATH)
        document["components"]["schemas"] |= yaml.safe_load(READER_SCHEMAS)

    edit_contract(checkout, add)
    regenerate(checkout)

    original = checkout / "chatroutes/_async/resources/conversations.py"
    imported = "    list_readers,\n    unshare_conversation,\n"
    methods = textwrap.indent(examples["example: method"], "    ") + METHOD
    insert(original, "from collections.abc import AsyncIterator", "import builtins\n")
    insert(original, "    update_conversation,\n)", imported)
    insert(original, "\nfrom ... import _lazy_types", "from chatroutes_wire.types import Reader\n")
    insert(original, "\n\nclass AsyncConversationIterator", "\n" + methods)
    # The twin, and nothing that had to be rendered again.
    assert regenerate(checkout) == "1"
    return checkout


def test_the_readme_s_worked_example_of_a_change_works(
    changed: Path, fault_server: FaultServer
) -> None:
    for title in ("One", "Two"):
        conversation = {"id": "conv", "title": title}
        fault_server.script(
            json_response(200, {"success": True, "data": {"conversation": conversation}})
        )
    assert run(changed, UNSHARE, fault_server.base_url) == "One\nTwo\n"
    assert [(each.method, each.path) for each in fault_server.requests] == [
        ("DELETE", "/api/v1/conversations/conv_1/share"),
        ("DELETE", "/api/v1/conversations/conv_2/share"),
    ]


def test_a_new_operation_with_a_new_object_is_called(
    changed: Path, fault_server: FaultServer
) -> None:
    readers = [{"id": "u_1", "name": "Ada", "readAt": None}]
    fault_server.script(
        json_response(200, {"success": True, "data": {"readers": readers}}), repeat_last=True
    )
    assert run(changed, READERS, fault_server.base_url) == "Ada\nAda None\n"
    asked = [(each.method, each.path) for each in fault_server.requests]
    assert asked == [("GET", "/api/v1/conversations/conv_1/readers")] * 2


def test_a_new_object_is_typed(changed: Path) -> None:
    misspelt = READERS.replace('reader["name"]', 'reader["nom"]')
    expected = {"readers": set[int](), "titles": set[int](), "misspelt": {line_of("nom", misspelt)}}
    found = complaints(changed, readers=READERS, titles=TITLES, misspelt=misspelt)
    assert found == {"mypy": expected, "pyright": expected}


@requires_redocly
def test_a_removed_field_is_pointed_at(
    changed: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    def remove(document: Json) -> None:
        conversation = document["components"]["schemas"]["Conversation"]
        del conversation["properties"]["title"]
        conversation["required"].remove("title")

    checkout = tmp_path / "checkout"
    shutil.copytree(changed, checkout)
    edit_contract(checkout, remove)
    regenerate(checkout)

    assert api_diff.main(["--check", str(changed / SPEC)], checkout) == 1
    told = capsys.readouterr().out
    breaking = told.partition("## Breaking")[2].partition("## ")[0]
    assert "- Property `title` of `Conversation` was removed. (listConversations, " in breaking

    expected = {"titles": {line_of("title", TITLES)}, "readers": set[int]()}
    found = complaints(checkout, titles=TITLES, readers=READERS)
    assert found == {"mypy": expected, "pyright": expected}
