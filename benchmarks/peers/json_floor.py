"""A floor: `json.loads` of each document in the answer, with no server and no HTTP."""

from __future__ import annotations

import json
from typing import Any
from urllib.parse import urlsplit

from benchmarks.payloads import Plan, documents, json_answer
from benchmarks.stream_reader import Take


class Sync:
    def __init__(self, base: str) -> None:
        plan = Plan.parse(urlsplit(base).path.strip("/"))
        if plan.events:
            self._documents = documents("chatroutes", plan.events)
        else:
            self._answer = json_answer(plan.layout, "chatroutes").partition(b"\r\n\r\n")[2]

    def small(self) -> str:
        return str(json.loads(self._answer)["data"]["conversation"]["id"])

    def big(self) -> list[str]:
        messages = json.loads(self._answer)["data"]["conversation"]["messages"]
        return [message["content"] for message in messages]

    def stream(self, take: Take) -> None:
        for document in self._documents:
            take(json.loads(document))

    @staticmethod
    def texts(taken: list[Any]) -> list[str]:
        return [chunk["choices"][0]["delta"]["content"] for chunk in taken]

    def close(self) -> None:
        """Let go of nothing."""


Async = None
