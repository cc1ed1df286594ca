"""The installed package works offline and sends no telemetry."""

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

WATCHED_PROGRAM = f"""
import sys

hosts = set()

def record(event, arguments):
    if event in ("socket.connect", "socket.sendto", "socket.sendmsg"):
        hosts.add(arguments[1][0] if isinstance(arguments[1], tuple) else arguments[1])
    elif event in ("socket.getaddrinfo", "socket.gethostbyname"):
        hosts.add(arguments[0])

sys.addaudithook(record)

import os
from chatroutes_server import LocalServer

with LocalServer(api_key={QUICK_START_KEY!r}) as server:
    os.environ["CHATROUTES_BASE_URL"] = server.base_url
    exec({QUICK_START!r})
    with client.messages.stream(conversation["id"], {{"content": "Go on"}}) as stream:
        stream.get_final_response()
    client.close()
print(hosts)
"""


def test_sdk_and_server_connect_only_to_localhost() -> None:
    process = subprocess.run(
        [sys.executable, "-W", "error", "-c", WATCHED_PROGRAM],
        capture_output=True,
        encoding="utf-8",
    )
    assert (process.returncode, process.stderr) == (0, "")
    *_, hosts = process.stdout.splitlines()
    assert QUICK_START_REPLY in process.stdout
    assert hosts == "{'127.0.0.1'}"


UNSHARE_NETWORK = ("unshare", "--map-root-user", "--net")


def can_unshare_network() -> bool:
    if not (shutil.which("unshare") and shutil.which("ip")):
        return False
    return subprocess.run([*UNSHARE_NETWORK, "true"], capture_output=True).returncode == 0


@pytest.mark.skipif(
    not can_unshare_network(), reason="this system does not allow network namespaces"
)
def test_quick_start_runs_without_a_network() -> None:
    command = 'ip link set lo up && exec "$0" -W error -c "$1"'
    process = subprocess.run(
        [*UNSHARE_NETWORK, "sh", "-c", command, sys.executable, WATCHED_PROGRAM],
        capture_output=True,
        encoding="utf-8",
    )
    assert (process.returncode, process.stderr) == (0, "")
    assert QUICK_START_REPLY in process.stdout


# Records the connections of redocly.
NODE_HOOK = """
const { appendFileSync } = require('node:fs')
const { Socket } = require('node:net')
if (process.argv[1]?.includes('@redocly')) { // not npm, which installs it
  const connect = Socket.prototype.connect
  Socket.prototype.connect = function (...args) {
    appendFileSync(process.env.CONNECTION_LOG, 'a connection\\n')
    return connect.apply(this, args)
  }
  appendFileSync(process.env.CONNECTION_LOG, 'hook loaded\\n')
}
"""


@requires_redocly
def test_redocly_sends_no_telemetry(tmp_path: Path) -> None:
    hook, log = tmp_path / "hook.cjs", tmp_path / "connections.log"
    hook.write_text(NODE_HOOK, "utf-8")
    process = subprocess.run(
        ["sh", "scripts/redocly", "stats", "openapi/chatroutes.yaml"],
        cwd=ROOT,
        env=os.environ | {"NODE_OPTIONS": f"--require={hook}", "CONNECTION_LOG": str(log)},
        capture_output=True,
    )
    assert process.returncode == 0, process.stderr
    assert set(log.read_text("utf-8").split("\n")) == {"hook loaded", ""}
