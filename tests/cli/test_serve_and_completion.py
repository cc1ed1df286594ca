"""The commands `serve` and `completion`."""

from __future__ import annotations

import json
import os
import signal
import subprocess
import sys
from pathlib import Path

import httpx
import pytest

from tests.support.command_line import CommandLine
from tests.support.paths import PYTHON_PATH

SERVE = [sys.executable, "-m", "chatroutes", "serve"]


@pytest.mark.skipif(sys.platform == "win32", reason="Windows has no SIGINT for a process")
def test_serve_runs_the_server_with_its_options(tmp_path: Path) -> None:
    process = subprocess.Popen(
        [*SERVE, "--port", "0", "--json"],
        cwd=tmp_path,
        env={**os.environ, "PYTHONPATH": PYTHON_PATH},
        stdout=subprocess.PIPE,
        text=True,
    )
    with process:
        assert process.stdout is not None
        ready = json.loads(process.stdout.readline())
        headers = {"Authorization": f"ApiKey {ready['apiKey']}"}
        assert httpx.get(f"{ready['baseUrl']}/models", headers=headers).status_code == 200
        process.send_signal(signal.SIGINT)
        assert process.wait() == 0


@pytest.mark.usefixtures("restored_logging")
def test_errors_of_serve_name_the_command(commands: CommandLine, tmp_path: Path) -> None:
    result = commands.run("serve", "--database", str(tmp_path / "missing" / "x.db"))
    usage = commands.run("serve", "--nix")
    value = commands.run("serve", "--port", "65536")
    help = commands.run("serve", "--help")

    assert result.exit_code == 1
    assert result.stderr.startswith("chatroutes serve: ")
    assert (usage.exit_code, value.exit_code) == (2, 2)
    assert (help.exit_code, help.stdout[:25]) == (0, "usage: chatroutes serve [")


@pytest.mark.parametrize("shell", ["bash", "zsh", "fish"])
def test_completion_prints_a_script(commands: CommandLine, shell: str) -> None:
    script = commands.run("completion", shell).stdout

    assert f"_CHATROUTES_COMPLETE={shell}_complete" in script
    assert json.loads(commands.run("completion", shell, "--json").stdout)["shell"] == shell


@pytest.mark.parametrize(
    ("words", "expected"),
    [
        ("chatroutes c", {"chat", "completion", "config"}),
        ("chatroutes config ", {"get", "set", "unset", "path"}),
        ("chatroutes config set ", {"api-key", "base-url", "model"}),
        ("chatroutes ask --m", {"--model"}),
    ],
)
def test_words_are_completed(commands: CommandLine, words: str, expected: set[str]) -> None:
    result = commands.run(
        _CHATROUTES_COMPLETE="bash_complete", COMP_WORDS=words, COMP_CWORD=str(words.count(" "))
    )

    assert expected <= {line.partition(",")[2] for line in result.stdout.splitlines()}
