"""A published release of the SDK in its own environment."""

from __future__ import annotations

import json
import os
import subprocess
import sys
import venv
from pathlib import Path
from typing import Any

from tests.support.paths import ROOT

PROGRAMS = ROOT / "tests" / "server" / "published"


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
