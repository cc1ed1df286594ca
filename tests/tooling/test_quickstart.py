"""Run the demo, examples/quickstart.py, with its own server and with servers of either dialect."""

from __future__ import annotations

import os
import re
import runpy
import shlex
import signal
import subprocess
import sys
import tempfile
from collections.abc import Callable
from pathlib import Path
from typing import NamedTuple
from urllib.parse import urlsplit
from urllib.request import url2pathname

import pytest

from chatroutes_server import LocalServer
from tests.support.dialect_server import DialectServer
from tests.support.paths import ROOT
from tests.support.server_command import Command

PROGRAM = ROOT / "examples/quickstart.py"

PRINTED = """\
CHATROUTES_API_KEY is not set. Using a local server with sample replies.

1. Stream a reply
user: Where should I go in spring?
gpt-4: To a city or to the sea?

2. Fork after the reply, and ask each model on a branch of its own
user: To a city.
gpt-4: Lisbon, which is warm and easy to walk.
user: To a city.
claude-opus-4: Kyoto, where the cherries blossom in April.

3. Merge the second branch, and continue on the main branch
Merged 'claude-opus-4' into 'Main'.
user: For how long?
gpt-4: Five days: three for the temples and two for the gardens.

4. Print the tree
Holidays (10 messages, 3 branches)
[Main] user: Where should I go in spring?
assistant: To a city or to the sea?
├─ [gpt-4] user: To a city.
│  assistant: Lisbon, which is warm and easy to walk.
├─ [claude-opus-4 (inactive)] user: To a city.
│  assistant: Kyoto, where the cherries blossom in April.
└─ user: To a city.
   assistant: Kyoto, where the cherries blossom in April.
   user: For how long?
   assistant: Five days: three for the temples and two for the gardens.
"""


RunHere = Callable[..., tuple[object, str, str]]


def make_environment(folder: Path) -> dict[str, str]:
    """Return the environment of a shell in which nothing about ChatRoutes or colors is set."""
    others = {
        name: value
        for name, value in os.environ.items()
        if not name.startswith("CHATROUTES_") and name != "NO_COLOR"
    }
    return {
        **others,
        "COLUMNS": "80",
        "PYTHONPATH": str(ROOT),
        "PYTHONUTF8": "1",
        "TMPDIR": str(folder),
    }


@pytest.fixture
def environment(tmp_path: Path) -> dict[str, str]:
    return make_environment(tmp_path)


@pytest.fixture
def run_here(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str], tmp_path: Path
) -> RunHere:
    """Return a function that runs the program in this process, which is faster, with environment variables.

    It returns the argument of `sys.exit`, or None, and the output.
    """
    monkeypatch.setattr(tempfile, "tempdir", str(tmp_path))
    monkeypatch.delenv("NO_COLOR", raising=False)

    def run_with(**variables: str) -> tuple[object, str, str]:
        for name, value in {"COLUMNS": "80", **variables}.items():
            monkeypatch.setenv(name, value)
        status: object = None
        try:
            runpy.run_path(str(PROGRAM), run_name="__main__")
        except SystemExit as exit:
            status = exit.code
        return status, *capsys.readouterr()

    return run_with


class Run(NamedTuple):
    """A run of the program with its own server."""

    result: subprocess.CompletedProcess[str]
    folder: Path


@pytest.fixture(scope="module")
def first_run(tmp_path_factory: pytest.TempPathFactory) -> Run:
    folder = tmp_path_factory.mktemp("first")
    return Run(run(make_environment(folder)), folder)


def run(environment: dict[str, str]) -> subprocess.CompletedProcess[str]:
    return subprocess.run(
        [sys.executable, PROGRAM],
        env=environment,
        cwd=environment["TMPDIR"],
        capture_output=True,
        encoding="utf-8",
        timeout=60,
    )


def run_in_terminal(environment: dict[str, str]) -> str:
    """Return what the program prints in a terminal."""
    pty = pytest.importorskip("pty", reason="Windows has no pseudoterminals")
    controller, terminal = pty.openpty()
    with subprocess.Popen(
        [sys.executable, PROGRAM], env=environment, cwd=environment["TMPDIR"], stdout=terminal
    ) as process:
        os.close(terminal)
        printed = b""
        try:
            while piece := os.read(controller, 4096):
                printed += piece
        except OSError:  # how Linux reports that the program has closed the terminal
            pass
        os.close(controller)
    assert process.returncode == 0
    return printed.decode().replace("\r\n", "\n")


def next_commands(printed: str) -> list[list[str]]:
    """Return the words of the commands under `Next steps`."""
    _, steps = printed.split("\nNext steps\n")
    lines = steps.replace("\\\n", "").splitlines()
    return [shlex.split(line) for line in lines if line.startswith("  ")]


