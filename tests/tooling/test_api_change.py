"""A change of the API: the worked example of CONTRIBUTING.md, a new object, and a removed field."""

from __future__ import annotations

import os
import re
import shlex
import shutil
import sqlite3
import subprocess
import sys
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from contextlib import closing
from pathlib import Path
from typing import Any

import pytest
import yaml

from tests.support.checkout import copy_checkout, copy_source, load_script, read_files, run_regen
from tests.support.fault_responses import json_response
from tests.support.fault_server import FaultServer
from tests.support.markers import requires_redocly
from tests.support.paths import ROOT
from tests.support.worked_example import (
    apply_example,
    changed_files,
    changed_python_files,
    is_applied,
    run_in,
    run_tool,
)

SPEC = "openapi/chatroutes.yaml"

Json = dict[str, Any]

pytestmark = pytest.mark.check

api_diff: Any = load_script("api_diff", ROOT / "scripts")


def test_copied_checkout_has_only_source_files(tmp_path: Path) -> None:
    source = ["a.py", "dist.py", "generated/a.py", "package/a.py", "package/build"]
    anywhere = ("__pycache__/a.pyc.1", ".mypy_cache/a", ".hypothesis/a", ".venv-3.12/a")
    written = [*anywhere, *(f"package/{each}" for each in anywhere), "build/a", "docs/_build/a"]
    written += ["interop/go/generated/a", "examples/typescript/dist/a", "x.db-wal"]
    for name in (*source, *written):
        file = tmp_path / "source" / name
        file.parent.mkdir(parents=True, exist_ok=True)
        file.touch()

    copy_source(tmp_path / "source", tmp_path / "copy")

    assert sorted(read_files(tmp_path / "copy")) == source


# The worked example, which must pass the checks of scripts/check and the tests.

# Tests that list the operations or the methods, beside the tests that the example changes.
TESTS = (
    "tests/tooling/test_contract.py",
    "tests/tooling/test_contract_documentation.py",
    "tests/tooling/test_documentation.py",
    "tests/tooling/test_generated_code.py",
    "tests/tooling/test_method_list.py",
    "tests/server/test_endpoint_registry.py",
    "tests/server/test_ownership.py",
    "tests/server/test_request_validation.py",
)
# The example does not change what these commands check.
UNAFFECTED = ("pre-commit", "zizmor", "scripts/actionlint", "scripts/build", "python -m pytest")
# The example ends with this command, and test_regen.py tests that a check passes after it.
APPLIED = ("python scripts/regen.py",)
CHECKS = [
    command
    for command in re.findall(r"^step (.+)$", (ROOT / "scripts/check").read_text("utf-8"), re.M)
    if not command.startswith(UNAFFECTED + APPLIED)
]


def copy_mypy_cache(checkout: Path) -> None:
    """Copy the databases of mypy as they are between two transactions: another mypy may run."""
    for file in (ROOT / ".mypy_cache").rglob("*.db"):
        target = checkout / file.relative_to(ROOT)
        target.parent.mkdir(parents=True, exist_ok=True)
        with (
            closing(sqlite3.connect(f"{file.as_uri()}?mode=ro", uri=True)) as source,
            closing(sqlite3.connect(target)) as copy,
        ):
            source.backup(copy)


