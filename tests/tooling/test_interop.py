"""Test scripts/interop: its steps, its proxy, its settings and the table in docs/interop.md."""

from __future__ import annotations

import json
import os
import re
import shlex
import shutil
import subprocess
import sys
from collections.abc import Generator
from contextlib import contextmanager
from dataclasses import replace
from pathlib import Path
from typing import Any

import httpx
import pytest

from chatroutes_server import LocalServer
from interop.proxy import (
    NULL_FIELDS,
    REWRITES,
    Rewrite,
    later_release,
    rewrite_line,
    rewriting_proxy,
)
from interop.runner import (
    CLIENTS,
    DOCS,
    FAILED,
    NOT_RUN,
    PASSED,
    ROOT,
    SETTINGS,
    STEPS,
    Client,
    CommandError,
    markdown_table,
    missing_toolchains,
    pinned_version,
    replace_table,
    run_command,
    run_steps,
)

pytestmark = pytest.mark.check

LIST_CONVERSATIONS = """
import json, os, urllib.request
url = os.environ["CHATROUTES_BASE_URL"] + "/conversations?limit=1"
headers = {"Authorization": "ApiKey " + os.environ["CHATROUTES_API_KEY"]}
page = json.load(urllib.request.urlopen(urllib.request.Request(url, headers=headers)))
print("listed")
"""
READ_TREE = """
import json, os, urllib.request
id = os.environ["LONG_CONVERSATION_ID"]
url = os.environ["CHATROUTES_BASE_URL"] + f"/conversations/{id}/tree?format=flat"
headers = {"X-API-Key": os.environ["CHATROUTES_API_KEY"]}
tree = json.load(urllib.request.urlopen(urllib.request.Request(url, headers=headers)))
assert [node["depth"] for node in tree["data"]["nodes"]] == [1, 2, 3, 4]
print("listed")
"""


def python(program: str) -> str:
    """Return the shell command that runs a Python program."""
    return shlex.join([sys.executable, "-c", program])


def make_client(folder: Path, **changes: Any) -> Client:
    """Return a client that passes all steps, with the changes."""
    client = Client(
        name="go",
        language="Go",
        packages=["openapi-generator-cli"],
        folder=str(folder),
        generate="true",
        compile="true",
        run=python(LIST_CONVERSATIONS),
        expected_output="listed\n",
        long_conversation=0,
    )
    return replace(client, **changes)


def add_stub(folder: Path, name: str, script: str) -> None:
    """Write an executable shell script."""
    stub = folder / name
    stub.write_text(f"#!/bin/sh\n{script}\n", "utf-8")
    stub.chmod(0o755)


# The steps of a client.


def test_client_runs_against_the_server_and_each_rewrite(tmp_path: Path) -> None:
    program = LIST_CONVERSATIONS + "open('urls', 'a').write(url + '\\n')"

    result = run_steps(make_client(tmp_path, run=python(program)))

    assert result == {"generate": PASSED, "compile": PASSED, "run": PASSED}
    assert len(set((tmp_path / "urls").read_text("utf-8").splitlines())) == 4


def test_client_does_not_run_against_a_server_that_it_skips(tmp_path: Path) -> None:
    program = "open('urls', 'a').write('x\\n')"
    skips = ["compact dialect", "later release"]

    run_steps(make_client(tmp_path, run=python(program), skips=skips, expected_output=""))

    assert (tmp_path / "urls").read_text("utf-8") == "x\nx\n"


def test_program_gets_a_conversation_with_messages_in_a_row(tmp_path: Path) -> None:
    result = run_steps(make_client(tmp_path, run=python(READ_TREE), long_conversation=4))

    assert result["run"] == PASSED


def test_step_without_a_script_is_not_run(tmp_path: Path) -> None:
    (tmp_path / "generated").mkdir()

    result = run_steps(make_client(tmp_path, generate="", compile=""))

    assert result == {"generate": NOT_RUN, "compile": NOT_RUN, "run": PASSED}
    assert (tmp_path / "generated").is_dir()