def test_prints_streams_branches_and_the_tree(first_run: Run) -> None:
    result = first_run.result
    assert (result.returncode, result.stderr) == (0, "")
    printed, _ = result.stdout.split("\nNext steps\n")
    assert printed == PRINTED


def test_next_commands_exist(first_run: Run, environment: dict[str, str], tmp_path: Path) -> None:
    page_command, server_command, program_command = next_commands(first_run.result.stdout)

    [page] = first_run.folder.glob("chatroutes-*/tree.html")
    python, *options, url = page_command
    assert options == ["-m", "webbrowser"]
    assert url2pathname(urlsplit(url).path) == str(page)
    assert "<title>Holidays (10 messages, 3 branches)</title>" in page.read_text("utf-8")

    assert server_command[:3] == [python, "-m", "chatroutes_server"]
    port = server_command.index("8787")
    server = Command(tmp_path, *server_command[3:port], "0", *server_command[port + 1 :])
    try:
        base_url, _ = server.read_ready_lines()
        *settings, program_python, program = program_command
        variables = dict(setting.split("=") for setting in settings)
        assert variables["CHATROUTES_BASE_URL"] == "http://127.0.0.1:8787/api/v1"
        result = run(environment | variables | {"CHATROUTES_BASE_URL": base_url})
    finally:
        server.wait_for_exit(signal.SIGTERM)
    assert (program_python, program) == (python, str(PROGRAM))
    assert (result.returncode, result.stderr) == (0, "")
    assert result.stdout.startswith(f"Using ChatRoutes(base_url='{base_url}').\n")
    assert (tmp_path / "chatroutes.db").exists()


@pytest.mark.parametrize("dialect", ["documented", "compact"])
def test_runs_with_servers_of_either_dialect(dialect: str, run_here: RunHere) -> None:
    with DialectServer("documented" if dialect == "documented" else "compact") as server:
        status, printed, errors = run_here(
            CHATROUTES_API_KEY=server.api_key, CHATROUTES_BASE_URL=server.base_url
        )
    assert (status, errors) == (None, "")
    headings = re.findall(r"^(?:\d\. .*|Next steps)$", printed, re.MULTILINE)
    assert headings == [*re.findall(r"^\d\. .*$", PRINTED, re.MULTILINE), "Next steps"]


def test_has_colors_in_a_terminal(environment: dict[str, str]) -> None:
    printed = run_in_terminal(environment)
    assert "\033[1;32m1. Stream a reply\033[0m\n" in printed
    assert "\033[1;35m[gpt-4] \033[0m" in printed
    assert re.sub(r"\033\[[\d;]*m", "", printed).startswith(PRINTED)


def test_has_no_colors_with_no_color(environment: dict[str, str]) -> None:
    assert run_in_terminal(environment | {"NO_COLOR": "1"}).startswith(PRINTED)


def test_fits_a_narrow_terminal(run_here: RunHere) -> None:
    status, printed, _ = run_here(COLUMNS="20")
    assert status is None
    _, tree = printed.split("\n4. Print the tree\n")
    tree, _ = tree.split("\nNext steps\n")
    assert max(map(len, tree.splitlines())) <= 40


def test_prints_the_error_of_the_service(
    run_here: RunHere,
) -> None:
    with DialectServer("documented") as server:
        status, _, errors = run_here(
            CHATROUTES_API_KEY="wrong", CHATROUTES_BASE_URL=server.base_url
        )
    assert str(status).startswith("AuthenticationError: ")  # printed, with the exit code 1
    assert errors == ""


@pytest.mark.skipif(sys.platform == "win32", reason="Windows has no SIGINT for one process")
def test_ctrl_c_ends_it_without_a_traceback(environment: dict[str, str]) -> None:
    with LocalServer(word_delay=3600) as server:
        settings = {"CHATROUTES_API_KEY": server.api_key, "CHATROUTES_BASE_URL": server.base_url}
        with subprocess.Popen(
            [sys.executable, "-u", PROGRAM],
            env=environment | settings,
            stdout=subprocess.PIPE,
            stderr=subprocess.PIPE,
            encoding="utf-8",
        ) as process:
            assert process.stdout is not None
            printed = ""
            # Until the first word: the program then waits for the next one.
            while re.search(r"^gpt-4: \S+ $", printed, re.MULTILINE) is None:
                piece = process.stdout.read(1)
                assert piece, printed
                printed += piece
            process.send_signal(signal.SIGINT)
            _, errors = process.communicate(timeout=60)
    assert (process.returncode, errors) == (1, "\nInterrupted.\n")
