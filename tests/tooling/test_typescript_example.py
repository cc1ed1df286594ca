"""The TypeScript example, generated from the contract and compiled, does with the real server what it says."""

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
PATIENCE = 120  # seconds until a step that hangs is ended

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
START = "This is the built-in model of the local ChatRoutes server, …"

PRINTED = f"""\

— A message, and the reply —
{REPLY.format(1, "message", "What is a fork?")}

— A reply, as it is written —
{REPLY.format(3, "messages", "And a branch?")}

— Another way from the first reply on —
Another way: {REPLY.format(2, "messages", "Once more?")}

— The tree —
From TypeScript
[Main] user: What is a fork?
assistant: {START}
├─ user: And a branch?
│  assistant: {START}
└─ [Another way] user: Once more?
   assistant: {START}
6 messages on 2 branches

— All conversations —
From TypeScript, changed TIME

— Deleted: what is asked of it now is an error —
404 NOT_FOUND
"""


@pytest.fixture(scope="module")
def program() -> Sequence[str]:
    """The example, compiled."""
    install_npm_packages(EXAMPLE)
    run(["npm", "run", "--silent", "build"], EXAMPLE, PATIENCE)
    return ["node", "dist/example.js"]


def settings(server: LocalServer, api_key: str | None = None) -> dict[str, str]:
    return {
        "CHATROUTES_BASE_URL": server.base_url,
        "CHATROUTES_API_KEY": api_key or server.api_key,
    }


def test_it_holds_a_conversation_from_its_first_message_to_its_end(program: Sequence[str]) -> None:
    with LocalServer() as server:
        printed = run(program, EXAMPLE, PATIENCE, settings(server))

    assert re.sub(r"\d{4}-\d\d-\d\dT[\d:.]+Z", "TIME", printed) == PRINTED


def test_it_prints_a_streamed_reply_as_it_is_written(program: Sequence[str]) -> None:
    # The server goes silent after three words, and hangs up some seconds later: what is printed in
    # the silence was not kept for the end.
    with LocalServer(faults=["streamMessage:cut_after=3,stall=5"]) as server:
        environment = os.environ | settings(server)
        with subprocess.Popen(
            program,
            cwd=EXAMPLE,
            env=environment,
            stdout=subprocess.PIPE,
            encoding="utf-8",
        ) as process:
            assert process.stdout is not None
            printed = ""
            while not printed.endswith("as it is written —\nThis is the "):
                letter = process.stdout.read(1)
                assert letter, printed
                printed += letter
            assert process.poll() is None
            process.kill()


def test_a_stream_that_ends_early_is_an_error(program: Sequence[str]) -> None:
    early = r"StreamError: the stream (was cut off|ended before)"
    with LocalServer(faults=["streamMessage:cut_after=3"]) as server:
        settings_of_it = settings(server)
        with pytest.raises(ProgramError, match=early):
            run(program, EXAMPLE, PATIENCE, settings_of_it)


def test_a_refusal_is_told_in_a_sentence(program: Sequence[str]) -> None:
    with LocalServer() as server:
        another = settings(server, "another")
        with pytest.raises(ProgramError, match=r"ApiError: .*key") as refusal:
            run(program, EXAMPLE, PATIENCE, another)

    assert "at async" not in str(refusal.value)


def test_its_event_streams_are_read_wherever_they_are_cut(program: Sequence[str]) -> None:
    run(["npm", "test"], EXAMPLE, PATIENCE)
