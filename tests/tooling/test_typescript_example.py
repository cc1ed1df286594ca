"""Compile the TypeScript example, and run it against the local server."""

from __future__ import annotations

import os
import re
import subprocess

import pytest

from chatroutes_server import LocalServer
from interop.runner import CLIENTS, CommandError, missing_toolchains, run_command
from tests.support.markers import single_python

CLIENT = next(client for client in CLIENTS if client.name == "openapi-typescript")
EXAMPLE = CLIENT.path

pytestmark = single_python

REPLY = (
    "This is the built-in model of the local ChatRoutes server, standing in for gpt-5. "
    "It is no language model and makes nothing up. The context it was given holds {} {}. "
    'You wrote: "{}"'
)
START = "This is the built-in model of the local ChatRoutes server, …"

PRINTED = f"""\

— Send a message —
{REPLY.format(1, "message", "What is a fork?")}

— Stream a reply —
{REPLY.format(3, "messages", "And a branch?")}

— Fork at the first reply —
Another way: {REPLY.format(2, "messages", "Once more?")}

— Read the tree —
From TypeScript
[Main] user: What is a fork?
assistant: {START}
├─ user: And a branch?
│  assistant: {START}
└─ [Another way] user: Once more?
   assistant: {START}
6 messages on 2 branches

— List conversations —
From TypeScript, updated TIME

— Read a deleted conversation —
404 NOT_FOUND
"""


@pytest.fixture(scope="module")
def program() -> str:
    """Compile the example, and return the command that runs it."""
    if missing_toolchains(["node 20"]):
        pytest.skip("npm and node 20 or later are not installed")
    install, _ = CLIENT.generate.splitlines()  # the build generates too
    run_command(install, EXAMPLE, timeout=300)
    run_command("npm run --silent build", EXAMPLE)
    return "exec node dist/example.js"


def settings(server: LocalServer, api_key: str | None = None) -> dict[str, str]:
    return {
        "CHATROUTES_BASE_URL": server.base_url,
        "CHATROUTES_API_KEY": api_key or server.api_key,
    }


def test_example_prints_a_whole_conversation(program: str) -> None:
    with LocalServer() as server:
        printed = run_command(program, EXAMPLE, settings(server))

    assert re.sub(r"\d{4}-\d\d-\d\dT[\d:.]+Z", "TIME", printed) == PRINTED


def test_example_prints_a_streamed_reply_incrementally(program: str) -> None:
    # The server stalls after three words. The example must print them before the stall ends.
    with (
        LocalServer(faults=["streamMessage:cut_after=3,stall=5"]) as server,
        subprocess.Popen(
            ["sh", "-c", program],
            cwd=EXAMPLE,
            env=os.environ | settings(server),
            stdout=subprocess.PIPE,
            encoding="utf-8",
        ) as process,
    ):
        assert process.stdout is not None
        printed = ""
        while not printed.endswith("Stream a reply —\nThis is the "):
            letter = process.stdout.read(1)
            assert letter, printed
            printed += letter
        assert process.poll() is None
        process.kill()


def test_stream_that_ends_early_is_an_error(program: str) -> None:
    message = r"StreamError: The stream (was interrupted|ended before)"
    with LocalServer(faults=["streamMessage:cut_after=3"]) as server:
        environment = settings(server)
        with pytest.raises(CommandError, match=message):
            run_command(program, EXAMPLE, environment)


def test_invalid_api_key_is_an_error_without_a_stack_trace(program: str) -> None:
    with LocalServer() as server:
        environment = settings(server, "invalid")
        with pytest.raises(CommandError, match=r"ApiError: .*key") as error:
            run_command(program, EXAMPLE, environment)

    assert "at async" not in str(error.value)


def test_unit_tests_of_the_example_pass(program: str) -> None:
    run_command("npm test", EXAMPLE)
