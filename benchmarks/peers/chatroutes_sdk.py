"""This SDK; the published 0.1.0 has an import name and methods in common with it (`chatroutes_published`)."""

from __future__ import annotations

from typing import Any, cast

from benchmarks.payloads import CONVERSATION_ID
from benchmarks.stream_reader import Take
from chatroutes import AsyncChatRoutes, ChatRoutes
from chatroutes.types import SendMessageRequest

ASKED: SendMessageRequest = {"content": "Tell me a story"}


def _settings(base: str, transport: str | None) -> dict[str, Any]:
    settings: dict[str, Any] = {"api_key": "key", "base_url": f"{base}/api/v1", "timeout": 60}
    return settings if transport is None else {**settings, "transport": transport}


class Sync:
    def __init__(self, base: str, transport: str | None = None) -> None:
        self._client = ChatRoutes(**_settings(base, transport))

    def small(self) -> str:
        return self._client.conversations.get(CONVERSATION_ID)["id"]

    def big(self) -> list[str]:
        conversation = self._client.conversations.get(CONVERSATION_ID)
        return [message["content"] for message in cast("Any", conversation)["messages"]]

    def stream(self, take: Take) -> None:
        with self._client.messages.stream(CONVERSATION_ID, ASKED) as stream:
            for chunk in stream:
                text = chunk["choices"][0]["delta"].get("content")
                if text:
                    take(text)

    def close(self) -> None:
        self._client.close()


class Async:
    def __init__(self, base: str, transport: str | None = None) -> None:
        self._client = AsyncChatRoutes(**_settings(base, transport))

    async def stream(self, take: Take) -> None:
        async with self._client.messages.stream(CONVERSATION_ID, ASKED) as stream:
            async for chunk in stream:
                text = chunk["choices"][0]["delta"].get("content")
                if text:
                    take(text)

    async def close(self) -> None:
        await self._client.close()
