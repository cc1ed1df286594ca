"""The TypeScript example, generated from the contract and compiled, runs against the local server."""

from __future__ import annotations

import os
import re
import subprocess
from collections.abc import Sequence

import pytest

from chatroutes_server import LocalServer
from clients.programs import NODE, NPM, ProgramError, install_npm_packages, run
from tests.support.markers import single_python
from tests.support.paths import ROOT

EXAMPLE = ROOT / "examples/typescript"
TIMEOUT = 120  # seconds for one step

pytestmark = [
    single_python,
    pytest.mark.skipif(NODE.lack() is not None, reason="node is not installed, or older than 20"),
    pytest.mark.skipif(NPM.lack() is not None, reason="npm is not installed"),
]

REPLY = (
    "This is the built-in model of the local ChatRoutes server, standing in for gpt-5. "
    "It is no language model and makes nothing up. The context it was given holds {} {}. "
    'You wrote: "{}"'
)
REPLY_START = "This is the built-in model of the local ChatRoutes server, …"

EXPECTED_OUTPUT = f"""\

— A message, and the reply —
{REPLY.format(1, "message", "What is a fork?")}

— A reply, as it is written —
{REPLY.format(3, "messages", "And a branch?")}

— Another way from the first reply on —
Another way: {REPLY.format(2, "messages", "Once more?")}

— The tree —
From TypeScript
[Main] user: What is a fork?
assistant: {REPLY_START}
├─ user: And a branch?
│  assistant: {REPLY_START}
└─ [Another way] user: Once more?
   assistant: {REPLY_START}
6 messages on 2 branches

— All conversations —
From TypeScript, changed TIME

— Deleted: what is asked of it now is an error —
404 NOT_FOUND
"""


@pytest.fixture(scope="module")
def program() -> Sequence[str]:
    """Compile the example, and return the command that runs it."""
    install_npm_packages(EXAMPLE)
    run(["npm", "run", "--silent", "build"], EXAMPLE, TIMEOUT)
    return ["node", "dist/example.js"]


def environment_of(server: LocalServer, api_key: str | None = None) -> dict[str, str]:
    return {
        "CHATROUTES_BASE_URL": server.base_url,
        "CHATROUTES_API_KEY": api_key or server.api_key,
    }


def test_example_prints_a_complete_conversation(program: Sequence[str]) -> None:
    with LocalServer() as server:
        output = run(program, EXAMPLE, TIMEOUT, environment_of(server))

    assert re.sub(r"\d{4}-\d\d-\d\dT[\d:.]+Z", "TIME", output) == EXPECTED_OUTPUT


def test_example_prints_a_streamed_reply_as_it_arrives(program: Sequence[str]) -> None:
    # The server stalls after three words and disconnects some seconds later. Output during the stall shows that
    # the example does not buffer the reply.
    with LocalServer(faults=["streamMessage:cut_after=3,stall=5"]) as server:
        environment = os.environ | environment_of(server)
        with subprocess.Popen(
            program,
            cwd=EXAMPLE,
            env=environment,
            stdout=subprocess.PIPE,
            encoding="utf-8",
        ) as process:
            assert process.stdout is not None
            output = ""
            while not output.endswith("as it is written —\nThis is the "):
                character = process.stdout.read(1)
                assert character, output
                output += character
            assert process.poll() is None
            process.kill()


def test_truncated_stream_is_an_error(program: Sequence[str]) -> None:
    message = r"StreamError: the stream (was cut off|ended before)"
    with LocalServer(faults=["streamMessage:cut_after=3"]) as server:
        environment = environment_of(server)
        with pytest.raises(ProgramError, match=message):
            run(program, EXAMPLE, TIMEOUT, environment)


def test_api_error_is_printed_without_a_stack_trace(program: Sequence[str]) -> None:
    with LocalServer() as server:
        invalid_key = environment_of(server, "another")
        with pytest.raises(ProgramError, match=r"ApiError: .*key") as error:
            run(program, EXAMPLE, TIMEOUT, invalid_key)

    assert "at async" not in str(error.value)


def test_event_stream_parser_tests_pass(program: Sequence[str]) -> None:
    run(["npm", "test"], EXAMPLE, TIMEOUT)
