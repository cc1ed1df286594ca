"""Servers that are killed, and clients that record what they acknowledged."""

from __future__ import annotations

import json
import os
import signal
import sqlite3
import subprocess
import sys
import threading
from contextlib import closing
from pathlib import Path

import httpx

from tests.support.paths import ROOT
from tests.support.server_command import EXPORT_LINE, READY_LINE
from tests.support.server_events import parse_event_ids

API_KEY = "k"
HEADERS = {"X-API-Key": API_KEY}
TIMEOUT = 120  # seconds

# Importing takes longer than everything else. This program imports once and forks for each server.
FORK_SERVER = """
import os, sys
import chatroutes_server.server
from chatroutes_server.cli import main
from chatroutes_server.contract import load_contract
load_contract()
for line in sys.stdin:
    pid = os.fork()
    if not pid:
        print(os.getpid(), flush=True)  # the parent could print it after the lines of the server
        os._exit(main(["--port", "0", "--api-key", "k", "--word-delay", "0.001", "--database", "x.db"]))
    os.waitpid(pid, 0)
"""


def client_of(url: str) -> httpx.Client:
    # Loading certificates takes longer than killing and starting a server.
    return httpx.Client(base_url=url, headers=HEADERS, timeout=TIMEOUT, verify=False)


class ForkedServers:
    """Runs one server after another on a database, each in a forked process that can be killed."""

    def __init__(self, folder: Path) -> None:
        self._parent = subprocess.Popen(
            [sys.executable, "-c", FORK_SERVER],
            cwd=folder,
            env={**os.environ, "PYTHONPATH": str(ROOT)},
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            text=True,
        )
        self._pid = 0

    def start(self) -> str:
        assert self._parent.stdin is not None
        assert self._parent.stdout is not None
        self._parent.stdin.write("\n")
        self._parent.stdin.flush()
        self._pid = int(self._parent.stdout.readline())
        match = READY_LINE.fullmatch(self._parent.stdout.readline())
        assert match is not None
        assert EXPORT_LINE.fullmatch(self._parent.stdout.readline())
        return match[1]

    def kill(self) -> None:
        # The process id can be reused after the process was waited for, so it is used only once.
        pid, self._pid = self._pid, 0
        if pid:
            os.kill(pid, signal.SIGKILL)

    def wait_for_exit(self) -> None:
        self._parent.communicate(timeout=60)


class Writer:
    """Sends messages with idempotency keys, and records the acknowledged ones."""

    def __init__(self, url: str, number: int) -> None:
        self.number = number
        self.sent = 0
        self.acknowledged: list[tuple[str, str]] = []
        with client_of(url) as client:
            created = client.post("/conversations", json={"title": "x"}).json()
        self.path = f"/conversations/{created['data']['conversation']['id']}/messages"

    def write(self, client: httpx.Client) -> None:
        """Send the next message, or retry the last one if it was not acknowledged."""
        content = f"writer {self.number} message {self.sent}"
        headers = {"Idempotency-Key": content}
        if self.sent % 2:
            response = client.post(self.path, json={"content": content}, headers=headers)
            data = response.raise_for_status().json()["data"]
        else:
            path = self.path + "/stream"
            response = client.post(path, json={"content": content}, headers=headers)
            events = [data for _, data in parse_event_ids(response.raise_for_status().text)]
            if events[-1] != "[DONE]":
                raise httpx.HTTPError(f"the stream ended with {events[-1]}")
            data = json.loads(events[-2])
        for name in ("userMessage", "assistantMessage"):
            self.acknowledged.append((data[name]["id"], data[name]["content"]))
        self.sent += 1

    def write_until_killed(self, url: str, acknowledged: threading.Semaphore) -> None:
        with client_of(url) as client:
            try:
                while True:
                    self.write(client)
                    acknowledged.release()
            except httpx.TransportError:
                pass

    def read_stored(self, url: str) -> list[tuple[str, str]]:
        with client_of(url) as client:
            response = client.get(self.path)
        return [(each["id"], each["content"]) for each in response.json()["data"]["messages"]]


def assert_database_intact(database: Path) -> None:
    with closing(sqlite3.connect(database)) as connection:
        assert connection.execute("PRAGMA integrity_check").fetchone() == ("ok",)
        assert connection.execute("PRAGMA foreign_key_check").fetchall() == []
        assert connection.execute("SELECT count(*) FROM pending_replies").fetchone() == (0,)
