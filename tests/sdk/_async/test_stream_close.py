"""The connection of a stream or request is closed or reused, however the stream or request ends."""

from __future__ import annotations

import gc
import threading
import weakref
from typing import Any

import pytest

from chatroutes import (
    AsyncChatRoutes,
    AsyncMessageStream,
    ChatRoutesError,
    NetworkError,
    StreamChunk,
    StreamInterruptedError,
)
from tests.support.fault_responses import (
    close_connection,
    event_stream,
    reset_connection,
    stall,
    truncated_body,
)
from tests.support.fault_server import FaultServer
from tests.support.idle import wait_until_idle_async
from tests.support.payloads import (
    COMPLETE_STREAM,
    CONVERSATION_RESPONSE,
    DOCUMENTED_EVENTS,
    HELLO,
    OPEN_STREAM,
    sse_event,
    text_event,
)

from .clients import SHORT_TIMEOUT, make_client

pytestmark = pytest.mark.transport(combined=True)

STALLED = [
    event_stream(text_event("Hel"), end="stall"),
    event_stream(b"<p>", threading.Event(), content_type="text/html"),
    event_stream(b"<p>", threading.Event(), content_type="text/html", status=404),
    stall(),
]


class StopReadingError(Exception):
    """An error that a program raises while it reads a stream."""


async def read_first_chunk(client: AsyncChatRoutes) -> StreamChunk | None:
    """Return the first chunk of a stream, and abandon the stream."""
    async for chunk in client.messages.stream("conv_1", HELLO):
        return chunk
    return None


async def raise_in_with_block(stream: AsyncMessageStream) -> None:
    """Raise an error in the `with` block of a stream."""
    async with stream:
        await anext(stream)
        raise StopReadingError


async def assert_client_works(client: AsyncChatRoutes, fault_server: FaultServer) -> None:
    """Assert that the next request and the next stream succeed."""
    fault_server.script(CONVERSATION_RESPONSE, COMPLETE_STREAM)
    assert (await client.conversations.get("conv_1"))["id"] == "conv_1"
    assert await client.messages.stream("conv_1", HELLO).get_final_text() == "Hello"


async def test_leaving_the_with_block_closes_the_connection(
    fault_server: FaultServer,
) -> None:
    fault_server.script(OPEN_STREAM)

    async with make_client(fault_server) as client:
        async with client.messages.stream("conv_1", HELLO) as stream:
            await anext(stream)
        await wait_until_idle_async(fault_server)
        await assert_client_works(client, fault_server)


async def test_leaving_the_with_block_without_reading_closes_the_connection(
    fault_server: FaultServer,
) -> None:
    fault_server.script(OPEN_STREAM)

    async with make_client(fault_server) as client:
        async with client.messages.stream("conv_1", HELLO):
            pass
        await wait_until_idle_async(fault_server)
        await assert_client_works(client, fault_server)


async def test_exception_in_the_with_block_closes_the_connection(
    fault_server: FaultServer,
) -> None:
    fault_server.script(OPEN_STREAM)

    async with make_client(fault_server) as client:
        with pytest.raises(StopReadingError):
            await raise_in_with_block(client.messages.stream("conv_1", HELLO))
        await wait_until_idle_async(fault_server)
        await assert_client_works(client, fault_server)


async def test_abandoned_stream_closes_the_connection(fault_server: FaultServer) -> None:
    fault_server.script(OPEN_STREAM)

    async with make_client(fault_server) as client:
        chunk = await read_first_chunk(client)
        await wait_until_idle_async(fault_server)
        await assert_client_works(client, fault_server)

    assert chunk is not None


async def test_garbage_collection_of_a_stream_in_a_cycle_closes_the_connection(
    fault_server: FaultServer,
) -> None:
    fault_server.script(OPEN_STREAM)

    async with make_client(fault_server) as client:
        cycle: list[Any] = [client.messages.stream("conv_1", HELLO)]
        cycle.append(cycle)
        await anext(cycle[0])
        del cycle
        await wait_until_idle_async(fault_server)
        await assert_client_works(client, fault_server)


async def test_break_out_of_text_stream_closes_the_connection(
    fault_server: FaultServer,
) -> None:
    fault_server.script(OPEN_STREAM)

    async with make_client(fault_server) as client:
        async with client.messages.stream("conv_1", HELLO) as stream:
            async for _ in stream.text_stream:
                break
        await wait_until_idle_async(fault_server)
        await assert_client_works(client, fault_server)


