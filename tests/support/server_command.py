"""The command line of the server."""

from __future__ import annotations

import os
import re
import signal
import subprocess
import sys
from pathlib import Path

import httpx

from tests.support.paths import ROOT

READY_LINE = re.compile(r"ChatRoutes server ready at (http://\S+/api/v1)\n")
EXPORT_LINE = re.compile(r"export (CHATROUTES_\w+)=(\S+)\n")


class Command:
    """A process that runs `python -m chatroutes_server` in a folder."""

    def __init__(self, folder: Path, *arguments: str) -> None:
        variable = os.environ.get("CHATROUTES_SERVER_API_KEY", "").strip()
        options = [each for each in arguments if each.startswith("--api-key")]
        self._generates_key = not (variable or options)
        self.process = subprocess.Popen(
            [sys.executable, "-m", "chatroutes_server", *arguments],
            cwd=folder,
            env={**os.environ, "PYTHONPATH": str(ROOT)},
            stdout=subprocess.PIPE,
            stderr=subprocess.PIPE,
            text=True,
        )

    def read_ready_lines(self) -> tuple[str, str | None]:
        """Return the base URL, and the API key if the server generates one."""
        url = self._read_line(READY_LINE)[1]
        exported = dict([self._read_line(EXPORT_LINE).groups()])
        if self._generates_key:
            exported.update([self._read_line(EXPORT_LINE).groups()])
        assert exported.pop("CHATROUTES_BASE_URL") == url
        key = exported.pop("CHATROUTES_API_KEY", None)
        assert not exported
        return url, key

    def _read_line(self, pattern: re.Pattern[str]) -> re.Match[str]:
        assert self.process.stdout is not None
        line = self.process.stdout.readline()
        match = pattern.fullmatch(line)
        assert match, (line, self.process.communicate())
        return match

    def wait_for_exit(self, signal_number: signal.Signals | None = None) -> tuple[int, str, str]:
        if signal_number is not None:
            self.process.send_signal(signal_number)
        out, err = self.process.communicate(timeout=60)
        return self.process.returncode, out, err


def find_users(url: str, *keys: str) -> list[str | None]:
    """Return the account of each key, or None for a key that is rejected."""
    found: list[str | None] = []
    for key in keys:
        response = httpx.post(
            f"{url}/conversations", json={"title": "x"}, headers={"X-API-Key": key}, verify=False
        )
        data = response.json().get("data")
        found.append(None if data is None else data["conversation"]["userId"])
    return found
