"""A published release of the SDK in its own environment, and the code blocks of its documentation."""

from __future__ import annotations

import json
import os
import re
import subprocess
import sys
import venv
from collections import Counter
from pathlib import Path
from typing import Any, NamedTuple

from tests.support.paths import ROOT

PROGRAMS = ROOT / "tests" / "server" / "published"

Location = tuple[str, int]


class CodeBlock(NamedTuple):
    """A code block of a release's documentation."""

    language: str
    location: Location
    """The heading above the block, and the number of blocks between them."""
    line: int
    """The line number of the first line of code."""
    code: str


def parse_blocks(text: str) -> list[CodeBlock]:
    blocks: list[CodeBlock] = []
    heading = ""
    counts: Counter[str] = Counter()
    for match in re.finditer(
        r"^(?:#+ ([^\n]+)|```(\w*)\n(.*?)^```)$", text, re.DOTALL | re.MULTILINE
    ):
        if match[1]:
            heading = match[1]
            continue
        line = text.count("\n", 0, match.start(3)) + 1
        blocks.append(CodeBlock(match[2], (heading, counts[heading]), line, match[3]))
        counts[heading] += 1
    return blocks


class Release:
    """A published release, installed into its own environment."""

    def __init__(self, version: str, folder: Path) -> None:
        self.version = version
        self._folder = folder
        self._python = folder / ("Scripts" if os.name == "nt" else "bin") / "python"
        # The pip of this Python installs the release: installing another pip would take longer.
        venv.create(folder, with_pip=False, symlinks=os.name != "nt")
        self._check_call(
            *(sys.executable, "-m", "pip", "--disable-pip-version-check"),
            *(f"--python={self._python}", "install"),
            *("--quiet", "--no-input", "--require-hashes", "--no-deps"),
            *("--requirement", str(ROOT / f"requirements/published-{version}.txt")),
        )
        self.readme: str = self.describe()["readme"]

    def _check_call(self, *command: str) -> None:
        process = subprocess.run(command, cwd=self._folder.parent, capture_output=True, text=True)
        assert process.returncode == 0, process.stdout + process.stderr

    def run(self, program: str, *arguments: str, stdin: str = "") -> str:
        """Run one of the programs, which must succeed, and return its output."""
        # With -I, only the packages of the environment are importable.
        command = [str(self._python), "-I", "-X", "utf8", str(PROGRAMS / program), *arguments]
        process = subprocess.run(
            command,
            cwd=self._folder,
            input=stdin,
            capture_output=True,
            encoding="utf-8",
            timeout=120,
        )
        assert process.stderr == ""
        assert process.returncode == 0
        return process.stdout

    def describe(self) -> dict[str, Any]:
        description: dict[str, Any] = json.loads(self.run("describe.py"))
        return description
