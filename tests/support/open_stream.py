"""A stream of the server that is being read."""

from __future__ import annotations

import json
from contextlib import ExitStack
from typing import Any, Self

from tests.support.server_api import Api

COMMENT = ":"


class OpenStream:
    """A stream. `disconnect` closes its connection, and so does the end of the `with` block."""

    def __init__(
        self,
        api: Api,
        conversation_id: str,
        content: str,
        key: str = "",
        last_event_id: str = "",
        **fields: Any,
    ) -> None:
        headers = {"Idempotency-Key": key, "Last-Event-ID": last_event_id}
        headers = {name: value for name, value in headers.items() if value}
        self.event_id = ""  # of the last event
        self.text = ""
        self.chunk: Any = None  # the last event with text
        self.end: Any = None  # the event with the whole reply
        self._stack = ExitStack()
        self.response = self._stack.enter_context(
            api.http.stream(
                "POST",
                f"/conversations/{conversation_id}/messages/stream",
                json={"content": content, **fields},
                headers=headers,
            )
        )
        self._lines = self.response.iter_lines()

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *error: object) -> None:
        self.disconnect()

    def disconnect(self) -> None:
        self._stack.close()

    def read_first(self) -> None:
        """Read the first event, or a comment. The turn runs or waits then."""
        line = next(self._lines, "")
        self._read(line)
        if line.startswith("data: "):
            self.read_until("id: ")

    def read_until(self, prefix: str) -> None:
        """Read until a line begins with this prefix."""
        for line in self._lines:
            self._read(line)
            if line.startswith(prefix):
                return
        raise AssertionError(f"the stream ended without {prefix!r}")

    def read_text(self) -> None:
        """Read until there is some text of the reply, and its event id."""
        while not self.text:
            self.read_until("id: ")

    def read_all(self) -> str:
        """Read to the end, and return the text of the reply."""
        for line in self._lines:
            self._read(line)
        return self.text

    def _read(self, line: str) -> None:
        if line.startswith("id: "):
            self.event_id = line.removeprefix("id: ")
        elif line.startswith("data: {"):
            event = json.loads(line.removeprefix("data: "))
            if event["type"] == "content":
                self.text += event["content"]
                self.chunk = event
            else:
                self.end = event
