"""What scripts/clients says of the clients that it tried, and what it does where a toolchain is missing."""

from __future__ import annotations

import json
import os
import re
import sys
from collections.abc import Callable, Generator
from contextlib import contextmanager
from pathlib import Path

import httpx
import pytest

from chatroutes_server import LocalServer
from clients.catalogue import catalogue
from clients.client import FAILED, NOT_REACHED, YES, Client, Result
from clients.deployments import Alteration, altered_line, compact, deployment, documented, later
from clients.programs import Program, ProgramError, install_npm_packages, run
from clients.table import page, table
from tests.support.markers import single_python

pytestmark = single_python

ROOT = Path(__file__).parents[1]
NOWHERE = Program("no-such-program")

CONVERSATION = """
import os, urllib.request
address = os.environ["CHATROUTES_BASE_URL"] + "/conversations?limit=1"
key = {"Authorization": "ApiKey " + os.environ["CHATROUTES_API_KEY"]}
urllib.request.urlopen(urllib.request.Request(address, headers=key)).read()
print("listed")
"""


def nothing(_folder: Path) -> None:
    """Do a step that needs no doing."""


NEEDS_DATA = "import json" + CONVERSATION.replace(".read()", "").replace(
    "urllib.request.urlopen", "answer = urllib.request.urlopen"
).replace("print(", "json.load(answer)['data']; print(")


def client(
    generate: Callable[[Path], None] = nothing,
    compiles_with: tuple[Program, ...] = (),
    program: str = CONVERSATION,
    transcript: str = "listed\n",
) -> Client:
    return Client(
        *("go", "Go", "a generator", "1.0", generate, (), nothing, compiles_with),
        lambda _folder: [sys.executable, "-c", program],
        transcript,
    )


def refuse(_folder: Path) -> None:
    raise ProgramError("the generator fell over")


# Trying a client out.


def test_a_client_is_run_against_the_server_and_other_deployments(tmp_path: Path) -> None:
    program = CONVERSATION + "open('runs', 'a').write(address + '\\n')"
    complaints: list[str] = []

    assert client(program=program).try_out(tmp_path, complaints.append) == Result(YES, YES, YES)

    addresses = (tmp_path / "go/runs").read_text("utf-8").splitlines()
    assert len(set(addresses)) == 4
    assert complaints == []


def test_a_missing_toolchain_is_named_and_is_no_failure(tmp_path: Path) -> None:
    complaints: list[str] = []

    result = client(compiles_with=(NOWHERE,)).try_out(tmp_path, complaints.append)

    assert result == Result(YES, "no-such-program: missing", NOT_REACHED)
    assert not result.failed
    assert complaints == []


@pytest.mark.parametrize(
    ("broken", "result", "complaint"),
    [
        (client(generate=refuse), Result(FAILED), "go: the generator fell over"),
        (
            client(program="raise SystemExit(3)"),
            Result(YES, YES, FAILED),
            "go: with the local server: ",
        ),
        (client(program=NEEDS_DATA), Result(YES, YES, FAILED), "with a compact deployment: "),
        (client(transcript="listed\ndeleted\n"), Result(YES, YES, FAILED), "['deleted']"),
    ],
)
def test_what_failed_is_told(
    broken: Client, result: Result, complaint: str, tmp_path: Path
) -> None:
    complaints: list[str] = []

    assert broken.try_out(tmp_path, complaints.append) == result

    assert result.failed
    assert complaint in complaints[0]


# Programs.


def test_a_program_that_is_there_lacks_nothing_and_an_old_one_is_named() -> None:
    there = Program(sys.executable)
    assert there.lack() is None
    assert there._replace(least=3).lack() is None
    assert there._replace(least=4).lack() == f"{sys.executable} 4: missing (3 is there)"
    assert NOWHERE.lack() == "no-such-program: missing"