@pytest.fixture(scope="module")
def example(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A checkout to which the worked example was applied."""
    if is_applied():
        pytest.skip(
            "the example is applied to this checkout, so scripts/check and scripts/test cover it"
        )
    checkout = tmp_path_factory.mktemp("example") / "checkout"
    copy_source(ROOT, checkout)
    copy_mypy_cache(checkout)  # after scripts/check, mypy reads only what the example changes
    assert apply_example(checkout) == ["scripts/check", "scripts/test"]
    return checkout


def test_example_changes_source_generated_code_and_tests(example: Path) -> None:
    assert {
        "generated/chatroutes_wire/api/messages/get_message.py",
        "openapi/chatroutes-3.0.yaml",
        "chatroutes/_sync/resources/messages.py",
        "chatroutes_server/api/messages.py",
        "tests/sdk/_sync/test_messages.py",
        "CHANGELOG.md",
    } <= set(changed_files(example))


@pytest.mark.parametrize(
    "command",
    [
        pytest.param(
            each, marks=requires_redocly if "redocly" in each or "api-diff" in each else ()
        )
        for each in CHECKS
    ],
)
def test_example_passes_the_check(example: Path, command: str) -> None:
    program, *arguments = shlex.split(command)
    if program == "black":  # the other files do not change
        run_tool(example, program, *arguments[:-1], *changed_python_files(example))
    elif program == "pyright":  # mypy checks the other files, and pyright checks no tests
        files = [each for each in changed_python_files(example) if not each.startswith("tests/")]
        run_tool(example, program, f"--pythonpath={sys.executable}", *files)
    elif program == "scripts/api-diff":
        run_tool(example, "python", "scripts/api_diff.py", *arguments, str(ROOT / SPEC))
    elif program == "scripts/redocly":  # the copy of the checkout has no node_modules
        files = [str(example / each) if each.endswith(".yaml") else each for each in arguments]
        result = run_in(example, str(ROOT / program), *files)
        assert result.returncode == 0, result.stdout + result.stderr
    else:
        run_tool(example, program, *arguments)


def test_example_passes_the_tests(example: Path) -> None:
    changed = [
        each for each in changed_files(example) if re.search(r"^tests/.*/test_\w+\.py$", each)
    ]
    assert changed
    run_tool(
        example,
        "python",
        "-m",
        "pytest",
        "-q",
        "-p",
        "no:cacheprovider",
        *sorted({*TESTS, *changed}),
    )


# A new operation with a new object, and the removal of a field.

READERS_PATH = """
/conversations/{conversationId}/readers:
  parameters:
    - $ref: '#/components/parameters/ConversationId'
  get:
    operationId: listReaders
    tags: [conversations]
    summary: List the readers of a conversation
    description: Returns the accounts with which the conversation is shared.
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
  description: An account with which a conversation is shared.
  required: [id, name]
  properties:
    id: { type: string, description: Id of the reader. }
    name: { type: string, description: Name of the reader. }
    readAt: { type: [string, 'null'], format: date-time, description: Time of the last request. }
ReaderListResponse:
  type: object
  description: Response with a list of readers.
  x-result: readers
  required: [success, data]
  properties:
    success: { type: boolean, description: Always true. }
    data:
      type: object
      description: Contains the readers.
      required: [readers]
      properties:
        readers:
          type: array
          description: The readers.
          items: { $ref: '#/components/schemas/Reader' }
"""
METHOD = """
    async def readers(
        self, conversation_id: str, **options: Unpack[types.RequestOptions]
    ) -> builtins.list[Reader]:
        return await self._requestor.execute(
            list_readers.request, list_readers.read, options, conversation_id
        )
"""
READERS = """
import sys

from chatroutes import ChatRoutes

with ChatRoutes("key", sys.argv[1], retry_delay=0) as client:
    response = client.request("GET", "/conversations/conv_1/readers")
    print(response.json()["data"]["readers"][0]["name"])
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


def insert_before(file: Path, line: str, text: str) -> None:
    start, separator, rest = file.read_text("utf-8").partition(line)
    assert separator
    file.write_text(start + text + separator + rest, "utf-8")


def edit_contract(checkout: Path, change: Callable[[Json], None]) -> None:
    document: Json = yaml.safe_load((checkout / SPEC).read_text("utf-8"))
    change(document)
    (checkout / SPEC).write_text(yaml.safe_dump(document, sort_keys=False), "utf-8")


def regenerate(checkout: Path) -> str:
    """Run scripts/regen.py, and return the number of changed files."""
    result = run_regen(checkout)
    assert result.returncode == 0, result.stdout + result.stderr
    return result.stdout.partition(" of ")[0]


def find_type_errors(checkout: Path, **programs: str) -> dict[str, dict[str, set[int]]]:
    """Return the lines of each program that mypy and pyright report in strict mode."""
    files = {f"{name}.py": name for name in programs}
    for file, name in files.items():
        (checkout / file).write_text(programs[name], "utf-8")
    settings = '{"typeCheckingMode": "strict", "extraPaths": [".", "generated"]}'
    (checkout / "pyrightconfig.json").write_text(settings, "utf-8")
    # scripts/check reports the errors of the packages themselves.
    mypy = ["mypy", "--strict", "--follow-imports=silent", "--config-file=", *files]
    pyright = ["pyright", f"--pythonpath={sys.executable}", *files]
    environment = os.environ | {
        "MYPYPATH": os.pathsep.join([".", "generated"]),
        "PYRIGHT_PYTHON_IGNORE_WARNINGS": "1",
    }

    def run_checker(command: list[str]) -> dict[str, set[int]]:
        result = subprocess.run(
            [sys.executable, "-m", *command],
            cwd=checkout,
            env=environment,
            capture_output=True,
            text=True,
        )
        assert result.returncode in (0, 1), result.stdout + result.stderr
        lines: dict[str, set[int]] = {name: set() for name in programs}
        for file, line in re.findall(r"(\w+\.py):(\d+):.* error: ", result.stdout):
            lines[files[file]].add(int(line))
        return lines

    with ThreadPoolExecutor() as pool:
        both = pool.map(run_checker, (mypy, pyright))
        return dict(zip(("mypy", "pyright"), both, strict=True))


def line_number(text: str, program: str) -> int:
    return program[: program.index(text)].count("\n") + 1


@pytest.fixture(scope="module")
def new_object(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A checkout with a new operation that returns new objects."""
    checkout = copy_checkout(tmp_path_factory.mktemp("new-object"))

    def add(document: Json) -> None:
        document["paths"] |= yaml.safe_load(READERS_PATH)
        document["components"]["schemas"] |= yaml.safe_load(READER_SCHEMAS)

    edit_contract(checkout, add)
    resource = checkout / "chatroutes/_async/resources/conversations.py"
    insert_before(resource, "from collections.abc import AsyncIterator", "import builtins\n")
    insert_before(resource, "    update_conversation,\n)", "    list_readers,\n")
    insert_before(
        resource, "\nfrom ... import _lazy_types", "from chatroutes_wire.types import Reader\n"
    )
    insert_before(resource, "\n\nclass AsyncConversationIterator", "\n" + METHOD)
    # The contract in OpenAPI 3.0, the synchronous resource, the operation, two models, their list and the types, and
    # the methods with raw and with streaming responses, asynchronous and synchronous.
    assert regenerate(checkout) == "12"
    return checkout


def test_new_operation_with_a_new_object_can_be_called(
    new_object: Path, fault_server: FaultServer
) -> None:
    readers = [{"id": "u_1", "name": "Ada", "readAt": None}]
    fault_server.script(
        json_response(200, {"success": True, "data": {"readers": readers}}), repeat_last=True
    )
    output = run_tool(new_object, "python", "-W", "error", "-c", READERS, fault_server.base_url)
    assert output == "Ada\nAda None\n"
    requests = [(each.method, each.path) for each in fault_server.requests]
    assert requests == [("GET", "/api/v1/conversations/conv_1/readers")] * 2


def test_new_object_is_typed(new_object: Path) -> None:
    misspelt = READERS.replace('reader["name"]', 'reader["nom"]')
    expected = {
        "readers": set[int](),
        "titles": set[int](),
        "misspelt": {line_number("nom", misspelt)},
    }
    lines = find_type_errors(new_object, readers=READERS, titles=TITLES, misspelt=misspelt)
    assert lines == {"mypy": expected, "pyright": expected}


@requires_redocly
def test_removed_field_is_reported_by_api_diff_and_type_checkers(
    new_object: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    def remove(document: Json) -> None:
        conversation = document["components"]["schemas"]["Conversation"]
        del conversation["properties"]["title"]
        conversation["required"].remove("title")

    checkout = tmp_path / "checkout"
    shutil.copytree(new_object, checkout)
    edit_contract(checkout, remove)
    regenerate(checkout)

    assert api_diff.main(["--check", str(new_object / SPEC)], checkout) == 1
    report = capsys.readouterr().out
    breaking = report.partition("## Breaking")[2].partition("## ")[0]
    assert "- Property `title` of `Conversation` was removed. (listConversations, " in breaking

    expected = {"titles": {line_number("title", TITLES)}, "readers": set[int]()}
    lines = find_type_errors(checkout, titles=TITLES, readers=READERS)
    assert lines == {"mypy": expected, "pyright": expected}
