"""Killed processes, two processes on one database, and many concurrent streams: nothing is lost or mixed."""

from __future__ import annotations

import asyncio
import json
import os
import threading
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import Any

import httpx
import pytest

from chatroutes_server import LocalServer
from tests.support.killed_servers import ForkedServers, Writer, assert_database_intact, client_of
from tests.support.server_api import Api
from tests.support.server_events import parse_event_ids

KILLS = 25
WRITERS = 4
STREAMS = 200


@pytest.fixture
def forked_servers(tmp_path: Path) -> Iterator[ForkedServers]:
    servers = ForkedServers(tmp_path)
    yield servers
    try:
        servers.kill()
    finally:
        servers.wait_for_exit()


@pytest.mark.skipif(not hasattr(os, "fork"), reason="needs os.fork")
def test_sigkill_under_load_loses_no_acknowledged_message(
    forked_servers: ForkedServers, tmp_path: Path
) -> None:
    url = forked_servers.start()
    writers = [Writer(url, number) for number in range(WRITERS)]
    for kill in range(KILLS):
        acknowledged = threading.Semaphore(0)
        threads = [
            threading.Thread(target=writer.write_until_killed, args=(url, acknowledged))
            for writer in writers
        ]
        for thread in threads:
            thread.start()
        for _ in range(kill % 3):  # the other writers are in the middle of a request then
            acknowledged.acquire()
        forked_servers.kill()
        for thread in threads:
            thread.join()
        url = forked_servers.start()
        for writer in writers:
            stored = writer.read_stored(url)
            assert stored[: len(writer.acknowledged)] == writer.acknowledged
            # A message that was not acknowledged is stored with its reply, or not at all.
            assert len(stored) - len(writer.acknowledged) in (0, 2)

    with client_of(url) as client:
        for writer in writers:
            writer.write(client)
            assert writer.read_stored(url) == writer.acknowledged
    forked_servers.kill()
    assert_database_intact(tmp_path / "x.db")


def test_two_processes_on_one_database_lose_and_mix_nothing(tmp_path: Path) -> None:
    servers = [ForkedServers(tmp_path), ForkedServers(tmp_path)]
    try:
        urls = [server.start() for server in servers]
        writers = [Writer(urls[number % 2], number) for number in range(WRITERS)]

        def write(number: int) -> None:
            with (
                client_of(urls[0]) as first,
                client_of(urls[1]) as second,
            ):
                for request_number in range(10):
                    writers[number].write((first, second)[(number + request_number) % 2])

        with ThreadPoolExecutor(WRITERS) as pool:
            list(pool.map(write, range(WRITERS)))
        for writer in writers:
            assert writer.read_stored(urls[0]) == writer.read_stored(urls[1]) == writer.acknowledged

        # Kill one server under load and restart it, while the other keeps running.
        acknowledged = threading.Semaphore(0)
        killed_writer = threading.Thread(
            target=writers[0].write_until_killed, args=(urls[0], acknowledged)
        )
        killed_writer.start()
        with client_of(urls[1]) as other:
            for _ in range(5):
                writers[1].write(other)
            acknowledged.acquire()
            servers[0].kill()
            killed_writer.join()
            urls[0] = servers[0].start()
            writers[0].write(other)
        for writer in writers:
            assert writer.read_stored(urls[0]) == writer.read_stored(urls[1]) == writer.acknowledged
    finally:
        for server in servers:
            server.kill()
            server.wait_for_exit()
    assert_database_intact(tmp_path / "x.db")


def test_concurrent_requests_with_one_key_to_two_processes_run_once(tmp_path: Path) -> None:
    database = tmp_path / "shared.db"
    with (
        LocalServer(database=database, word_delay=0.001) as first_server,
        LocalServer(database=database, word_delay=0.001) as second_server,
        Api(first_server) as first,
        Api(second_server) as second,
    ):
        conversation_id = first.conversation()
        path = f"/conversations/{conversation_id}/messages"

        def send(number: int) -> Any:
            api = (first, second)[number % 2]
            headers = {"Idempotency-Key": f"key {number // 4}"}
            while True:
                response = api.http.post(path, json={"content": f"{number // 4}"}, headers=headers)
                # If the other server has moved the message and still replies to it, this one answers with a conflict.
                if response.status_code != 409:
                    return response.json()["data"]

        with ThreadPoolExecutor(8) as pool:
            responses = list(pool.map(send, range(32)))

        for start in range(0, 32, 4):
            assert responses[start : start + 4] == [responses[start]] * 4
        assert len(first.messages(conversation_id)) == 16


def test_200_concurrent_streams_lose_and_mix_nothing() -> None:
    with LocalServer(word_delay=0.05) as server, Api(server) as api:
        conversations = [api.conversation() for _ in range(20)]
        texts = asyncio.run(read_streams_concurrently(server, conversations))

        assert len(texts) == STREAMS
        responses: dict[str, tuple[str, str]] = {}
        for number, text in enumerate(texts):
            *chunks, complete, done = [data for _, data in parse_event_ids(text)]
            assert done == "[DONE]"
            reply = json.loads(complete)["message"]
            text_of_chunks = "".join(json.loads(chunk)["content"] for chunk in chunks)
            assert text_of_chunks == reply["content"]
            assert text_of_chunks.endswith(f'You wrote: "stream {number}"')
            responses[reply["id"]] = (reply["conversationId"], text_of_chunks)
        assert len(responses) == STREAMS
        for conversation_id in conversations:
            stored = api.messages(conversation_id)
            assert len(stored) == 2 * STREAMS // len(conversations)
            for each in stored:
                if each["role"] == "assistant":
                    assert responses[each["id"]] == (conversation_id, each["content"])


async def read_streams_concurrently(server: LocalServer, conversations: list[str]) -> list[str]:
    async def read_stream(client: httpx.AsyncClient, number: int) -> str:
        path = f"/conversations/{conversations[number % len(conversations)]}/messages/stream"
        body = {"content": f"stream {number}"}
        async with client.stream("POST", path, json=body) as response:
            return "".join([chunk async for chunk in response.aiter_text()])

    async with httpx.AsyncClient(
        base_url=server.base_url,
        headers={"X-API-Key": server.api_key},
        limits=httpx.Limits(max_connections=None),
        timeout=60,
    ) as client:
        return await asyncio.gather(*(read_stream(client, number) for number in range(STREAMS)))
