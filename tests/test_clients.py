"""Clients with callbacks, views and connections of the user's own, and clients and streams that are dropped."""

from __future__ import annotations

import gc
import threading
from concurrent.futures import ThreadPoolExecutor
from typing import Any

import anyio
import httpx
import pytest

from chatroutes import AsyncChatRoutes, ChatRoutes, ChatRoutesError, StreamChunk, ValidationError
from tests.conftest import wait_until_idle_async
from tests.support.fault_server import FaultServer, empty_answer, event_stream
from tests.support.gc_fixture import collect_what_is_new as collect_what_is_new
from tests.support.payloads import CHUNK, CONVERSATION, DONE, FOUND, KEY, OPEN


async def test_async_callbacks_are_awaited_in_order(faults: FaultServer) -> None:
    faults.script(event_stream(CHUNK, CHUNK, DONE))
    calls: list[str] = []

    async def on_chunk(chunk: StreamChunk) -> None:
        calls.append("chunk begins")
        await anyio.sleep(0)
        calls.append("chunk ends")

    async def on_complete(response: object) -> None:
        await anyio.sleep(0)
        calls.append("complete")

    async with AsyncChatRoutes(KEY, faults.base_url) as client:
        await client.messages.stream("conv_1", {"content": "Hi"}, on_chunk, on_complete)

    assert calls == ["chunk begins", "chunk ends"] * 2 + ["complete"]


async def test_an_exception_of_an_async_callback_passes_and_closes(faults: FaultServer) -> None:
    faults.script(OPEN)

    async def on_chunk(chunk: StreamChunk) -> None:
        raise LookupError("mine")

    async with AsyncChatRoutes(KEY, faults.base_url) as client:
        with pytest.raises(LookupError, match="mine"):
            await client.messages.stream("conv_1", {"content": "Hi"}, on_chunk)
        await wait_until_idle_async(faults)


def test_the_sync_client_refuses_async_callbacks(faults: FaultServer) -> None:
    async def callback(value: object) -> None: ...

    with ChatRoutes(KEY, faults.base_url) as client:
        with pytest.raises(ValidationError, match="on_chunk is an async function"):
            client.messages.stream("conv_1", {"content": "Hi"}, callback)
        with pytest.raises(ValidationError, match="on_complete is an async function"):
            client.messages.stream("conv_1", {"content": "Hi"}, on_complete=callback)

    assert faults.requests == []


def test_views_share_the_connections_and_closing_one_does_nothing(faults: FaultServer) -> None:
    faults.script(FOUND, repeat_last=True)

    with ChatRoutes(KEY, faults.base_url, headers={"X-A": "1"}) as client:
        view = client.with_options(headers={"X-B": "2"})
        client.conversations.get("conv_1")
        with view.with_options(headers={"X-A": "3"}) as second:
            second.conversations.get("conv_1")
        view.close()
        client.conversations.get("conv_1")
        view.conversations.get("conv_1")

    assert faults.connections_made == 1
    sent = [(each.headers.get("x-a"), each.headers.get("x-b")) for each in faults.requests]
    assert sent == [("1", None), ("3", "2"), ("1", None), ("1", "2")]


def test_a_view_changes_what_it_is_told_to_and_nothing_else(faults: FaultServer) -> None:
    faults.script(empty_answer(503), empty_answer(503), FOUND)

    with ChatRoutes(KEY, faults.base_url, retry_delay=0, retry_attempts=2) as client:
        with pytest.raises(ChatRoutesError):
            client.with_options(retry_attempts=0).conversations.get("conv_1")
        assert len(faults.requests) == 1
        assert client.with_options(timeout=None).conversations.get("conv_1")

    assert len(faults.requests) == 3


def test_changing_the_headers_that_were_given_changes_nothing(faults: FaultServer) -> None:
    faults.script(FOUND)
    headers = {"X-A": "1"}

    with ChatRoutes(KEY, faults.base_url, headers=headers) as client:
        headers["X-A"] = "2"
        client.conversations.get("conv_1")

    assert faults.requests[0].headers["x-a"] == "1"


