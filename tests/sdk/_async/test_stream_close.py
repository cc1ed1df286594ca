"""Whatever ends a stream or a call, its connection is closed or free for the next one."""

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
    CONVERSATION,
    DOCUMENTED_EVENTS,
    HELLO,
    sse_event,
    success_response,
    text_event,
)

from .clients import SHORT_TIMEOUT, make_client

SILENT = [
    event_stream(text_event("Hel"), end="stall"),
    event_stream(b"<p>", threading.Event(), content_type="text/html"),
    event_stream(b"<p>", threading.Event(), content_type="text/html", status=404),
    stall(),
]
OPEN_STREAM = event_stream(text_event("Hel"), threading.Event())


class StopReadingError(Exception):
    """What a program may raise while it reads."""


async def read_one(client: AsyncChatRoutes) -> StreamChunk | None:
    """Break out of a stream after its first chunk, and drop it."""
    async for chunk in client.messages.stream("conv_1", HELLO):
        return chunk
    return None


async def raise_inside(stream: AsyncMessageStream) -> None:
    """Raise while a stream is read."""
    async with stream:
        await anext(stream)
        raise StopReadingError


async def works(client: AsyncChatRoutes, fault_server: FaultServer) -> None:
    """See that the next call goes well."""
    fault_server.script(success_response({"conversation": CONVERSATION}), COMPLETE_STREAM)
    assert (await client.conversations.get("conv_1"))["id"] == "conv_1"
    assert await client.messages.stream("conv_1", HELLO).get_final_text() == "Hello"


async def test_leaving_a_with_in_mid_stream_closes_its_connection(
    fault_server: FaultServer,
) -> None:
    fault_server.script(OPEN_STREAM)

    async with make_client(fault_server) as client:
        async with client.messages.stream("conv_1", HELLO) as stream:
            await anext(stream)
        await wait_until_idle_async(fault_server)
        await works(client, fault_server)


async def test_leaving_a_with_unread_closes_its_connection(fault_server: FaultServer) -> None:
    fault_server.script(OPEN_STREAM)

    async with make_client(fault_server) as client:
        async with client.messages.stream("conv_1", HELLO):
            pass
        await wait_until_idle_async(fault_server)
        await works(client, fault_server)


async def test_an_exception_inside_the_with_passes_and_closes_its_connection(
    fault_server: FaultServer,
) -> None:
    fault_server.script(OPEN_STREAM)

    async with make_client(fault_server) as client:
        with pytest.raises(StopReadingError):
            await raise_inside(client.messages.stream("conv_1", HELLO))
        await wait_until_idle_async(fault_server)
        await works(client, fault_server)


async def test_a_stream_that_is_dropped_closes_its_connection(fault_server: FaultServer) -> None:
    fault_server.script(OPEN_STREAM)

    async with make_client(fault_server) as client:
        chunk = await read_one(client)
        await wait_until_idle_async(fault_server)
        await works(client, fault_server)

    assert chunk is not None


async def test_a_stream_in_a_cycle_closes_its_connection_when_collected(
    fault_server: FaultServer,
) -> None:
    fault_server.script(OPEN_STREAM)

    async with make_client(fault_server) as client:
        cycle: list[Any] = [client.messages.stream("conv_1", HELLO)]
        cycle.append(cycle)
        await anext(cycle[0])
        del cycle
        await wait_until_idle_async(fault_server)
        await works(client, fault_server)


async def test_breaking_out_of_the_text_inside_a_with_closes_its_connection(
    fault_server: FaultServer,
) -> None:
    fault_server.script(OPEN_STREAM)

    async with make_client(fault_server) as client:
        async with client.messages.stream("conv_1", HELLO) as stream:
            async for _ in stream.text_stream:
                break
        await wait_until_idle_async(fault_server)
        await works(client, fault_server)


async def test_an_exception_of_a_callback_passes_and_closes_its_connection(
    fault_server: FaultServer,
) -> None:
    fault_server.script(OPEN_STREAM)

    def callback(chunk: StreamChunk) -> None:
        raise StopReadingError

    async with make_client(fault_server) as client:
        with pytest.raises(StopReadingError):
            await client.messages.stream("conv_1", HELLO, callback)
        await wait_until_idle_async(fault_server)
        await works(client, fault_server)


