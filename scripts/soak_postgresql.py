"""The part of the soak test with several servers that share a database in PostgreSQL."""

from __future__ import annotations

import asyncio
import json
import random
import signal
import time
from collections.abc import Sequence
from contextlib import ExitStack
from pathlib import Path

import httpx
from soak_server import Server

from tests.support.killed_servers import HEADERS
from tests.support.postgresql import NOT_INSTALLED, PostgreSQL, find_program

TIMEOUT = 60  # seconds
LONG = 20  # seconds; with more streams then
STREAMS_PER_CONVERSATION = 4  # each through another server
MAX_DELAY = 1.0  # seconds until a server is killed


def attack_shared_database(chance: random.Random, folder: Path, seconds: float) -> str:
    """Kill one of four servers that share a database in PostgreSQL, while they stream."""
    if find_program("initdb") is None:
        return NOT_INSTALLED
    count = 200 if seconds >= LONG else 40
    rounds = resumed = 0
    with PostgreSQL() as postgresql:
        end = time.monotonic() + seconds
        while rounds == 0 or time.monotonic() < end:
            arguments = ["--word-delay", "0.02", "--database", postgresql.create_database()]
            with ExitStack() as stack:
                servers = [stack.enter_context(Server(folder, *arguments)) for _ in range(4)]
                resumed += asyncio.run(stream_through_kill(servers, chance, count))
            rounds += 1
    return f"{rounds} kills, {rounds * count} streams, {resumed} went on at another server"


async def stream_through_kill(servers: Sequence[Server], chance: random.Random, count: int) -> int:
    """Kill one of the servers while it streams. Each stream must get its whole reply.

    A stream that is cut continues at another server. All acknowledged writes must be stored.
    Returns the number of cut streams.
    """
    victim = chance.randrange(len(servers))
    clients = [
        httpx.AsyncClient(
            base_url=server.url,
            headers=HEADERS,
            timeout=TIMEOUT,
            limits=httpx.Limits(max_connections=None),
            verify=False,
        )
        for server in servers
    ]
    survivors = [client for number, client in enumerate(clients) if number != victim]
    paths: list[str] = []
    acknowledged: list[object] = []
    for number in range(count // STREAMS_PER_CONVERSATION):
        client = clients[number % len(clients)]
        created = (await client.post("/conversations", json={"title": "soak"})).raise_for_status()
        paths.append(f"/conversations/{created.json()['data']['conversation']['id']}/messages")
        sent = await client.post(paths[-1], json={"content": f"acknowledged {number}"})
        acknowledged.append(sent.raise_for_status().json()["data"])
    resumed = 0

    async def read(number: int) -> str:
        """Return the text of a stream, which is resumed if it is cut."""
        nonlocal resumed
        path = f"{paths[number // STREAMS_PER_CONVERSATION]}/stream"
        client = clients[number % len(clients)]
        key = {"Idempotency-Key": f"{number}"}
        body = {"content": f"question {number} " + "word " * 20}
        text, event_id = "", ""
        for _ in range(20):
            last = {"Last-Event-ID": event_id} if event_id else {}
            try:
                async with client.stream("POST", path, json=body, headers=key | last) as response:
                    if (
                        response.status_code == 409
                    ):  # the reply is generated with other messages before it
                        text, event_id = "", ""
                        continue
                    response.raise_for_status()
                    async for line in response.aiter_lines():
                        if line.startswith("id: "):
                            event_id = line.removeprefix("id: ")
                        elif line.startswith("data: {"):
                            event = json.loads(line.removeprefix("data: "))
                            assert event.get("type") != "error", line
                            text += event.get("content", "") if event["type"] == "content" else ""
                        elif line == "data: [DONE]":
                            return text
            except httpx.HTTPError:
                if client in survivors:
                    raise
            resumed += 1
            client = chance.choice(survivors)
        raise AssertionError("a stream never ends")

    async def kill() -> None:
        await asyncio.sleep(chance.uniform(0, MAX_DELAY))
        servers[victim].process.send_signal(signal.SIGKILL)

    texts, _ = await asyncio.gather(asyncio.gather(*map(read, range(count))), kill())
    for index, path in enumerate(paths):
        response = (await chance.choice(survivors).get(path)).raise_for_status()
        messages = response.json()["data"]["messages"]
        before = acknowledged[index]
        assert isinstance(before, dict)
        assert messages[:2] == [before["userMessage"], before["message"]], "a write is lost"
        contents = [each["content"] for each in messages]
        assert [each["role"] for each in messages] == ["user", "assistant"] * (len(messages) // 2)
        assert len(messages) == 2 + 2 * STREAMS_PER_CONVERSATION, "a write is lost or done twice"
        for number in range(
            index * STREAMS_PER_CONVERSATION, (index + 1) * STREAMS_PER_CONVERSATION
        ):
            position = contents.index(f"question {number} " + "word " * 20)
            assert contents[position + 1] == texts[number], "a text is not whole"
    for client in clients:
        await client.aclose()
    return resumed
