"""Cancellation closes the connection at every stage of a request."""

from __future__ import annotations

import asyncio
import functools
import gc
import logging
from collections.abc import Awaitable, Callable
from typing import Any

import anyio
import anyio.to_thread
import pytest

from chatroutes import AsyncChatRoutes
from tests.support.fault_responses import ScriptedResponse, empty_response, event_stream, stall
from tests.support.fault_server import FaultServer
from tests.support.idle import wait_until_idle_async
from tests.support.payloads import API_KEY, CONVERSATION_RESPONSE, OPEN_STREAM

pytestmark = pytest.mark.transport(combined=True)


class CallOnWarning(logging.Handler):
    """Call a function when a warning is logged, as the client does before a retry."""

    def __init__(self, call: Callable[[], object]) -> None:
        super().__init__(logging.WARNING)
        self.call = call

    def emit(self, record: logging.LogRecord) -> None:
        self.call()


async def get_conversation(client: AsyncChatRoutes) -> object:
    return await client.conversations.get("conv_1")


async def read_stream(client: AsyncChatRoutes) -> object:
    return await client.messages.stream("conv_1", {"content": "Hi"}).get_final_text()


async def read_stream_in_with_block(client: AsyncChatRoutes) -> object:
    async with client.messages.stream("conv_1", {"content": "Hi"}) as reply:
        return [chunk async for chunk in reply]


async def stream_to_callback(client: AsyncChatRoutes) -> object:
    return await client.messages.stream("conv_1", {"content": "Hi"}, lambda chunk: None)


STAGES: list[Any] = [
    pytest.param(call, response, id=f"{call.__name__}-{name}")
    for name, response, calls in [
        ("headers", stall(), [get_conversation, read_stream_in_with_block]),
        (
            "body",
            event_stream(b"x", end="stall", content_type="application/json"),
            [get_conversation, read_stream],
        ),
        ("mid-stream", OPEN_STREAM, [read_stream, read_stream_in_with_block, stream_to_callback]),
        ("retry", empty_response(503), [get_conversation, read_stream_in_with_block]),
        ("retry of a stream", event_stream(b": hello\n\n"), [read_stream]),
    ]
    for call in calls
]


@pytest.mark.parametrize(("call", "response"), STAGES)
async def test_cancellation_closes_the_connection(
    fault_server: FaultServer,
    call: Callable[[AsyncChatRoutes], Awaitable[object]],
    response: ScriptedResponse,
) -> None:
    async with AsyncChatRoutes(API_KEY, fault_server.base_url, retry_delay=30) as client:
        await cancel_when_waiting(fault_server, functools.partial(call, client), response)
        if response not in RETRIED_RESPONSES:
            await wait_until_idle_async(fault_server)

        fault_server.script(CONVERSATION_RESPONSE)
        await client.conversations.get("conv_1")

    await wait_until_idle_async(fault_server)


async def cancel_when_waiting(
    fault_server: FaultServer, call: Callable[[], Awaitable[object]], response: ScriptedResponse
) -> None:
    """Start a call, and cancel it after its request arrived or while it waits before a retry."""
    fault_server.script(response)
    async with anyio.create_task_group() as tasks:
        waiting = anyio.Event()
        handler = CallOnWarning(waiting.set)
        logging.getLogger("chatroutes").addHandler(handler)
        tasks.start_soon(call)
        await anyio.to_thread.run_sync(fault_server.wait_for_requests, 1)
        if response in RETRIED_RESPONSES:
            await waiting.wait()
        logging.getLogger("chatroutes").removeHandler(handler)
        tasks.cancel_scope.cancel()


RETRIED_RESPONSES = [stage.values[1] for stage in STAGES if "retry" in str(stage.id)]


@pytest.mark.parametrize(("call", "response"), STAGES)
def test_asyncio_task_cancellation_closes_the_connection(
    fault_server: FaultServer,
    call: Callable[[AsyncChatRoutes], Awaitable[object]],
    response: ScriptedResponse,
) -> None:
    fault_server.script(response)

    async def main() -> None:
        async with AsyncChatRoutes(API_KEY, fault_server.base_url, retry_delay=30) as client:
            waiting = asyncio.Event()
            handler = CallOnWarning(waiting.set)
            logging.getLogger("chatroutes").addHandler(handler)
            task = asyncio.ensure_future(call(client))
            await asyncio.to_thread(fault_server.wait_for_requests, 1)
            if response in RETRIED_RESPONSES:
                await waiting.wait()
            logging.getLogger("chatroutes").removeHandler(handler)
            task.cancel()
            with pytest.raises(asyncio.CancelledError):
                await task
            fault_server.script(CONVERSATION_RESPONSE)
            await client.conversations.get("conv_1")

    asyncio.run(main(), debug=True)
    fault_server.wait_until_idle()
    gc.collect()


async def test_stream_can_be_left_after_a_cancelled_read(
    fault_server: FaultServer,
) -> None:
    fault_server.script(OPEN_STREAM)

    async with AsyncChatRoutes(API_KEY, fault_server.base_url) as client:
        async with client.messages.stream("conv_1", {"content": "Hi"}) as reply:
            await anext(reply)
            with anyio.move_on_after(0.05) as scope:
                await anext(reply)
        await wait_until_idle_async(fault_server)

    assert scope.cancelled_caught
