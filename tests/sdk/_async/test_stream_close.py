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
from tests.support.fault_server import FaultServer, cut_body, event_stream, hang_up, reset, stall
from tests.support.idle import wait_until_idle_async
from tests.support.payloads import CONVERSATION, DOCUMENTED, HELLO, WHOLE, event, piece, success

from .clients import BRIEF, client_of

SILENT = [
    event_stream(piece("Hel"), end="stall"),
    event_stream(b"<p>", threading.Event(), content_type="text/html"),
    event_stream(b"<p>", threading.Event(), content_type="text/html", status=404),
    stall(),
]
OPEN = event_stream(piece("Hel"), threading.Event())


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


async def works(client: AsyncChatRoutes, faults: FaultServer) -> None:
    """See that the next call goes well."""
    faults.script(success({"conversation": CONVERSATION}), WHOLE)
    assert (await client.conversations.get("conv_1"))["id"] == "conv_1"
    assert await client.messages.stream("conv_1", HELLO).get_final_text() == "Hello"


async def test_leaving_a_with_in_mid_stream_closes_its_connection(faults: FaultServer) -> None:
    faults.script(OPEN)

    async with client_of(faults) as client:
        async with client.messages.stream("conv_1", HELLO) as stream:
            await anext(stream)
        await wait_until_idle_async(faults)
        await works(client, faults)


async def test_leaving_a_with_unread_closes_its_connection(faults: FaultServer) -> None:
    faults.script(OPEN)

    async with client_of(faults) as client:
        async with client.messages.stream("conv_1", HELLO):
            pass
        await wait_until_idle_async(faults)
        await works(client, faults)


async def test_an_exception_inside_the_with_passes_and_closes_its_connection(
    faults: FaultServer,
) -> None:
    faults.script(OPEN)

    async with client_of(faults) as client:
        with pytest.raises(StopReadingError):
            await raise_inside(client.messages.stream("conv_1", HELLO))
        await wait_until_idle_async(faults)
        await works(client, faults)


async def test_a_stream_that_is_dropped_closes_its_connection(faults: FaultServer) -> None:
    faults.script(OPEN)

    async with client_of(faults) as client:
        chunk = await read_one(client)
        await wait_until_idle_async(faults)
        await works(client, faults)

    assert chunk is not None


async def test_a_stream_in_a_cycle_closes_its_connection_when_collected(
    faults: FaultServer,
) -> None:
    faults.script(OPEN)

    async with client_of(faults) as client:
        cycle: list[Any] = [client.messages.stream("conv_1", HELLO)]
        cycle.append(cycle)
        await anext(cycle[0])
        del cycle
        await wait_until_idle_async(faults)
        await works(client, faults)


async def test_breaking_out_of_the_text_inside_a_with_closes_its_connection(
    faults: FaultServer,
) -> None:
    faults.script(OPEN)

    async with client_of(faults) as client:
        async with client.messages.stream("conv_1", HELLO) as stream:
            async for _ in stream.text_stream:
                break
        await wait_until_idle_async(faults)
        await works(client, faults)


async def test_an_exception_of_a_callback_passes_and_closes_its_connection(
    faults: FaultServer,
) -> None:
    faults.script(OPEN)

    def callback(chunk: StreamChunk) -> None:
        raise StopReadingError

    async with client_of(faults) as client:
        with pytest.raises(StopReadingError):
            await client.messages.stream("conv_1", HELLO, callback)
        await wait_until_idle_async(faults)
        await works(client, faults)


@pytest.mark.parametrize(
    "fault",
    [
        event_stream(piece("Hel"), b"data: {\n\n", threading.Event()),
        event_stream(piece("Hel"), event({"type": "error"}), threading.Event()),
        event_stream(piece("Hel"), end="close"),
        event_stream(piece("Hel"), end="reset"),
        *SILENT,
        reset(),
        hang_up(),
    ],
)
async def test_after_a_stream_that_failed_the_next_call_works(
    faults: FaultServer, fault: Any
) -> None:
    faults.script(fault)

    async with client_of(faults, retry_attempts=0) as client:
        view = client.with_options(timeout=BRIEF if fault in SILENT else 20)
        with pytest.raises(ChatRoutesError):
            await view.messages.stream("conv_1", HELLO).get_final_text()
        await wait_until_idle_async(faults)
        await works(client, faults)


@pytest.mark.parametrize("fault", [cut_body(b"{"), SILENT[-1], reset(), hang_up()])
async def test_after_a_call_that_failed_the_next_one_works(faults: FaultServer, fault: Any) -> None:
    faults.script(fault)

    async with client_of(faults, retry_attempts=0) as client:
        view = client.with_options(timeout=BRIEF if fault in SILENT else 20)
        with pytest.raises(NetworkError):
            await view.conversations.get("conv_1")
        await wait_until_idle_async(faults)
        await works(client, faults)


async def test_calls_and_whole_streams_share_a_connection(faults: FaultServer) -> None:
    faults.script(success({"conversation": CONVERSATION}), repeat_last=True)

    async with client_of(faults) as client:
        for _ in range(5):
            await client.conversations.get("conv_1")

    assert faults.connections_made == 1


async def test_a_connection_that_the_server_closed_meanwhile_costs_no_error(
    faults: FaultServer,
) -> None:
    answer = success({"conversation": CONVERSATION})
    faults.script(answer, hang_up(), answer)

    async with client_of(faults) as client:
        await client.conversations.get("conv_1")
        await client.conversations.get("conv_1")

    assert len(faults.requests) == 3


async def test_closing_the_client_ends_its_open_streams(faults: FaultServer) -> None:
    faults.script(OPEN, OPEN, OPEN)
    client = client_of(faults)
    streams = [client.messages.stream("conv_1", HELLO) for _ in range(3)]
    for stream in streams:
        await anext(stream)

    await client.close()

    await wait_until_idle_async(faults)
    for stream in streams:
        with pytest.raises(StreamInterruptedError) as caught:
            await anext(stream)
        assert caught.value.partial_content == "Hel"
    await streams[0].close()


async def test_a_stream_may_outlive_the_client_that_it_comes_from(faults: FaultServer) -> None:
    faults.script(WHOLE)
    client = client_of(faults)
    stream = client.messages.stream("conv_1", HELLO)
    owner = client.with_options(timeout=5)
    connections = [client]
    del client

    assert await stream.get_final_text() == "Hello"

    del stream, owner
    await connections.pop().close()
    await wait_until_idle_async(faults)


async def test_a_call_on_a_client_that_was_closed_is_refused(faults: FaultServer) -> None:
    client = client_of(faults)
    view = client.with_options(timeout=5)
    await client.close()
    await client.close()

    for each in [client, view]:
        with pytest.raises(ChatRoutesError, match="was closed"):
            await each.conversations.get("conv_1")

    assert faults.requests == []


class Bystander:
    """What a program holds in a variable."""


@pytest.mark.parametrize("answer", [WHOLE, event_stream(*DOCUMENTED, end="stall")])
async def test_what_went_well_leaves_nothing_for_the_garbage_collector(
    faults: FaultServer, answer: Any
) -> None:
    faults.script(answer)

    async def use(client: AsyncChatRoutes) -> weakref.ref[Bystander]:
        bystander = Bystander()
        assert await client.messages.stream("conv_1", HELLO).get_final_text() == "Hello"
        return weakref.ref(bystander)

    async with client_of(faults) as client:
        gc.disable()
        try:
            left = (await use(client))()
        finally:
            gc.enable()

    assert left is None