def test_a_program_that_does_not_run_is_missing(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    stub = tmp_path / "stub"
    stub.write_text("#!/bin/sh\nexit 1\n", "utf-8")
    stub.chmod(0o755)
    monkeypatch.setenv("PATH", f"{tmp_path}{os.pathsep}{os.environ['PATH']}")
    assert Program("stub").lack() == f"stub: missing ({stub} does not run)"


def test_a_program_that_takes_too_long_is_ended_with_what_it_started(tmp_path: Path) -> None:
    waits = "import threading; threading.Event().wait()"
    starts_another = f"import subprocess, sys; subprocess.run([sys.executable, '-c', {waits!r}])"

    with pytest.raises(ProgramError, match=r"was not done after 0\.5 seconds"):
        run([sys.executable, "-c", starts_another], tmp_path, 0.5)


def test_npm_packages_that_are_there_are_not_installed_again(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    npm = tmp_path / "npm"
    npm.write_text("#!/bin/sh\nmkdir -p node_modules; echo x >>calls\n", "utf-8")
    npm.chmod(0o755)
    monkeypatch.setenv("PATH", f"{tmp_path}{os.pathsep}{os.environ['PATH']}")
    lock = tmp_path / "package-lock.json"

    for content in ("{}", "{}", '{"new": 1}', '{"new": 1}'):
        lock.write_text(content, "utf-8")
        install_npm_packages(tmp_path)

    assert (tmp_path / "calls").read_text("utf-8") == "x\nx\n"


# Other deployments.


@contextmanager
def talking(alter: Alteration) -> Generator[httpx.Client, None, None]:
    with LocalServer() as server, deployment(server.base_url, alter) as base_url:
        key = {"Authorization": f"ApiKey {server.api_key}"}
        with httpx.Client(base_url=base_url, headers=key) as http:
            yield http


def test_a_later_release_knows_fields_values_and_nulls_that_the_contract_does_not() -> None:
    with talking(later) as http:
        created = http.post("/conversations", json={"title": "Later"})
        missing = http.get("/conversations/nobody")

    conversation = created.json()["data"]["conversation"]
    assert created.status_code == 201
    assert conversation["title"] == "Later"
    assert conversation["systemPrompt"] is None
    assert conversation["branches"][0]["contextMode"] == "EVERYTHING"
    assert conversation["branches"][0]["addedLater"] == {"to": ["every", "object"]}
    assert (missing.status_code, missing.json()["error"]) == (404, "NOT_FOUND")


def test_what_is_there_already_stays() -> None:
    nodes = {"nodes": [{"children": [], "branchInfo": {"title": "Main"}}]}
    assert later(nodes)["nodes"][0]["branchInfo"]["title"] == "Main"


PAGE = {"conversations", "total", "page", "limit", "hasNext"}


@pytest.mark.parametrize(
    ("alter", "sent", "page", "chunk", "last"),
    [
        (
            documented,
            {"userMessage", "assistantMessage"},
            {"success", "data"},
            {"id", "model", "created", "choices"},
            {"id", "model", "created", "choices"},
        ),
        (
            compact,
            {"message", "usage", "model"},
            {"success", *PAGE},
            {"type", "content", "model"},
            {"type", "message", "usage", "model"},
        ),
    ],
)
def test_a_deployment_of_one_dialect_has_nothing_of_the_other(
    alter: Alteration, sent: set[str], page: set[str], chunk: set[str], last: set[str]
) -> None:
    with talking(alter) as http:
        created = http.post("/conversations", json={"title": "One"}).json()["data"]["conversation"]
        path = f"/conversations/{created['id']}/messages"
        reply = http.post(path, json={"content": "Hello"}).json()
        listed = http.get("/conversations").json()
        tree = http.get(f"/conversations/{created['id']}/tree").json()
        stream = http.post(f"{path}/stream", json={"content": "And now?"}).text

    *chunks, end, done = re.findall(r"^data: (.+)$", stream, re.MULTILINE)
    assert reply["data"].keys() == sent
    assert listed.keys() == page
    assert tree["data"].keys() == {"conversation", "tree", "metadata"}
    assert {frozenset(json.loads(each)) for each in chunks} == {frozenset(chunk)}
    assert json.loads(end).keys() == last
    assert done == "[DONE]"


@pytest.mark.parametrize("line", [b"data: [DONE]\n", b"id: 7\n", b"\n", b": data: {}\n"])
def test_of_an_event_stream_only_objects_are_altered(line: bytes) -> None:
    assert altered_line(line, later) == line
    assert json.loads(altered_line(b'data: {"a":1}\n', later)[6:]) == later({"a": 1})


# The table.


def test_the_table_has_a_row_for_each_client() -> None:
    outcomes = [(client(), Result(YES, "go: missing", NOT_REACHED))]
    head, line, row = table(outcomes).splitlines()
    assert (
        head == "| client | language | generator | version | generated | compiled | ran | to know |"
    )
    assert line.count("---") == 8
    assert row.startswith("| go | Go | a generator | 1.0 | yes | go: missing | — | Set `")


def test_the_page_tells_all_there_is_to_know_of_each_client() -> None:
    told = page([(each, Result(YES, YES, YES)) for each in catalogue()], "An introduction.\n")
    for each in catalogue():
        assert len(each.notes) > 1
        for note in each.notes:
            assert f"- {note}\n" in told
            assert "|" not in note or "`" in note


def test_the_page_in_the_documentation_is_of_these_clients_and_versions() -> None:
    rows = re.findall(
        r"^\| ([\w-]+) \| \w+ \| (.+?) \| (.+?) \|", page_of_the_documentation(), re.MULTILINE
    )
    assert rows[1:] == [(each.name, each.generator, each.version) for each in catalogue()]


def test_the_page_in_the_documentation_has_the_texts_of_the_sources() -> None:
    introduction = (ROOT / "clients/INTRODUCTION.md").read_text("utf-8")
    complete = [(each, Result(YES, YES, YES)) for each in catalogue()]
    assert page_of_the_documentation() == page(complete, introduction)


def page_of_the_documentation() -> str:
    return (ROOT / "docs/clients.md").read_text("utf-8")
