"""`http.client`: HTTP as the standard library has it."""

from __future__ import annotations

import http.client
import json
from typing import Any
from urllib.parse import urlsplit

from benchmarks.payloads import CONVERSATION_ID
from benchmarks.stream_reader import Take

HEADERS = {"Authorization": "ApiKey key", "Content-Type": "application/json"}


class Sync:
    def __init__(self, base: str) -> None:
        parts = urlsplit(base)
        self._path = f"{parts.path}/api/v1/conversations/{CONVERSATION_ID}"
        self._connection = http.client.HTTPConnection(parts.netloc, timeout=60)

    def small(self) -> str:
        return str(self._get()["id"])

    def big(self) -> list[str]:
        return [message["content"] for message in self._get()["messages"]]

    def stream(self, take: Take) -> None:
        body = json.dumps({"content": "Tell me a story"})
        self._connection.request("POST", f"{self._path}/messages/stream", body, HEADERS)
        for line in self._connection.getresponse():
            if line.startswith(b"data: {"):
                text = json.loads(line[6:])["choices"][0]["delta"].get("content")
                if text:
                    take(text)

    def close(self) -> None:
        self._connection.close()

    def _get(self) -> Any:
        self._connection.request("GET", self._path, headers=HEADERS)
        return json.loads(self._connection.getresponse().read())["data"]["conversation"]


Async = None
