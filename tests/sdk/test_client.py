"""Async callbacks, `with_options`, `http_client`, and abandoned clients and streams."""

from __future__ import annotations

import gc
import threading
from concurrent.futures import ThreadPoolExecutor

import anyio
import httpx
import pytest

from chatroutes import AsyncChatRoutes, ChatRoutes, ChatRoutesError, StreamChunk, ValidationError
from tests.support.fault_responses import empty_response, event_stream
from tests.support.fault_server import FaultServer
from tests.support.idle import wait_until_idle_async
from tests.support.payloads import (
    API_KEY,
    CONVERSATION,
    CONVERSATION_ENVELOPE,
    CONVERSATION_RESPONSE,
    DONE_EVENT,
    OPEN_STREAM,
    TEXT_EVENT,
)

pytestmark = pytest.mark.transport


async def test_async_callbacks_are_awaited_in_order(fault_server: FaultServer) -> None:
    fault_server.script(event_stream(TEXT_EVENT, TEXT_EVENT, DONE_EVENT))
    calls: list[str] = []

    async def on_chunk(chunk: StreamChunk) -> None:
        calls.append("chunk started")
        await anyio.sleep(0)
        calls.append("chunk finished")

    async def on_complete(response: object) -> None:
        await anyio.sleep(0)
        calls.append("complete")

    async with AsyncChatRoutes(API_KEY, fault_server.base_url) as client:
        await client.messages.stream("conv_1", {"content": "Hi"}, on_chunk, on_complete)

    assert calls == ["chunk started", "chunk finished"] * 2 + ["complete"]


async def test_exception_in_an_async_callback_closes_the_connection(
    fault_server: FaultServer,
) -> None:
    fault_server.script(OPEN_STREAM)

    async def on_chunk(chunk: StreamChunk) -> None:
        raise LookupError("from the callback")

    async with AsyncChatRoutes(API_KEY, fault_server.base_url) as client:
        with pytest.raises(LookupError, match="from the callback"):
            await client.messages.stream("conv_1", {"content": "Hi"}, on_chunk)
        await wait_until_idle_async(fault_server)


def test_sync_client_rejects_async_callbacks(fault_server: FaultServer) -> None:
    async def callback(value: object) -> None: ...

    with ChatRoutes(API_KEY, fault_server.base_url) as client:
        with pytest.raises(ValidationError, match="on_chunk is an async function"):
            client.messages.stream("conv_1", {"content": "Hi"}, callback)
        with pytest.raises(ValidationError, match="on_complete is an async function"):
            client.messages.stream("conv_1", {"content": "Hi"}, on_complete=callback)

    assert fault_server.requests == []


def test_with_options_shares_connections_and_close_does_not_close_them(
    fault_server: FaultServer,
) -> None:
    fault_server.script(CONVERSATION_RESPONSE, repeat_last=True)

    with ChatRoutes(API_KEY, fault_server.base_url, headers={"X-A": "1"}) as client:
        view = client.with_options(headers={"X-B": "2"})
        client.conversations.get("conv_1")
        with view.with_options(headers={"X-A": "3"}) as second:
            second.conversations.get("conv_1")
        view.close()
        client.conversations.get("conv_1")
        view.conversations.get("conv_1")

    assert fault_server.connection_count == 1
    headers = [(each.headers.get("x-a"), each.headers.get("x-b")) for each in fault_server.requests]
    assert headers == [("1", None), ("3", "2"), ("1", None), ("1", "2")]


def test_with_options_changes_only_the_given_options(fault_server: FaultServer) -> None:
    fault_server.script(empty_response(503), empty_response(503), CONVERSATION_RESPONSE)

    with ChatRoutes(API_KEY, fault_server.base_url, retry_delay=0, retry_attempts=2) as client:
        with pytest.raises(ChatRoutesError):
            client.with_options(retry_attempts=0).conversations.get("conv_1")
        assert len(fault_server.requests) == 1
        assert client.with_options(timeout=None).conversations.get("conv_1")

    assert len(fault_server.requests) == 3