def test_missing_toolchain_is_named(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    bin_folder = tmp_path / "bin"
    bin_folder.mkdir()
    (bin_folder / "sh").symlink_to(shutil.which("sh") or "")
    monkeypatch.setenv("PATH", str(bin_folder))

    result = run_steps(make_client(tmp_path, requires={"compile": ["go"]}))

    assert result == {"generate": PASSED, "compile": "go: missing", "run": NOT_RUN}


@pytest.mark.parametrize(
    ("change", "failed_step", "error"),
    [
        ({"generate": "echo no such schema >&2; exit 1"}, "generate", "no such schema"),
        ({"run": "exit 3"}, "run", "go: run: local server: exit status 3"),
        (
            {"run": python(LIST_CONVERSATIONS + "page['data']")},
            "run",
            "go: run: compact dialect: ",
        ),
        ({"expected_output": "listed\ndeleted\n"}, "run", "missing from the output: ['deleted']"),
    ],
)
def test_failure_is_reported(
    change: dict[str, str],
    failed_step: str,
    error: str,
    tmp_path: Path,
    capsys: pytest.CaptureFixture[str],
) -> None:
    result = run_steps(make_client(tmp_path, **change))

    assert result[failed_step] == FAILED
    assert error in capsys.readouterr().err


def test_generated_files_of_the_last_run_are_removed(tmp_path: Path) -> None:
    (tmp_path / "generated").mkdir()
    (tmp_path / "generated/stale").touch()

    assert run_steps(make_client(tmp_path, generate="mkdir generated"))["generate"] == PASSED

    assert list((tmp_path / "generated").iterdir()) == []


# Commands and toolchains.


def test_timeout_kills_all_processes_of_a_command(tmp_path: Path) -> None:
    pipe = tmp_path / "pipe"
    os.mkfifo(pipe)
    reader = os.open(pipe, os.O_RDONLY | os.O_NONBLOCK)
    os.set_blocking(reader, True)
    wait_forever = python("import threading; threading.Event().wait()")

    for timeout in (1, 10, 100):  # a busy machine may need longer to start the processes
        with pytest.raises(CommandError, match=f"timed out after {timeout} seconds"):
            run_command(
                f"exec 3>pipe; {wait_forever} & echo x >&3; wait", tmp_path, timeout=timeout
            )
        if started := os.read(reader, 10):
            break

    assert started == b"x\n"
    assert os.read(reader, 10) == b""  # no process has the pipe open
    os.close(reader)


def test_toolchain_that_does_not_run_is_missing(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("PATH", f"{tmp_path}{os.pathsep}{os.environ['PATH']}")
    add_stub(tmp_path, "go", "exit 0")
    add_stub(tmp_path, "cargo", "exit 1")

    assert missing_toolchains(["go", "rust"]) == ["rust"]


NPM_CLIENTS = [client for client in CLIENTS if (client.path / "package-lock.json").exists()]


@pytest.mark.parametrize("client", NPM_CLIENTS, ids=lambda client: client.name)
def test_npm_packages_are_installed_if_the_lock_file_changed(
    client: Client, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    lock_file = tmp_path / "package-lock.json"
    lock_file.touch()
    os.utime(lock_file, (1, 1))
    installed = "mkdir -p node_modules; touch -t 200001010000 node_modules/.package-lock.json"
    add_stub(tmp_path, "npm", f'if [ "$1" = ci ]; then {installed}; echo x >>installs; fi')
    add_stub(tmp_path, "npx", "exit 0")
    monkeypatch.setenv("PATH", f"{tmp_path}{os.pathsep}{os.environ['PATH']}")

    install = (client.generate or client.run).splitlines()[0]

    for _ in range(2):
        run_command(install, tmp_path)
    assert (tmp_path / "installs").read_text("utf-8") == "x\n"

    lock_file.touch()
    run_command(install, tmp_path)
    assert (tmp_path / "installs").read_text("utf-8") == "x\nx\n"


def test_unknown_client_is_an_error() -> None:
    command = [sys.executable, "-m", "interop", "cobol"]
    completed = subprocess.run(command, cwd=ROOT, capture_output=True, text=True)

    assert completed.returncode == 2
    assert "unknown client: cobol. Choose from openapi-typescript, " in completed.stderr


# The proxy.


@contextmanager
def connect(rewrite: Rewrite) -> Generator[httpx.Client, None, None]:
    """Yield an HTTP client of a local server behind a proxy."""
    with LocalServer() as server, rewriting_proxy(server.base_url, rewrite) as base_url:
        headers = {"Authorization": f"ApiKey {server.api_key}"}
        with httpx.Client(base_url=base_url, headers=headers) as http:
            yield http


def test_later_release_sends_unknown_fields_values_and_nulls() -> None:
    with connect(later_release) as http:
        created = http.post("/conversations", json={"title": "Later"})
        missing = http.get("/conversations/missing")
        conversation = created.json()["data"]["conversation"]
        sent = http.post(f"/conversations/{conversation['id']}/messages", json={"content": "Hi"})

    metadata = sent.json()["data"]["assistantMessage"]["metadata"]
    assert created.status_code == 201
    assert conversation["title"] == "Later"
    assert conversation["systemPrompt"] is None
    assert metadata.keys() >= {*NULL_FIELDS["finishReason"]} >= {"mergedFrom", "warning"}
    assert metadata["warning"] is None
    assert conversation["branches"][0]["contextMode"] == "EVERYTHING"
    assert conversation["branches"][0]["newField"] == {"in": ["every", "object"]}
    assert (missing.status_code, missing.json()["error"]) == (404, "NOT_FOUND")


def test_later_release_keeps_existing_values() -> None:
    tree = {"nodes": [{"children": [], "branchInfo": {"title": "Main"}}]}
    assert later_release(tree)["nodes"][0]["branchInfo"]["title"] == "Main"


PAGE = {"conversations", "total", "page", "limit", "hasNext"}


@pytest.mark.parametrize(
    ("rewrite", "reply_fields", "page_fields", "tree_fields", "chunk_fields", "last_chunk_fields"),
    [
        (
            "documented dialect",
            {"userMessage", "assistantMessage"},
            {"success", "data"},
            {"conversation", "tree", "nodes", "metadata"},
            {"id", "model", "created", "choices"},
            {"id", "model", "created", "choices"},
        ),
        (
            "compact dialect",
            {"message", "usage", "model"},
            {"success", *PAGE},
            {"conversation", "nodes", "metadata", "branches", "mainBranch"},
            {"type", "content", "model"},
            {"type", "message", "usage", "model"},
        ),
    ],
)
def test_one_dialect_has_no_fields_of_the_other(
    rewrite: str,
    reply_fields: set[str],
    page_fields: set[str],
    tree_fields: set[str],
    chunk_fields: set[str],
    last_chunk_fields: set[str],
) -> None:
    with connect(REWRITES[rewrite]) as http:
        created = http.post("/conversations", json={"title": "One"}).json()["data"]["conversation"]
        path = f"/conversations/{created['id']}/messages"
        reply = http.post(path, json={"content": "Hello"}).json()
        page = http.get("/conversations").json()
        tree = http.get(f"/conversations/{created['id']}/tree").json()
        stream = http.post(f"{path}/stream", json={"content": "And now?"}).text

    *chunks, last_chunk, done = re.findall(r"^data: (.+)$", stream, re.MULTILINE)
    assert reply["data"].keys() == reply_fields
    assert page.keys() == page_fields
    assert tree["data"].keys() == tree_fields
    assert {frozenset(json.loads(chunk)) for chunk in chunks} == {frozenset(chunk_fields)}
    assert json.loads(last_chunk).keys() == last_chunk_fields
    assert done == "[DONE]"


@pytest.mark.parametrize("line", [b"data: [DONE]\n", b"id: 7\n", b"\n", b": data: {}\n"])
def test_proxy_rewrites_only_objects_of_an_event_stream(line: bytes) -> None:
    assert rewrite_line(line, later_release) == line
    assert json.loads(rewrite_line(b'data: {"a":1}\n', later_release)[6:]) == later_release(
        {"a": 1}
    )


# The settings and the table.


@pytest.mark.parametrize(
    ("name", "text", "package"),
    [
        ("package.json", '{"devDependencies": { "@scope/tool": "1.2.3" }}', "@scope/tool"),
        ("package.json", '{\n  "tool": "1.2.3",\n  "tool-kit": "4.5.6"\n}', "tool"),
        (
            "go.mod",
            "tool example.com/tool/v2/cmd\nrequire (\n\texample.com/tool/v2 v1.2.3 // indirect\n)",
            "example.com/tool/v2",
        ),
    ],
)
def test_version_is_read_from_the_manifest_of_the_client(
    name: str, text: str, package: str, tmp_path: Path
) -> None:
    (tmp_path / name).write_text(text, "utf-8")
    assert pinned_version(make_client(tmp_path), package) == "1.2.3"


def test_package_without_a_version_is_an_error(tmp_path: Path) -> None:
    with pytest.raises(LookupError, match="no file pins cobol"):
        pinned_version(make_client(tmp_path), "cobol")


@pytest.mark.parametrize("client", CLIENTS, ids=lambda client: client.name)
def test_settings_of_a_client_are_complete(client: Client) -> None:
    assert client.path.is_dir()
    assert all(pinned_version(client, package) for package in client.packages)
    assert {name for step in client.requires.values() for name in step} <= {*SETTINGS["toolchains"]}


def test_table_has_a_row_for_each_client(tmp_path: Path) -> None:
    result = {"generate": PASSED, "compile": "go: missing", "run": NOT_RUN}

    head, rule, row = markdown_table([(make_client(tmp_path), result)]).splitlines()

    assert head == "| client | language | tool | version | generated | compiled | ran |"
    assert rule.count("---") == 7
    assert row.startswith("| [go](#go) | Go | openapi-generator-cli | ")
    assert row.endswith(" | yes | go: missing | — |")


def test_table_replaces_the_table_of_the_page() -> None:
    page = "# Title\n\n| client | old |\n| --- | --- |\n| go | no |\n\n## go\n\n| other |\n"
    table = "| client | new |\n| --- | --- |\n"
    assert replace_table(page, table) == f"# Title\n\n{table}\n## go\n\n| other |\n"


def test_docs_table_is_of_these_clients_and_versions() -> None:
    results = [
        (client, {step: PASSED if getattr(client, step) else NOT_RUN for step in STEPS})
        for client in CLIENTS
    ]
    assert markdown_table(results) in DOCS.read_text("utf-8")


def test_docs_have_a_section_for_each_client() -> None:
    headings = re.findall(r"^## (.+)$", DOCS.read_text("utf-8"), re.MULTILINE)
    assert headings == [client.name for client in CLIENTS]
