"""The programs of other languages: whether this machine has them, and how they are run."""

from __future__ import annotations

import hashlib
import os
import re
import shutil
import signal
import subprocess
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import NamedTuple


class Program(NamedTuple):
    """A program that must be there, in this version or a newer one."""

    name: str
    version: tuple[str, ...] = ("--version",)
    """What makes it tell its version."""
    least: int = 0
    """Its first number; 0 if any will do."""

    def lack(self) -> str | None:
        """Say what is missing, or give None."""
        path = shutil.which(self.name)
        if path is None:
            return f"{self.name}: missing"
        told = subprocess.run([path, *self.version], capture_output=True, text=True, timeout=60)
        if told.returncode:
            return f"{self.name}: missing ({path} does not run)"
        found = re.search(r"\d+", told.stdout + told.stderr)
        if found is None or int(found[0]) < self.least:
            return f"{self.name} {self.least}: missing ({found[0] if found else 'no version'} is there)"
        return None


JAVA = Program("java", least=11)
MAVEN = Program("mvn")
GO = Program("go", ("version",))
CARGO = Program("cargo")
NODE = Program("node", least=20)
NPM = Program("npm")


class ProgramError(Exception):
    """A program that failed: what was run, and what it said."""


def run(
    command: Sequence[str | Path],
    folder: Path,
    timeout: float,
    environment: Mapping[str, str] | None = None,
) -> str:
    """Run a program to its good end, and give what it wrote on stdout.

    Args:
        command: The program and its arguments.
        folder: Where it runs.
        timeout: Seconds after which it is ended, with all that it started.
        environment: What it is told besides the environment of this process.

    Raises:
        ProgramError: It failed, could not be started, or took too long.
    """
    words = [str(each) for each in command]
    line = " ".join(words)
    words[0] = shutil.which(words[0]) or words[0]
    try:
        process = subprocess.Popen(
            words,
            cwd=folder,
            env={**os.environ, **(environment or {})},
            stdin=subprocess.DEVNULL,
            stdout=subprocess.PIPE,
            stderr=subprocess.PIPE,
            text=True,
            encoding="utf-8",
            errors="replace",
            start_new_session=True,
        )
    except OSError as error:
        raise ProgramError(f"{line} could not be started: {error}") from error
    try:
        output, said = process.communicate(timeout=timeout)
    except subprocess.TimeoutExpired as error:
        _end(process)
        raise ProgramError(f"{line} was not done after {timeout:g} seconds") from error
    except BaseException:
        _end(process)
        raise
    if process.returncode:
        raise ProgramError(f"{line} failed with status {process.returncode}:\n{output}{said}")
    return output


def _end(process: subprocess.Popen[str]) -> None:
    """End a program and what it started: compilers leave theirs behind."""
    if os.name == "posix":
        os.killpg(process.pid, signal.SIGKILL)
    else:
        process.kill()
    process.communicate()


def install_npm_packages(folder: Path, timeout: float = 300) -> None:
    """Install what a folder's package-lock.json names, unless it is there already."""
    lock = (folder / "package-lock.json").read_bytes()
    stamp = folder / "node_modules/.installed"
    installed = hashlib.sha256(lock).hexdigest()
    if stamp.exists() and stamp.read_text("utf-8") == installed:
        return
    quiet = ("--no-audit", "--no-fund", "--loglevel=error")
    run(["npm", "ci", *quiet], folder, timeout)
    stamp.write_text(installed, "utf-8")
