"""The SDK of LangGraph."""

from __future__ import annotations

from typing import Any

from langgraph_sdk import get_client, get_sync_client

from benchmarks.payloads import CONVERSATION_ID
from benchmarks.stream_reader import Take

ASKED: Any = {"input": {"content": "Tell me a story"}, "stream_mode": "messages-tuple"}


class Sync:
    def __init__(self, base: str) -> None:
        self._client = get_sync_client(url=base, api_key=None, timeout=60)

    def small(self) -> str:
        return self._client.threads.get(CONVERSATION_ID)["thread_id"]

    def big(self) -> list[str]:
        thread: Any = self._client.threads.get(CONVERSATION_ID)
        return [message["content"] for message in thread["values"]["messages"]]

    def stream(self, take: Take) -> None:
        for part in self._client.runs.stream(CONVERSATION_ID, "agent", **ASKED):
            if part.event == "messages":
                take(part.data[0]["content"])

    def close(self) -> None:
        self._client.close()


class Async:
    def __init__(self, base: str) -> None:
        self._client = get_client(url=base, api_key=None, timeout=60)

    async def stream(self, take: Take) -> None:
        async for part in self._client.runs.stream(CONVERSATION_ID, "agent", **ASKED):
            if part.event == "messages":
                take(part.data[0]["content"])

    async def close(self) -> None:
        await self._client.aclose()