def test_an_http_client_of_ones_own_is_used_and_never_closed(faults: FaultServer) -> None:
    faults.script(FOUND, event_stream(CHUNK, DONE), FOUND)

    with httpx.Client(headers={"X-Own": "1", "User-Agent": "own"}, trust_env=False) as own:
        with ChatRoutes(KEY, faults.base_url, http_client=own) as client:
            client.conversations.get("conv_1")
            client.messages.stream("conv_1", {"content": "Hi"}).get_final_text()
        assert not own.is_closed
        assert own.get(faults.base_url).status_code == 200

    assert [request.headers["x-own"] for request in faults.requests] == ["1"] * 3
    assert faults.requests[0].headers["authorization"] == f"ApiKey {KEY}"
    assert faults.requests[0].headers["user-agent"].startswith("chatroutes-python/")
    with pytest.raises(ChatRoutesError, match="http_client of this client was closed"):
        ChatRoutes(KEY, faults.base_url, http_client=own).conversations.get("conv_1")


async def test_an_async_http_client_of_ones_own_is_used_and_never_closed(
    faults: FaultServer,
) -> None:
    faults.script(FOUND, event_stream(CHUNK, DONE))

    async with httpx.AsyncClient(headers={"X-Own": "1"}, trust_env=False) as own:
        async with AsyncChatRoutes(KEY, faults.base_url, http_client=own) as client:
            await client.conversations.get("conv_1")
            await client.messages.stream("conv_1", {"content": "Hi"}).get_final_text()
        assert not own.is_closed

    assert [request.headers["x-own"] for request in faults.requests] == ["1"] * 2


def test_a_transport_of_ones_own_need_not_be_a_network() -> None:
    def handle(request: httpx.Request) -> httpx.Response:
        if request.url.path.endswith("/stream"):
            body = httpx.ByteStream(CHUNK + DONE)
            return httpx.Response(200, headers={"Content-Type": "text/event-stream"}, stream=body)
        return httpx.Response(200, json=CONVERSATION)

    with httpx.Client(transport=httpx.MockTransport(handle)) as own:
        client = ChatRoutes(KEY, "https://example.com", http_client=own)
        assert client.conversations.get("conv_1") == {"id": "conv_1"}
        assert client.messages.stream("conv_1", {"content": "Hi"}).get_final_text() == "Hel"


def test_a_client_that_is_dropped_unused_leaves_nothing() -> None:
    for _ in range(100):
        ChatRoutes(KEY)
        AsyncChatRoutes(KEY)
    gc.collect()


def test_a_dropped_stream_is_closed_while_another_thread_works(faults: FaultServer) -> None:
    faults.script(*[OPEN] * 5, FOUND, repeat_last=True)

    with ChatRoutes(KEY, faults.base_url) as client:
        for _ in range(5):
            next(client.messages.stream("conv_1", {"content": "Hi"}))
        with ThreadPoolExecutor(4) as threads:
            list(threads.map(lambda _: client.conversations.get("conv_1"), range(40)))
        gc.collect()

    faults.wait_until_idle()


def test_a_dropped_stream_is_collected_where_the_lock_of_its_pool_is_held(
    faults: FaultServer,
) -> None:
    faults.script(OPEN)
    client = ChatRoutes(KEY, faults.base_url)
    streams = [client.messages.stream("conv_1", {"content": "Hi"})]
    next(streams[0])
    pool: Any = client._connections.current_transport()
    lock = pool._transport._pool._optional_thread_lock

    def collect() -> None:
        with lock:
            streams.clear()

    thread = threading.Thread(target=collect, daemon=True)
    thread.start()
    thread.join(20)

    assert not thread.is_alive()
    faults.wait_until_idle()
    client.close()