@pytest.mark.parametrize(
    "fault",
    [
        event_stream(text_event("Hel"), b"data: {\n\n", threading.Event()),
        event_stream(text_event("Hel"), sse_event({"type": "error"}), threading.Event()),
        event_stream(text_event("Hel"), end="close"),
        event_stream(text_event("Hel"), end="reset"),
        *SILENT,
        reset_connection(),
        close_connection(),
    ],
)
async def test_after_a_stream_that_failed_the_next_call_works(
    fault_server: FaultServer, fault: Any
) -> None:
    fault_server.script(fault)

    async with make_client(fault_server, retry_attempts=0) as client:
        view = client.with_options(timeout=SHORT_TIMEOUT if fault in SILENT else 20)
        with pytest.raises(ChatRoutesError):
            await view.messages.stream("conv_1", HELLO).get_final_text()
        await wait_until_idle_async(fault_server)
        await works(client, fault_server)


@pytest.mark.parametrize(
    "fault", [truncated_body(b"{"), SILENT[-1], reset_connection(), close_connection()]
)
async def test_after_a_call_that_failed_the_next_one_works(
    fault_server: FaultServer, fault: Any
) -> None:
    fault_server.script(fault)

    async with make_client(fault_server, retry_attempts=0) as client:
        view = client.with_options(timeout=SHORT_TIMEOUT if fault in SILENT else 20)
        with pytest.raises(NetworkError):
            await view.conversations.get("conv_1")
        await wait_until_idle_async(fault_server)
        await works(client, fault_server)


async def test_calls_and_whole_streams_share_a_connection(fault_server: FaultServer) -> None:
    fault_server.script(success_response({"conversation": CONVERSATION}), repeat_last=True)

    async with make_client(fault_server) as client:
        for _ in range(5):
            await client.conversations.get("conv_1")

    assert fault_server.connection_count == 1


async def test_a_connection_that_the_server_closed_meanwhile_costs_no_error(
    fault_server: FaultServer,
) -> None:
    answer = success_response({"conversation": CONVERSATION})
    fault_server.script(answer, close_connection(), answer)

    async with make_client(fault_server) as client:
        await client.conversations.get("conv_1")
        await client.conversations.get("conv_1")

    assert len(fault_server.requests) == 3


async def test_closing_the_client_ends_its_open_streams(fault_server: FaultServer) -> None:
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


async def test_a_stream_may_outlive_the_client_that_it_comes_from(
    fault_server: FaultServer,
) -> None:
    fault_server.script(COMPLETE_STREAM)
    client = make_client(fault_server)
    stream = client.messages.stream("conv_1", HELLO)
    owner = client.with_options(timeout=5)
    connections = [client]
    del client

    assert await stream.get_final_text() == "Hello"

    del stream, owner
    await connections.pop().close()
    await wait_until_idle_async(fault_server)


async def test_a_call_on_a_client_that_was_closed_is_refused(fault_server: FaultServer) -> None:
    client = make_client(fault_server)
    view = client.with_options(timeout=5)
    await client.close()
    await client.close()

    for each in [client, view]:
        with pytest.raises(ChatRoutesError, match="was closed"):
            await each.conversations.get("conv_1")

    assert fault_server.requests == []


class Bystander:
    """What a program holds in a variable."""


@pytest.mark.parametrize("answer", [COMPLETE_STREAM, event_stream(*DOCUMENTED_EVENTS, end="stall")])
async def test_what_went_well_leaves_nothing_for_the_garbage_collector(
    fault_server: FaultServer, answer: Any
) -> None:
    fault_server.script(answer)

    async def use(client: AsyncChatRoutes) -> weakref.ref[Bystander]:
        bystander = Bystander()
        assert await client.messages.stream("conv_1", HELLO).get_final_text() == "Hello"
        return weakref.ref(bystander)

    async with make_client(fault_server) as client:
        gc.disable()
        try:
            left = (await use(client))()
        finally:
            gc.enable()

    assert left is None
