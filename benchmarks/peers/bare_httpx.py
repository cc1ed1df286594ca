"""httpx by itself: what a program would do that has no SDK, and knows that nothing goes wrong.

Also over transports of other packages, which put themselves behind httpx's interface.
"""

from __future__ import annotations

import json
from importlib import import_module
from typing import Any

import httpx

from benchmarks.payloads import CONVERSATION_ID
from benchmarks.stream_reader import Take

HEADERS = {"Authorization": "ApiKey key"}
ASKED = {"content": "Tell me a story"}
LIMITS = httpx.Limits(max_connections=None, max_keepalive_connections=100)


def _url(base: str) -> str:
    return f"{base}/api/v1/conversations/{CONVERSATION_ID}"


def _hand_over(event: bytes, take: Take) -> None:
    data = event.removeprefix(b"data: ")
    if data != b"[DONE]":
        text = json.loads(data)["choices"][0]["delta"].get("content")
        if text:
            take(text)


def _settings(over: str) -> dict[str, Any]:
    settings: dict[str, Any] = {"headers": HEADERS, "timeout": 60, "limits": LIMITS}
    if over == "pyreqwest":
        settings["transport"] = import_module("pyreqwest.compatibility.httpx").SyncHttpxTransport()
    elif over == "aiohttp":
        settings["transport"] = import_module("httpx_aiohttp").AiohttpTransport(limits=LIMITS)
    return settings


class Sync:
    def __init__(self, base: str, over: str = "") -> None:
        self._url = _url(base)
        self._client = httpx.Client(**_settings(over))

    def small(self) -> str:
        return str(self._client.get(self._url).json()["data"]["conversation"]["id"])

    def big(self) -> list[str]:
        conversation = self._client.get(self._url).json()["data"]["conversation"]
        return [message["content"] for message in conversation["messages"]]

    def stream(self, take: Take) -> None:
        url = f"{self._url}/messages/stream"
        with self._client.stream("POST", url, json=ASKED) as response:
            held = b""
            for data in response.iter_raw():
                *events, held = (held + data).split(b"\n\n")
                for event in events:
                    _hand_over(event, take)

    def close(self) -> None:
        self._client.close()


class Async:
    def __init__(self, base: str, over: str = "") -> None:
        self._url = _url(base)
        self._client = httpx.AsyncClient(**_settings(over))

    async def stream(self, take: Take) -> None:
        url = f"{self._url}/messages/stream"
        async with self._client.stream("POST", url, json=ASKED) as response:
            held = b""
            async for data in response.aiter_raw():
                *events, held = (held + data).split(b"\n\n")
                for event in events:
                    _hand_over(event, take)

    async def close(self) -> None:
        await self._client.aclose()
