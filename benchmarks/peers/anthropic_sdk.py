"""The SDK of Anthropic."""

from __future__ import annotations

from typing import Any

from anthropic import Anthropic, AsyncAnthropic

from benchmarks.stream_reader import Take

ASKED: Any = {
    "model": "claude",
    "max_tokens": 1000,
    "messages": [{"role": "user", "content": "Tell me a story"}],
    "stream": True,
}


class Sync:
    def __init__(self, base: str) -> None:
        self._client = Anthropic(api_key="key", base_url=f"{base}/anthropic", timeout=60)

    def small(self) -> str:
        return self._client.models.retrieve("claude").id

    def big(self) -> list[str]:
        return [model.display_name for model in self._client.models.list().data]

    def stream(self, take: Take) -> None:
        with self._client.messages.create(**ASKED) as stream:
            for event in stream:
                if event.type == "content_block_delta":
                    take(event.delta.text)

    def close(self) -> None:
        self._client.close()


class Async:
    def __init__(self, base: str) -> None:
        self._client = AsyncAnthropic(api_key="key", base_url=f"{base}/anthropic", timeout=60)

    async def stream(self, take: Take) -> None:
        async with await self._client.messages.create(**ASKED) as stream:
            async for event in stream:
                if event.type == "content_block_delta":
                    take(event.delta.text)

    async def close(self) -> None:
        await self._client.close()
