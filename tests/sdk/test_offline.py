"""Once installed, nothing needs a network, and nothing tells anyone anything."""

from __future__ import annotations

import os
import shutil
import subprocess
import sys
from pathlib import Path

import pytest

from tests.support.markers import requires_redocly, single_python
from tests.support.paths import ROOT
from tests.support.readme import QUICK_START, QUICK_START_KEY, QUICK_START_REPLY

pytestmark = single_python

WATCHED = f"""
import sys

reached = set()

def watch(event, arguments):
    if event in ("socket.connect", "socket.sendto", "socket.sendmsg"):
        reached.add(arguments[1][0] if isinstance(arguments[1], tuple) else arguments[1])
    elif event in ("socket.getaddrinfo", "socket.gethostbyname"):
        reached.add(arguments[0])

sys.addaudithook(watch)

import os
from chatroutes_server import LocalServer

with LocalServer(api_key={QUICK_START_KEY!r}) as server:
    os.environ["CHATROUTES_BASE_URL"] = server.base_url
    exec({QUICK_START!r})
    with client.messages.stream(conversation["id"], {{"content": "Go on"}}) as stream:
        stream.get_final_response()
    client.close()
print(reached)
"""


def test_the_sdk_and_the_server_reach_for_nothing_but_each_other() -> None:
    done = subprocess.run(
        [sys.executable, "-W", "error", "-c", WATCHED], capture_output=True, encoding="utf-8"
    )
    assert (done.returncode, done.stderr) == (0, "")
    *_, reached = done.stdout.splitlines()
    assert QUICK_START_REPLY in done.stdout
    assert reached == "{'127.0.0.1'}"


WITHOUT_A_NETWORK = ("unshare", "--map-root-user", "--net")


def can_be_without_a_network() -> bool:
    if not (shutil.which("unshare") and shutil.which("ip")):
        return False
    return subprocess.run([*WITHOUT_A_NETWORK, "true"], capture_output=True).returncode == 0


@pytest.mark.skipif(
    not can_be_without_a_network(), reason="this system lets nobody make a network of their own"
)
def test_the_quick_start_runs_without_a_network() -> None:
    command = 'ip link set lo up && exec "$0" -W error -c "$1"'
    done = subprocess.run(
        [*WITHOUT_A_NETWORK, "sh", "-c", command, sys.executable, WATCHED],
        capture_output=True,
        encoding="utf-8",
    )
    assert (done.returncode, done.stderr) == (0, "")
    assert QUICK_START_REPLY in done.stdout


# Says whom a program of Node.js asks for.
WATCH_NODE = """
const { appendFileSync } = require('node:fs')
const { Socket } = require('node:net')
const connect = Socket.prototype.connect
Socket.prototype.connect = function (...words) {
  appendFileSync(process.env.REACHED, 'a connection\\n')
  return connect.apply(this, words)
}
appendFileSync(process.env.REACHED, 'watched\\n')
"""


@requires_redocly
def test_redocly_tells_nobody_that_it_was_run(tmp_path: Path) -> None:
    watch, reached = tmp_path / "watch.cjs", tmp_path / "reached"
    watch.write_text(WATCH_NODE, "utf-8")
    done = subprocess.run(
        ["sh", "scripts/redocly", "stats", "openapi/chatroutes.yaml"],
        cwd=ROOT,
        env=os.environ | {"NODE_OPTIONS": f"--require={watch}", "REACHED": str(reached)},
        capture_output=True,
    )
    assert done.returncode == 0, done.stderr
    assert set(reached.read_text("utf-8").split("\n")) == {"watched", ""}
