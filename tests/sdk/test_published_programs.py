"""Programs that were written for releases 0.1.0 and 0.2.6 run with this release, on every server."""

from __future__ import annotations

import json
import subprocess
import sys
from contextlib import AbstractContextManager, ExitStack
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


# Runs a program with one server after another: importing takes longer than everything else.
RUN_PROGRAM = """
import contextlib, io, json, runpy, sys, traceback

program, api_key, *urls = sys.argv[1:]
outputs, namespaces = [], []  # the clients of a program stay open until the process ends
for url in urls:
    sys.argv = [program, url, api_key]
    output = io.StringIO()
    with contextlib.redirect_stdout(output):
        try:
            namespaces.append(runpy.run_path(program, run_name="__main__"))
        except Exception:
            traceback.print_exc(file=output)
    outputs.append(output.getvalue())
print(json.dumps(outputs))
"""


@pytest.fixture(scope="module", params=OUTPUT)
def outputs(request: pytest.FixtureRequest) -> tuple[str, dict[str, str]]:
    """A program, and its output with each server."""
    with ExitStack() as stack:
        urls = [stack.enter_context(make_server(name)).base_url for name in SERVERS]
        done = subprocess.run(
            [
                *(sys.executable, "-X", "utf8", "-W", "error", "-c", RUN_PROGRAM),
                *(str(PROGRAMS / request.param), API_KEY, *urls),
            ],
            capture_output=True,
            encoding="utf-8",
            timeout=60,
        )
    assert (done.returncode, done.stderr) == (0, "")
    return request.param, dict(zip(SERVERS, json.loads(done.stdout), strict=True))


@pytest.mark.parametrize("server", SERVERS)
def test_program_for_an_earlier_release_runs(
    outputs: tuple[str, dict[str, str]], server: str
) -> None:
    program, output_by_server = outputs
    lines = output_by_server[server].splitlines()
    assert len(lines) == len(OUTPUT[program]), output_by_server[server]
    for line, expected in zip(lines, OUTPUT[program], strict=True):
        assert expected in line