def test_headers_are_copied(fault_server: FaultServer) -> None:
    fault_server.script(CONVERSATION_RESPONSE)
    headers = {"X-A": "1"}

    with ChatRoutes(API_KEY, fault_server.base_url, headers=headers) as client:
        headers["X-A"] = "2"
        client.conversations.get("conv_1")

    assert fault_server.requests[0].headers["x-a"] == "1"


def test_http_client_is_used_and_not_closed(fault_server: FaultServer) -> None:
    fault_server.script(
        CONVERSATION_RESPONSE, event_stream(TEXT_EVENT, DONE_EVENT), CONVERSATION_RESPONSE
    )

    with httpx.Client(headers={"X-Own": "1", "User-Agent": "own"}, trust_env=False) as http_client:
        with ChatRoutes(API_KEY, fault_server.base_url, http_client=http_client) as client:
            client.conversations.get("conv_1")
            client.messages.stream("conv_1", {"content": "Hi"}).get_final_text()
        assert not http_client.is_closed
        assert http_client.get(fault_server.base_url).status_code == 200

    assert [request.headers["x-own"] for request in fault_server.requests] == ["1"] * 3
    assert fault_server.requests[0].headers["authorization"] == f"ApiKey {API_KEY}"
    assert fault_server.requests[0].headers["user-agent"].startswith("chatroutes-python/")
    with pytest.raises(ChatRoutesError, match="http_client of this client was closed"):
        ChatRoutes(API_KEY, fault_server.base_url, http_client=http_client).conversations.get(
            "conv_1"
        )


async def test_async_http_client_is_used_and_not_closed(
    fault_server: FaultServer,
) -> None:
    fault_server.script(CONVERSATION_RESPONSE, event_stream(TEXT_EVENT, DONE_EVENT))

    async with httpx.AsyncClient(headers={"X-Own": "1"}, trust_env=False) as http_client:
        async with AsyncChatRoutes(
            API_KEY, fault_server.base_url, http_client=http_client
        ) as client:
            await client.conversations.get("conv_1")
            await client.messages.stream("conv_1", {"content": "Hi"}).get_final_text()
        assert not http_client.is_closed

    assert [request.headers["x-own"] for request in fault_server.requests] == ["1"] * 2


def test_http_client_can_have_a_mock_transport() -> None:
    def handle(request: httpx.Request) -> httpx.Response:
        if request.url.path.endswith("/stream"):
            body = httpx.ByteStream(TEXT_EVENT + DONE_EVENT)
            return httpx.Response(200, headers={"Content-Type": "text/event-stream"}, stream=body)
        return httpx.Response(200, json=CONVERSATION_ENVELOPE)

    with httpx.Client(transport=httpx.MockTransport(handle)) as http_client:
        client = ChatRoutes(API_KEY, "https://example.com", http_client=http_client)
        assert client.conversations.get("conv_1") == CONVERSATION
        assert client.messages.stream("conv_1", {"content": "Hi"}).get_final_text() == "Hel"


def test_unused_clients_can_be_abandoned() -> None:
    for _ in range(100):
        ChatRoutes(API_KEY)
        AsyncChatRoutes(API_KEY)
    gc.collect()


def test_abandoned_stream_is_closed_while_other_threads_send_requests(
    fault_server: FaultServer,
) -> None:
    fault_server.script(*[OPEN_STREAM] * 5, CONVERSATION_RESPONSE, repeat_last=True)

    with ChatRoutes(API_KEY, fault_server.base_url) as client:
        for _ in range(5):
            next(client.messages.stream("conv_1", {"content": "Hi"}))
        with ThreadPoolExecutor(4) as threads:
            list(threads.map(lambda _: client.conversations.get("conv_1"), range(40)))
        gc.collect()

    fault_server.wait_until_idle()


def test_stream_can_be_abandoned_in_another_thread(
    fault_server: FaultServer,
) -> None:
    fault_server.script(OPEN_STREAM)
    client = ChatRoutes(API_KEY, fault_server.base_url)
    streams = [client.messages.stream("conv_1", {"content": "Hi"})]
    next(streams[0])

    thread = threading.Thread(target=streams.clear, daemon=True)
    thread.start()
    thread.join(20)

    assert not thread.is_alive()
    fault_server.wait_until_idle()
    client.close()
