"""Programs that were written for releases 0.1.0 and 0.2.6 run with this release, on every server."""

from __future__ import annotations

import subprocess
import sys
from contextlib import AbstractContextManager
from pathlib import Path
from typing import Any

import pytest

from chatroutes_server import LocalServer
from tests.support.dialect_server import DialectServer

PROGRAMS = Path(__file__).parent / "published_programs"
API_KEY = "your-api-key"
SERVERS: dict[str, dict[str, Any]] = {
    "local": {},
    "documented": {"dialect": "documented"},
    "documented without [DONE]": {"dialect": "documented", "done": False},
    "compact": {"dialect": "compact"},
    "compact without [DONE]": {"dialect": "compact", "done": False},
    "compact, bare object in data": {"dialect": "compact", "bare": "data"},
    "compact, bare object as the body": {"dialect": "compact", "bare": "body"},
}
REPLY = 'You wrote: "{}"'
OUTPUT = {
    "program_0_1_0.py": [
        "My First Conversation - 24",
        REPLY.format("Hello, how are you?"),
        REPLY.format("Tell me a story"),
        "Alternative Response, Exploring Different Approach",
        "AuthenticationError 401",
        "NotFoundError 404 NOT_FOUND",
    ],
    "program_0_2_6.py": [
        "1 of 1, more: False",
        REPLY.format("What are the key features?"),
        REPLY.format("Tell me a story"),
        REPLY.format("And here?"),
        "Checkpoint: True",
        "Status: healthy",
        "Trigger: and also",
        "404 NOT_FOUND",
    ],
}


def make_server(name: str) -> AbstractContextManager[LocalServer | DialectServer]:
    if name == "local":
        return LocalServer(api_key=API_KEY)
    return DialectServer(api_key=API_KEY, **SERVERS[name])


@pytest.mark.parametrize("server", SERVERS)
@pytest.mark.parametrize("program", OUTPUT)
def test_program_for_an_earlier_release_runs(program: str, server: str) -> None:
    with make_server(server) as running:
        command = [sys.executable, "-X", "utf8", "-W", "error", str(PROGRAMS / program)]
        done = subprocess.run(
            [*command, running.base_url, API_KEY],
            capture_output=True,
            encoding="utf-8",
            timeout=60,
        )
    assert done.stderr == ""
    assert done.returncode == 0
    lines = done.stdout.splitlines()
    assert len(lines) == len(OUTPUT[program])
    for line, expected in zip(lines, OUTPUT[program], strict=True):
        assert expected in line