async def test_exception_in_a_callback_closes_the_connection(
    fault_server: FaultServer,
) -> None:
    fault_server.script(OPEN_STREAM)

    def callback(chunk: StreamChunk) -> None:
        raise StopReadingError

    async with make_client(fault_server) as client:
        with pytest.raises(StopReadingError):
            await client.messages.stream("conv_1", HELLO, callback)
        await wait_until_idle_async(fault_server)
        await assert_client_works(client, fault_server)


@pytest.mark.parametrize(
    "fault",
    [
        event_stream(text_event("Hel"), b"data: {\n\n", threading.Event()),
        event_stream(text_event("Hel"), sse_event({"type": "error"}), threading.Event()),
        event_stream(text_event("Hel"), end="close"),
        event_stream(text_event("Hel"), end="reset"),
        *STALLED,
        reset_connection(),
        close_connection(),
    ],
)
async def test_client_works_after_a_failed_stream(fault_server: FaultServer, fault: Any) -> None:
    fault_server.script(fault)

    async with make_client(fault_server, retry_attempts=0) as client:
        view = client.with_options(timeout=SHORT_TIMEOUT if fault in STALLED else 20)
        with pytest.raises(ChatRoutesError):
            await view.messages.stream("conv_1", HELLO).get_final_text()
        await wait_until_idle_async(fault_server)
        await assert_client_works(client, fault_server)


@pytest.mark.parametrize(
    "fault", [truncated_body(b"{"), STALLED[-1], reset_connection(), close_connection()]
)
async def test_client_works_after_a_failed_request(fault_server: FaultServer, fault: Any) -> None:
    fault_server.script(fault)

    async with make_client(fault_server, retry_attempts=0) as client:
        view = client.with_options(timeout=SHORT_TIMEOUT if fault in STALLED else 20)
        with pytest.raises(NetworkError):
            await view.conversations.get("conv_1")
        await wait_until_idle_async(fault_server)
        await assert_client_works(client, fault_server)


async def test_requests_share_a_connection(fault_server: FaultServer) -> None:
    fault_server.script(CONVERSATION_RESPONSE, repeat_last=True)

    async with make_client(fault_server) as client:
        for _ in range(5):
            await client.conversations.get("conv_1")

    assert fault_server.connection_count == 1


async def test_stale_connection_is_replaced(
    fault_server: FaultServer,
) -> None:
    response = CONVERSATION_RESPONSE
    fault_server.script(response, close_connection(), response)

    async with make_client(fault_server) as client:
        await client.conversations.get("conv_1")
        await client.conversations.get("conv_1")

    assert len(fault_server.requests) == 3


async def test_close_interrupts_open_streams(fault_server: FaultServer) -> None:
    fault_server.script(OPEN_STREAM, OPEN_STREAM, OPEN_STREAM)
    client = make_client(fault_server)
    streams = [client.messages.stream("conv_1", HELLO) for _ in range(3)]
    for stream in streams:
        await anext(stream)

    await client.close()

    await wait_until_idle_async(fault_server)
    for stream in streams:
        with pytest.raises(StreamInterruptedError) as caught:
            await anext(stream)
        assert caught.value.partial_content == "Hel"
    await streams[0].close()


async def test_stream_can_be_read_after_its_client_is_dropped(
    fault_server: FaultServer,
) -> None:
    fault_server.script(COMPLETE_STREAM)
    client = make_client(fault_server)
    stream = client.messages.stream("conv_1", HELLO)
    view = client.with_options(timeout=5)
    connections = [client]
    del client

    assert await stream.get_final_text() == "Hello"

    del stream, view
    await connections.pop().close()
    await wait_until_idle_async(fault_server)


async def test_closed_client_raises(fault_server: FaultServer) -> None:
    client = make_client(fault_server)
    view = client.with_options(timeout=5)
    await client.close()
    await client.close()

    for each in [client, view]:
        with pytest.raises(ChatRoutesError, match="was closed"):
            await each.conversations.get("conv_1")
        with pytest.raises(ChatRoutesError, match="was closed"):
            await each.messages.stream("conv_1", HELLO).get_final_text()

    assert fault_server.requests == []


class LocalObject:
    """An object in a local variable of the program."""


@pytest.mark.parametrize(
    "response", [COMPLETE_STREAM, event_stream(*DOCUMENTED_EVENTS, end="stall")]
)
async def test_complete_stream_leaves_no_reference_cycle(
    fault_server: FaultServer, response: Any
) -> None:
    fault_server.script(response)

    async def read_stream(client: AsyncChatRoutes) -> weakref.ref[LocalObject]:
        local_object = LocalObject()
        assert await client.messages.stream("conv_1", HELLO).get_final_text() == "Hello"
        return weakref.ref(local_object)

    async with make_client(fault_server) as client:
        gc.disable()
        try:
            survivor = (await read_stream(client))()
        finally:
            gc.enable()

    assert survivor is None
