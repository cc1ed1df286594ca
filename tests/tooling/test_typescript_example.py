"""Compile the TypeScript example, and run it against the local server."""

from __future__ import annotations

import os
import re
import subprocess

import pytest

from chatroutes_server import LocalServer
from interop.runner import CLIENTS, CommandError, missing_toolchains, run_command

CLIENT = next(client for client in CLIENTS if client.name == "openapi-typescript")
EXAMPLE = CLIENT.path

pytestmark = pytest.mark.check

REPLIES = ["A second answer to the same question.", "A line of messages.", "See above."]

PRINTED = """\

— Send a message —
A second answer to the same question.

— Stream a reply —
A line of messages.

— Fork at the first reply —
Another way: See above.

— Read the tree —
From TypeScript
[Main] user: What is a fork?
assistant: A second answer to the same question.
├─ user: And a branch?
│  assistant: A line of messages.
└─ [Another way] user: Once more?
   assistant: See above.
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
    with LocalServer(replies=REPLIES) as server:
        printed = run_command(program, EXAMPLE, settings(server))

    assert re.sub(r"\d{4}-\d\d-\d\dT[\d:.]+Z", "TIME", printed) == PRINTED


def test_example_prints_a_streamed_reply_incrementally(program: str) -> None:
    # The server stalls after three words. The example must print them before the stall ends.
    with (
        LocalServer(
            faults=["streamMessage:cut_after=3,stall=3600"], replies="one two three four"
        ) as server,
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
        while not printed.endswith("Stream a reply —\none two three "):
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
