"""Redocly: lint rules for the contract."""

from __future__ import annotations

import json
import os
import shutil
import subprocess
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from tests.support.paths import CONTRACT, ROOT

pytestmark = [
    pytest.mark.check,
    pytest.mark.skipif(os.name == "nt", reason="the scripts need a POSIX shell"),
]


def run_redocly(*arguments: str, path: str | None = None) -> subprocess.CompletedProcess[str]:
    return subprocess.run(
        [str(ROOT / "scripts/redocly"), *arguments],
        env=os.environ if path is None else os.environ | {"PATH": path},
        capture_output=True,
        text=True,
        encoding="utf-8",
    )


@pytest.fixture(scope="module")
def redocly() -> None:
    """Install redocly, and skip the test where node is not available."""
    if "NOT RUN" in (output := run_redocly("--if-there", "--version").stderr):
        pytest.skip(output)


@pytest.fixture
def path_without_node(tmp_path: Path) -> str:
    for name in ("sh", "dirname"):
        program = shutil.which(name)
        assert program
        (tmp_path / name).symlink_to(program)
    return str(tmp_path)


def test_optional_redocly_reports_missing_node(path_without_node: str) -> None:
    process = run_redocly("--if-there", "lint", "a.yaml", path=path_without_node)
    assert (process.returncode, process.stdout) == (0, "")
    assert process.stderr.startswith("NOT RUN: redocly lint a.yaml: there is no node")


def test_required_redocly_fails_without_node(path_without_node: str) -> None:
    process = run_redocly("lint", path=path_without_node)
    assert process.returncode == 1
    assert process.stderr.startswith("NOT RUN: redocly lint: there is no node")


def lint(*files: Path) -> subprocess.CompletedProcess[str]:
    """Lint several files in one process, because starting redocly takes longer than linting a contract."""
    arguments = ["--lint-config", "error", "--format", "json", *map(str, files)]
    return run_redocly("--if-there", "lint", *arguments)


INVALID_CHANGES = [
    ("summary: List conversations page by page", "x-a: b", "operation-summary"),
    ("totalNodes: 3", "totalNodes: three", "no-invalid-media-type-examples"),
    ("#/components/examples/EmptyRequest'", "#/x'", "no-unresolved-refs"),
    ("required: [branchId, messageId]", "required: [id]", "no-required-schema-properties-undefined"),
    ("  examples:\n    Create", "  examples:\n    Unused: { value: 1 }\n    Create", "no-unused-components"),
    ("/messages/{messageId}:", "/Messages/{messageId}:", "paths-kebab-case"),
    ("description: Number of the page, counted from 1.", "x-a: b", "parameter-description"),
]  # fmt: skip


@pytest.fixture(scope="module")
def broken_rules(redocly: None, tmp_path_factory: pytest.TempPathFactory) -> dict[str, set[str]]:
    """Return the rules that each invalid contract breaks, by the rule that it is meant to break."""
    folder = tmp_path_factory.mktemp("invalid")
    text = CONTRACT.read_text("utf-8")
    for old, new, rule in INVALID_CHANGES:
        assert old in text
        (folder / f"{rule}.yaml").write_text(text.replace(old, new, 1), "utf-8")

    process = lint(*sorted(folder.iterdir()))

    assert process.returncode == 1, process.stdout + process.stderr
    rules: dict[str, set[str]] = {rule: set() for _, _, rule in INVALID_CHANGES}
    for problem in problems(process.stdout):
        file = Path(problem["location"][0]["source"]["ref"])
        assert problem["severity"] == "error"
        rules[file.stem].add(problem["ruleId"])
    return rules


def problems(output: str) -> Iterator[Any]:
    """Yield the problems in redocly's output, which is one JSON document per file."""
    while output := output.lstrip():
        document, end = json.JSONDecoder().raw_decode(output)
        yield from document["problems"]
        output = output[end:]


@pytest.mark.parametrize("rule", [rule for _, _, rule in INVALID_CHANGES])
def test_invalid_contract_fails_lint(broken_rules: dict[str, set[str]], rule: str) -> None:
    assert rule in broken_rules[rule]
