"""The parts of the soak test that read many streams: at once, and with the SDK over connections that are cut."""

from __future__ import annotations

import asyncio
import gc
import random
from collections import Counter

import httpx
import psutil

from chatroutes import AsyncChatRoutes
from tests.support.cutting_proxy import CuttingProxy
from tests.support.killed_servers import HEADERS

TIMEOUT = 2  # seconds of silence
MAX_GROWTH = 8 * 1024 * 1024  # bytes of memory


async def read_at_once(url: str, api_key: str, chance: random.Random, count: int) -> str:
    """Read many streams at the same time. Each must have its whole text, and no text twice."""
    async with CuttingProxy(url, chance) as proxy:
        async with (
            AsyncChatRoutes(api_key, url, timeout=60) as direct,
            AsyncChatRoutes(
                api_key, proxy.url, timeout=TIMEOUT, retry_attempts=200, retry_delay=0.1
            ) as client,
        ):
            resumed = await asyncio.gather(
                *(_read_one(direct, client, number) for number in range(count))
            )
        assert sum(resumed) > count / 2, "hardly any stream was cut"
        return f"{count} streams, {proxy.cuts} cuts, resumed {sum(resumed)} times"


async def _read_one(direct: AsyncChatRoutes, client: AsyncChatRoutes, number: int) -> int:
    """Read a stream in a new conversation. Return how often it was resumed."""
    conversation = await direct.conversations.create({"title": f"soak {number}"})
    question = f"{number} " + "word " * 20
    stream = client.messages.stream(conversation["id"], {"content": question})
    text = "".join([piece async for piece in stream.text_stream])
    stored = await direct.messages.list(conversation["id"])
    assert [each["content"] for each in stored] == [question, text], "a text is not whole"
    return stream.resumed


async def read_in_turn(url: str, api_key: str, chance: random.Random, count: int) -> str:
    """Read streams one after the other. The memory of this process must not grow."""
    sizes: list[int] = []
    ends: Counter[str] = Counter()
    async with (
        CuttingProxy(url, chance, ("whole", "close", "abort")) as proxy,
        AsyncChatRoutes(api_key, proxy.url, timeout=20, retry_attempts=20, retry_delay=0) as client,
    ):
        for number in range(count):
            if number % 20 == 0:
                conversation = await client.conversations.create({"title": "soak"})
            stream = client.messages.stream(conversation["id"], {"content": "Hello"})
            end = chance.choice(["read", "stop", "close"])
            async for _ in stream:
                if end == "stop":
                    await stream.stop()
                elif end == "close":
                    await stream.close()
                    break
            ends[end] += 1
            if number in (count // 4, count - 1):
                gc.collect()
                sizes.append(psutil.Process().memory_info().rss)
    growth = sizes[-1] - sizes[0]
    assert growth < MAX_GROWTH, f"the memory grows by {growth} bytes"
    return f"{count} streams ({dict(ends)}), memory {growth / 1024:+.0f} KiB"


async def stream_all(url: str, paths: list[str]) -> Counter[int]:
    """Open a stream of each conversation at once, and read them. Return their statuses."""
    async with httpx.AsyncClient(
        base_url=url,
        headers=HEADERS,
        limits=httpx.Limits(max_connections=None, max_keepalive_connections=0),
        timeout=60,
        verify=False,
    ) as client:
        body = {"content": "word " * 10}
        responses = await asyncio.gather(
            *(client.post(f"{path}/stream", json=body) for path in paths)
        )
    for response in responses:
        if response.status_code == 200:
            assert "data: [DONE]" in response.text, "a stream is incomplete"
        else:
            assert response.headers["retry-after"], "a 503 has no Retry-After"
    return Counter(response.status_code for response in responses)
