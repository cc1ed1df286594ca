"""A headless Chromium, driven over its DevTools protocol.

The commands go through pipes, so neither a driver nor a port is needed.
"""

from __future__ import annotations

import json
import os
import shutil
import sys
import tempfile
from pathlib import Path
from typing import Any, Self

from tests.support.paths import short_temporary_folder

NOT_INSTALLED = "NOT RUN: Chromium is not installed; on Debian: apt install chromium"

ARGUMENTS = [
    "--headless",
    "--remote-debugging-pipe",
    "--no-first-run",
    "--no-sandbox",  # the sandbox does not work for root or in containers
    "--disable-gpu",
    "--disable-dev-shm-usage",
    "--disable-background-networking",
]

KEYS = {"Enter": "\r", " ": " "}


def find_chromium() -> str | None:
    """Return the path of Chromium or Chrome. On Windows, pipes cannot be passed to it as here."""
    if sys.platform == "win32":
        return None
    names = ("chromium", "chromium-browser", "google-chrome")
    return next((path for path in map(shutil.which, names) if path), None)


class Chromium:
    """A browser with one page. Use it in a `with` statement."""

    def __init__(self, program: str) -> None:
        self.requests: list[str] = []
        """The URLs that the pages requested."""
        self.messages: list[str] = []
        """Errors, violations of the policy, dialogs and output of the pages."""
        self._folder = tempfile.mkdtemp(prefix="chatroutes-chromium-", dir=short_temporary_folder())
        commands, self._commands = os.pipe()
        self._responses, responses = os.pipe()
        # The browser reads from descriptor 3 and writes to 4. The pipes may have these numbers already, so
        # they get others first.
        actions = [
            (os.POSIX_SPAWN_DUP2, fd, at)
            for fd, at in ((commands, 100), (responses, 101), (100, 3), (101, 4))
        ]
        quiet = [(os.POSIX_SPAWN_OPEN, fd, os.devnull, os.O_WRONLY, 0) for fd in (1, 2)]
        arguments = [program, *ARGUMENTS, f"--user-data-dir={self._folder}", "about:blank"]
        environment = {**os.environ, "TMPDIR": self._folder}  # it creates a socket there
        self._pid = os.posix_spawn(program, arguments, environment, file_actions=[*actions, *quiet])
        os.close(commands)
        os.close(responses)
        self._received = b""
        self._last_id = 0
        self._session = ""

    def __enter__(self) -> Self:
        # The page of the start may not exist yet.
        page = self._call("Target.createTarget", url="about:blank")["targetId"]
        attached = self._call("Target.attachToTarget", targetId=page, flatten=True)
        self._session = attached["sessionId"]
        for domain in ("Page", "Runtime", "Network", "Log"):
            self._call(f"{domain}.enable")
        self.resize(1200, 800)
        return self

    def __exit__(self, *_: object) -> None:
        self._session = ""
        self._call("Browser.close")
        os.waitpid(self._pid, 0)
        os.close(self._commands)
        os.close(self._responses)
        shutil.rmtree(self._folder, ignore_errors=True)

    def resize(self, width: int, height: int) -> None:
        size = {"width": width, "height": height, "deviceScaleFactor": 1, "mobile": False}
        self._call("Emulation.setDeviceMetricsOverride", **size)

    def use_theme(self, theme: str) -> None:
        """Use the theme `light` or `dark`."""
        feature = {"name": "prefers-color-scheme", "value": theme}
        self._call("Emulation.setEmulatedMedia", features=[feature])

    def open(self, path: Path, query: str = "") -> None:
        """Open a file, with a query such as `?q=text`, and wait until it is loaded."""
        self.requests.clear()
        self.messages.clear()
        self._call("Page.navigate", url=path.as_uri() + query)
        while self.evaluate("document.readyState") != "complete":
            pass

    def evaluate(self, script: str) -> Any:
        """Return the value of an expression in JavaScript."""
        result = self._call("Runtime.evaluate", expression=script, returnByValue=True)
        if "exceptionDetails" in result:
            raise RuntimeError(result["exceptionDetails"])
        return result["result"].get("value")

    def press(self, *keys: str) -> None:
        """Press keys, by their names in the DOM."""
        for key in keys:
            text = KEYS.get(key, key if len(key) == 1 else "")
            event = {"key": key, "text": text} if text else {"key": key}
            self._call("Input.dispatchKeyEvent", type="keyDown", **event)
            self._call("Input.dispatchKeyEvent", type="keyUp", key=key)

    def _call(self, method: str, **params: Any) -> Any:
        self._last_id += 1
        command = {"id": self._last_id, "method": method, "params": params}
        if self._session:
            command["sessionId"] = self._session
        data = json.dumps(command).encode() + b"\0"
        while data:
            data = data[os.write(self._commands, data) :]
        while (message := self._receive()).get("id") != self._last_id:
            self._record(message)
        if "error" in message:
            raise RuntimeError(f"{method}: {message['error']['message']}")
        return message["result"]

    def _receive(self) -> dict[str, Any]:
        while b"\0" not in self._received:
            data = os.read(self._responses, 1 << 20)
            if not data:
                raise RuntimeError("Chromium has ended")
            self._received += data
        message, _, self._received = self._received.partition(b"\0")
        received: dict[str, Any] = json.loads(message)
        return received

    def _record(self, event: dict[str, Any]) -> None:
        method, params = event.get("method"), event.get("params", {})
        if method == "Network.requestWillBeSent":
            self.requests.append(params["request"]["url"])
        elif method in (
            "Runtime.exceptionThrown",
            "Runtime.consoleAPICalled",
            "Page.javascriptDialogOpening",
            "Log.entryAdded",
        ):
            self.messages.append(json.dumps(params))
