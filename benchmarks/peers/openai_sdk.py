"""The SDK of OpenAI."""

from __future__ import annotations

from typing import Any

from openai import AsyncOpenAI, OpenAI

from benchmarks.stream_reader import Take

ASKED: Any = {
    "model": "gpt-5",
    "messages": [{"role": "user", "content": "Tell me a story"}],
    "stream": True,
}


class Sync:
    def __init__(self, base: str) -> None:
        self._client = OpenAI(api_key="key", base_url=f"{base}/openai/v1", timeout=60)

    def small(self) -> str:
        return self._client.models.retrieve("gpt-5").id

    def big(self) -> list[str]:
        page = self._client.chat.completions.messages.list("chatcmpl")
        return [message.content or "" for message in page.data]

    def stream(self, take: Take) -> None:
        with self._client.chat.completions.create(**ASKED) as stream:
            for chunk in stream:
                text = chunk.choices[0].delta.content
                if text:
                    take(text)

    def close(self) -> None:
        self._client.close()


class Async:
    def __init__(self, base: str) -> None:
        self._client = AsyncOpenAI(api_key="key", base_url=f"{base}/openai/v1", timeout=60)

    async def stream(self, take: Take) -> None:
        async with await self._client.chat.completions.create(**ASKED) as stream:
            async for chunk in stream:
                text = chunk.choices[0].delta.content
                if text:
                    take(text)

    async def close(self) -> None:
        await self._client.close()
