"""Apply the worked example of CONTRIBUTING.md to a copy of the checkout."""

from __future__ import annotations

import os
import re
import shlex
import subprocess
import sys
from pathlib import Path

from tests.support.markdown import CodeBlock, read_blocks
from tests.support.paths import ROOT

BLOCKS = [
    block
    for block in read_blocks((ROOT / "CONTRIBUTING.md").read_text("utf-8"))
    if block.heading == "Changing the API"
]
BIN = Path(sys.executable).parent
_CACHES = {"__pycache__", ".hypothesis", ".import_linter_cache", ".mypy_cache", ".ruff_cache"}

# The instructions that the paragraph before a block can end with.
_FILE = r"In `(?P<file>[^`]+)`, "
_LINE = r" (?P<ticks>`+) ?(?P<line>.+?) ?(?P=ticks)"
_INSTRUCTIONS = {
    "after": rf"{_FILE}after the line{_LINE}, insert:",
    "before": rf"{_FILE}before the line{_LINE}, insert:",
    "under": rf"{_FILE}under the heading{_LINE}, insert:",
    "replace": rf"{_FILE}replace the line that starts with{_LINE} with:",
    "append": r"At the end of `(?P<file>[^`]+)`, add:",
}


def is_applied() -> bool:
    """Return whether this checkout has the operation of the example already."""
    [operation] = re.findall(r"operationId: \w+", "".join(block.code for block in BLOCKS))
    return operation in (ROOT / "openapi/chatroutes.yaml").read_text("utf-8")


def apply_example(checkout: Path) -> list[str]:
    """Apply all steps, and return the commands that are left to the caller: the checks and the tests.

    A command that the steps repeat runs once, the last time.
    """
    remaining: list[str] = []
    for number, block in enumerate(BLOCKS):
        if block.language != "sh":
            _edit_file(checkout, block)
            continue
        later = [line for each in BLOCKS[number + 1 :] for line in each.code.splitlines()]
        for command in block.code.splitlines():
            if command in later:
                continue
            if command.startswith("scripts/"):
                remaining.append(command)
            elif command == "black .":
                run_tool(checkout, "black", "--quiet", *changed_python_files(checkout))
            else:
                run_tool(checkout, *shlex.split(command))
    return remaining


def changed_files(checkout: Path) -> list[str]:
    """Return the paths of the files that are new or changed."""
    return sorted(
        name
        for file in checkout.rglob("*")
        if file.is_file() and not _CACHES & set(file.parts)
        for name in [file.relative_to(checkout).as_posix()]
        if not (ROOT / name).is_file() or (ROOT / name).read_bytes() != file.read_bytes()
    )


def changed_python_files(checkout: Path) -> list[str]:
    return [name for name in changed_files(checkout) if name.endswith(".py")]


def run_tool(checkout: Path, *command: str) -> str:
    """Run a command of this environment, and return its output. It must succeed."""
    program = sys.executable if command[0] == "python" else str(BIN / command[0])
    process = run_in(checkout, program, *command[1:])
    assert process.returncode == 0, process.stdout + process.stderr
    return process.stdout


def run_in(checkout: Path, *command: str) -> subprocess.CompletedProcess[str]:
    path = os.pathsep.join([str(checkout), str(checkout / "generated")])
    environment = {name: value for name, value in os.environ.items() if "PYTEST" not in name}
    environment |= {"PYTHONPATH": path, "PYRIGHT_PYTHON_IGNORE_WARNINGS": "1"}
    return subprocess.run(command, cwd=checkout, env=environment, capture_output=True, text=True)


def _edit_file(checkout: Path, block: CodeBlock) -> None:
    action, name, anchor = _parse_instruction(block)
    file = checkout / name
    lines = file.read_text("utf-8").splitlines(keepends=True)
    if action == "append":
        lines += ["\n", "\n", block.code]
    else:
        matches = [
            number
            for number, line in enumerate(lines)
            if line.strip() == anchor or (action == "replace" and line.startswith(anchor))
        ]
        assert matches, f"{block.name}: {name} has no line {anchor!r}"
        assert len(matches) == 1, f"{block.name}: {anchor!r} is not unique in {name}"
        index = matches[0]
        start, end = {
            "before": (index, index),
            "after": (index + 1, index + 1),
            "under": (index + 2, index + 2),  # after the blank line below the heading
            "replace": (index, index + 1),
        }[action]
        lines[start:end] = [block.code]
    file.write_text("".join(lines), "utf-8")


def _parse_instruction(block: CodeBlock) -> tuple[str, str, str]:
    """Return what to do with the block, the file, and the line at which to do it."""
    for action, pattern in _INSTRUCTIONS.items():
        if match := re.search(f"{pattern}$", block.introduction):
            return action, match["file"], match.groupdict().get("line", "")
    raise AssertionError(f"{block.name}: no instruction before this block")
