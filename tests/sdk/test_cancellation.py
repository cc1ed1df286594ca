"""A task that is cancelled lets go of its connection, whatever it was waiting for."""

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
from tests.support.gc_fixture import freeze_existing_objects as freeze_existing_objects
from tests.support.idle import wait_until_idle_async
from tests.support.payloads import API_KEY, CONVERSATION_RESPONSE, OPEN_STREAM


class AtWarning(logging.Handler):
    """Calls a function at the first warning, which tells of a retry."""

    def __init__(self, call: Callable[[], object]) -> None:
        super().__init__(logging.WARNING)
        self.call = call

    def emit(self, record: logging.LogRecord) -> None:
        self.call()


async def get(client: AsyncChatRoutes) -> object:
    return await client.conversations.get("conv_1")


async def stream(client: AsyncChatRoutes) -> object:
    return await client.messages.stream("conv_1", {"content": "Hi"}).get_final_text()


async def stream_inside_a_with(client: AsyncChatRoutes) -> object:
    async with client.messages.stream("conv_1", {"content": "Hi"}) as reply:
        return [chunk async for chunk in reply]


async def stream_to_callbacks(client: AsyncChatRoutes) -> object:
    return await client.messages.stream("conv_1", {"content": "Hi"}, lambda chunk: None)


STAGES: list[Any] = [
    pytest.param(call, answer, id=f"{call.__name__}-{name}")
    for name, answer, calls in [
        ("headers", stall(), [get, stream_inside_a_with]),
        ("body", event_stream(b"x", end="stall", content_type="application/json"), [get, stream]),
        ("mid-stream", OPEN_STREAM, [stream, stream_inside_a_with, stream_to_callbacks]),
        ("retry", empty_response(503), [get, stream_inside_a_with]),
        ("retry of a stream", event_stream(b": hello\n\n"), [stream]),
    ]
    for call in calls
]


@pytest.mark.parametrize(("call", "answer"), STAGES)
async def test_a_cancelled_task_lets_go_of_its_connection_at_every_stage(
    fault_server: FaultServer,
    call: Callable[[AsyncChatRoutes], Awaitable[object]],
    answer: ScriptedResponse,
) -> None:
    async with AsyncChatRoutes(API_KEY, fault_server.base_url, retry_delay=30) as client:
        await cancel_when_it_waits(fault_server, functools.partial(call, client), answer)
        if answer not in RETRIED:
            await wait_until_idle_async(fault_server)

        fault_server.script(CONVERSATION_RESPONSE)
        await client.conversations.get("conv_1")

    await wait_until_idle_async(fault_server)


async def cancel_when_it_waits(
    fault_server: FaultServer, call: Callable[[], Awaitable[object]], answer: ScriptedResponse
) -> None:
    """Run a call, and cancel it when it has sent its request or waits to send it again."""
    fault_server.script(answer)
    async with anyio.create_task_group() as tasks:
        waits = anyio.Event()
        handler = AtWarning(waits.set)
        logging.getLogger("chatroutes").addHandler(handler)
        tasks.start_soon(call)
        await anyio.to_thread.run_sync(fault_server.wait_for_requests, 1)
        if answer in RETRIED:
            await waits.wait()
        logging.getLogger("chatroutes").removeHandler(handler)
        tasks.cancel_scope.cancel()


RETRIED = [stage.values[1] for stage in STAGES if "retry" in str(stage.id)]


@pytest.mark.parametrize(("call", "answer"), STAGES)
def test_a_cancelled_asyncio_task_lets_go_of_its_connection_at_every_stage(
    fault_server: FaultServer,
    call: Callable[[AsyncChatRoutes], Awaitable[object]],
    answer: ScriptedResponse,
) -> None:
    fault_server.script(answer)

    async def main() -> None:
        async with AsyncChatRoutes(API_KEY, fault_server.base_url, retry_delay=30) as client:
            waits = asyncio.Event()
            handler = AtWarning(waits.set)
            logging.getLogger("chatroutes").addHandler(handler)
            task = asyncio.ensure_future(call(client))
            await asyncio.to_thread(fault_server.wait_for_requests, 1)
            if answer in RETRIED:
                await waits.wait()
            logging.getLogger("chatroutes").removeHandler(handler)
            task.cancel()
            with pytest.raises(asyncio.CancelledError):
                await task
            fault_server.script(CONVERSATION_RESPONSE)
            await client.conversations.get("conv_1")

    asyncio.run(main(), debug=True)
    fault_server.wait_until_idle()
    gc.collect()


async def test_a_reader_that_gives_up_waiting_may_leave_the_stream(
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
