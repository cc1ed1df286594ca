"""Redocly finds fault with a contract that is worse, and renders this one as a page that needs no other."""

from __future__ import annotations

import json
import os
import shutil
import subprocess
from collections.abc import Iterator
from html.parser import HTMLParser
from pathlib import Path
from typing import Any

import pytest
import yaml

from tests.support.markers import single_python
from tests.support.paths import CONTRACT, CONTRACT_30, ROOT

pytestmark = [
    single_python,
    pytest.mark.skipif(os.name == "nt", reason="the scripts need a POSIX shell"),
]


def run(
    script: str, *arguments: str, path: str | None = None, folder: Path | None = None
) -> subprocess.CompletedProcess[str]:
    return subprocess.run(
        [str(ROOT / "scripts" / script), *arguments],
        cwd=folder,
        env=os.environ if path is None else os.environ | {"PATH": path},
        capture_output=True,
        text=True,
        encoding="utf-8",
    )


@pytest.fixture(scope="module")
def redocly() -> None:
    """Redocly, installed; a test that wants it is left out where there is no node."""
    if "NOT RUN" in (said := run("redocly", "--if-there", "--version").stderr):
        pytest.skip(said)


@pytest.fixture
def path_without_node(tmp_path: Path) -> str:
    for name in ("sh", "dirname"):
        program = shutil.which(name)
        assert program
        (tmp_path / name).symlink_to(program)
    return str(tmp_path)


def test_a_machine_without_node_is_told_what_was_not_run(path_without_node: str) -> None:
    done = run("redocly", "--if-there", "lint", "a.yaml", path=path_without_node)
    assert (done.returncode, done.stdout) == (0, "")
    assert done.stderr.startswith("NOT RUN: redocly lint a.yaml: there is no node")


def test_what_needs_node_fails_without_it(path_without_node: str) -> None:
    done = run("redocly", "lint", path=path_without_node)
    assert done.returncode == 1
    assert done.stderr.startswith("NOT RUN: redocly lint: there is no node")


def lint(*files: Path) -> subprocess.CompletedProcess[str]:
    """Lint them all at once: starting redocly takes longer than reading a contract."""
    arguments = ["--lint-config", "error", "--format", "json", *map(str, files)]
    return run("redocly", "--if-there", "lint", *arguments)


@pytest.mark.usefixtures("redocly")
def test_the_contracts_pass() -> None:
    done = lint(CONTRACT, CONTRACT_30)
    assert done.returncode == 0, done.stdout + done.stderr


WORSE = [
    ("summary: List conversations page by page", "x-a: b", "operation-summary"),
    ("totalNodes: 3", "totalNodes: three", "no-invalid-media-type-examples"),
    ("#/components/examples/EmptyRequest'", "#/x'", "no-unresolved-refs"),
    ("required: [branchId, messageId]", "required: [id]", "no-required-schema-properties-undefined"),
    ("  examples:\n    Create", "  examples:\n    Unused: { value: 1 }\n    Create", "no-unused-components"),
    ("/messages/{messageId}:", "/Messages/{messageId}:", "paths-kebab-case"),
    ("description: Number of the page, counted from 1.", "x-a: b", "parameter-description"),
]  # fmt: skip


@pytest.fixture(scope="module")
def faults(redocly: None, tmp_path_factory: pytest.TempPathFactory) -> dict[str, set[str]]:
    """The rules that each contract breaks that is worse, by the one that it was made to break."""
    folder = tmp_path_factory.mktemp("worse")
    text = CONTRACT.read_text("utf-8")
    for old, new, rule in WORSE:
        assert old in text
        (folder / f"{rule}.yaml").write_text(text.replace(old, new, 1), "utf-8")

    done = lint(*sorted(folder.iterdir()))

    assert done.returncode == 1, done.stdout + done.stderr
    found: dict[str, set[str]] = {rule: set() for _, _, rule in WORSE}
    for problem in problems(done.stdout):
        file = Path(problem["location"][0]["source"]["ref"])
        assert problem["severity"] == "error"
        found[file.stem].add(problem["ruleId"])
    return found


def problems(said: str) -> Iterator[Any]:
    """What redocly says, a document of JSON for each file."""
    while said := said.lstrip():
        document, end = json.JSONDecoder().raw_decode(said)
        yield from document["problems"]
        said = said[end:]


@pytest.mark.parametrize("rule", [rule for _, _, rule in WORSE])
def test_a_contract_that_is_worse_fails(faults: dict[str, set[str]], rule: str) -> None:
    assert rule in faults[rule]


# The rendered reference.


class Loads(HTMLParser):
    """What a page loads, as a browser would: by elements that load, and not by links to follow."""

    def __init__(self, page: str) -> None:
        super().__init__()
        self.found: list[str] = []
        self.policy = ""
        self.feed(page)

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        values = dict(attrs)
        if values.get("http-equiv") == "Content-Security-Policy":
            self.policy = values["content"] or ""
        loads = ("src", "srcset", "data", "poster", "href" if tag != "a" else "src")
        found = [(name, values.get(name) or "#") for name in loads]
        self.found += [f"{tag} {name}={url}" for name, url in found if not url.startswith("#")]


@pytest.fixture(scope="module")
def page(redocly: None, tmp_path_factory: pytest.TempPathFactory) -> str:
    """Rendered into a file that is named as the caller, in another folder, sees it."""
    folder = tmp_path_factory.mktemp("docs")
    done = run("docs", "new/api.html", folder=folder)
    assert done.returncode == 0, done.stdout + done.stderr
    return (folder / "new/api.html").read_text("utf-8")


def test_the_reference_loads_nothing(page: str) -> None:
    loads = Loads(page)
    assert loads.found == []
    # What its scripts may try, such as a picture of their maker, the browser refuses.
    allowed = {"'none'", "'unsafe-inline'", "data:", "blob:"}
    directives = [directive.split() for directive in loads.policy.split(";")]
    assert ["default-src", "'none'"] in directives
    assert {source for _, *sources in directives for source in sources} <= allowed


def test_the_reference_sends_nothing(page: str) -> None:
    assert '"disableTelemetry":true' in page


def test_the_reference_holds_the_whole_contract(page: str) -> None:
    spec = yaml.safe_load(CONTRACT.read_text("utf-8"))
    operations = [
        operation["operationId"]
        for item in spec["paths"].values()
        for method, operation in item.items()
        if method != "parameters"
    ]
    missing = [
        name
        for name in [*operations, *spec["components"]["schemas"], "text/event-stream"]
        if f'"{name}"' not in page
    ]
    assert missing == []


def test_the_reference_shows_events_as_they_come_over_the_wire(page: str) -> None:
    assert (
        r'"value":"data: {\"type\":\"content\",\"content\":\"Fine, \",\"model\":\"gpt-4\"}\n\n"'
        in page
    )
