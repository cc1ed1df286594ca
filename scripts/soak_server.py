"""The server of the soak test."""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path
from typing import Self

import psutil

from tests.support.killed_servers import client_of
from tests.support.paths import ROOT
from tests.support.server_command import READY_LINE
from tests.support.upstream_server import UPSTREAM_API_KEY

MAX_GROWTH = 256 * 1024 * 1024  # bytes of memory
MAX_LOG_SIZE = 64 * 1024  # bytes
MAX_TRACEBACKS = 10  # in the log, each with its cause


class Server:
    """A server in a process of its own."""

    def __init__(self, folder: Path, *arguments: str, descriptors: int = 4096) -> None:
        self._log = folder / "log"
        command = [sys.executable, "-m", "chatroutes_server", "--port", "0", "--api-key", "k"]
        with self._log.open("w") as log:
            self.process = subprocess.Popen(
                ["sh", "-c", f'ulimit -n {descriptors}; exec "$@"', "sh", *command, *arguments],
                cwd=folder,
                env={**os.environ, "PYTHONPATH": str(ROOT), "UPSTREAM_KEY": UPSTREAM_API_KEY},
                stdout=subprocess.PIPE,
                stderr=log,
                text=True,
            )
        assert self.process.stdout is not None
        match = READY_LINE.fullmatch(self.process.stdout.readline())
        assert match is not None, self._log.read_text()
        self.url = match[1]
        self._memory = self._resident()

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *error: object) -> None:
        self.process.kill()
        self.process.communicate()

    def _resident(self) -> int:
        size: int = psutil.Process(self.process.pid).memory_info().rss
        return size

    def check(self) -> None:
        """Check that the server responds, and that its memory and its log are small."""
        with client_of(self.url) as client:
            assert client.get("/models").status_code == 200
        assert self._resident() - self._memory < MAX_GROWTH, "the memory grows"
        log = self._log.read_text()
        assert len(log) < MAX_LOG_SIZE, "the log grows"
        assert log.count("\nTraceback") <= MAX_TRACEBACKS, "the log repeats tracebacks"


def create_conversation(url: str, model: str = "builtin") -> str:
    """Return the path of the messages of a new conversation."""
    return create_conversations(url, 1, model)[0]


def create_conversations(url: str, count: int, model: str = "builtin") -> list[str]:
    body = {"title": "soak", "model": model}
    with client_of(url) as client:
        created = [client.post("/conversations", json=body).json()["data"] for _ in range(count)]
    return [f"/conversations/{each['conversation']['id']}/messages" for each in created]
