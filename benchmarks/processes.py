"""The processes of a run: the server, a worker for each client, and programs that start from cold."""

from __future__ import annotations

import json
import os
import subprocess
import sys
import tempfile
import time
from collections.abc import Generator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

from benchmarks.machine import cpu_of_children
from benchmarks.peers.catalogue import FIELD

ROOT = Path(__file__).resolve().parents[1]
ENVIRONMENTS = ROOT / ".venv-bench"
# What of the machine's own settings would reach a client: proxies, keys, addresses, Python's own.
_KEPT_OUT = ("_PROXY", "CHATROUTES_", "OPENAI_", "ANTHROPIC_", "LANG", "PYTHON", "SSL_")


class FailedError(Exception):
    """A client could not do its work; what it said."""


def interpreter(environment: str) -> str:
    """The Python of an environment that `scripts/bench` made; else, as in tests, this one."""
    python = ENVIRONMENTS / environment / "bin" / "python"
    return str(python) if python.exists() else sys.executable


def _variables() -> dict[str, str]:
    return {
        name: value
        for name, value in os.environ.items()
        if not any(part in name.upper() for part in _KEPT_OUT)
    }


@contextmanager
def module_folder() -> Generator[Path]:
    """A folder from which `benchmarks` can be imported, and nothing else of this checkout."""
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        (folder / "benchmarks").symlink_to(ROOT / "benchmarks", target_is_directory=True)
        yield folder


class Child:
    """A module of the benchmarks, run in an environment."""

    def __init__(self, folder: Path, environment: str, module: str, *arguments: str) -> None:
        self._process = subprocess.Popen(
            [interpreter(environment), "-m", f"benchmarks.{module}", *arguments],
            cwd=folder,
            env=_variables(),
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            text=True,
        )

    def read(self) -> str:
        assert self._process.stdout is not None
        line = self._process.stdout.readline()
        if not line:
            raise FailedError(f"The process ended with code {self._process.wait()}.")
        return line

    def write(self, line: str) -> None:
        assert self._process.stdin is not None
        self._process.stdin.write(line + "\n")
        self._process.stdin.flush()

    def stop(self) -> None:
        """Let it end by itself, as it does when nothing more can come."""
        self._process.communicate()


@contextmanager
def serving(folder: Path) -> Generator[str]:
    """Run the server; gives its origin."""
    child = Child(folder, "plain", "server")
    try:
        yield f"http://127.0.0.1:{int(child.read())}"
    finally:
        child.stop()


class Workers:
    """A worker for each client that was asked for something; they wait, and cost nothing meanwhile."""

    def __init__(self, folder: Path, origin: str) -> None:
        self._folder = folder
        self._origin = origin
        self._running: dict[str, Child] = {}

    def ask(self, name: str, work: str, **settings: Any) -> dict[str, Any]:
        """Have a client do a work.

        Raises:
            FailedError: it failed.
        """
        if name not in self._running:
            environment = FIELD[name].environment
            arguments = ("worker", name, self._origin)
            self._running[name] = Child(self._folder, environment, *arguments)
        child = self._running[name]
        child.write(json.dumps({"work": work, **settings}))
        answer = json.loads(child.read())
        if "failed" in answer:
            raise FailedError(answer["failed"])
        figures: dict[str, Any] = answer["figures"]
        return figures

    def stop(self) -> None:
        for child in self._running.values():
            child.stop()
        self._running.clear()


def run_cold(environment: str, code: str, *arguments: str) -> tuple[str, dict[str, float]]:
    """Run a program to its end in a new process: what it printed, its time on the clock, and its CPU.

    Raises:
        FailedError: it failed.
    """
    before = cpu_of_children()
    began = time.perf_counter()
    done = subprocess.run(
        [interpreter(environment), "-I", "-c", code, *arguments],
        env=_variables(),
        capture_output=True,
        text=True,
    )
    wall = time.perf_counter() - began
    cpu = cpu_of_children() - before
    if done.returncode:
        raise FailedError(done.stderr.strip().splitlines()[-1])
    return done.stdout, {"wall": wall, "cpu": cpu}


def import_times(environment: str, code: str, *arguments: str) -> list[str]:
    """What `python -X importtime` says of a program, some times over."""
    command = [interpreter(environment), "-I", "-X", "importtime", "-c", code, *arguments]
    return [
        subprocess.run(command, env=_variables(), capture_output=True, text=True).stderr
        for _ in range(5)
    ]
