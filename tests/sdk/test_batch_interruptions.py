"""Ctrl-C, cancellation and dropping a batch end its threads, tasks and connections."""

from __future__ import annotations

import asyncio
import gc
import itertools
import signal
import sys
import threading
from collections.abc import AsyncIterator
from contextlib import nullcontext

import anyio
import anyio.to_thread
import pytest

from chatroutes import AsyncChatRoutes, ChatRoutes, ChatRoutesError, ValidationError
from tests.support.fault_responses import ScriptedResponse, empty_response, event_stream, stall
from tests.support.fault_server import FaultServer
from tests.support.idle import wait_until_idle_async
from tests.support.payloads import API_KEY, COMPLETE_STREAM, DONE_EVENT, OPEN_STREAM, text_event

CONCURRENCY = 3


def batch_threads() -> list[str]:
    names = [thread.name for thread in threading.enumerate() if thread.is_alive()]
    return [name for name in names if name.startswith("chatroutes-worker")]


def in_one_conversation(_item: object) -> str:
    return "conv_1"


@pytest.mark.skipif(sys.platform == "win32", reason="Windows has no pthread_kill")
@pytest.mark.parametrize("in_block", [True, False], ids=["block", "loop"])
@pytest.mark.parametrize(
    ("response", "sent"),
    [
        (stall(), CONCURRENCY),
        (OPEN_STREAM, CONCURRENCY),
        (empty_response(429, {"Retry-After": "3000"}), 1),
        (empty_response(503, {"Retry-After": "50"}), CONCURRENCY),
    ],
    ids=["headers", "mid-stream", "rate limit", "retry"],
)
@pytest.mark.transport
def test_ctrl_c_leaves_no_thread(
    fault_server: FaultServer, response: ScriptedResponse, sent: int, in_block: bool
) -> None:
    fault_server.script(response, repeat_last=True)
    main = threading.main_thread().ident
    assert main is not None

    def interrupt() -> None:
        fault_server.wait_for_requests(sent)
        signal.pthread_kill(main, signal.SIGINT)

    presser = threading.Thread(target=interrupt, daemon=True)
    with ChatRoutes(API_KEY, fault_server.base_url, timeout=None) as client:
        batch = client.map(
            itertools.count(),
            message=str,
            conversation_id=in_one_conversation,
            max_concurrency=CONCURRENCY,
        )
        presser.start()
        with pytest.raises(KeyboardInterrupt), batch if in_block else nullcontext():
            next(batch)
        presser.join()
        assert batch_threads() == []
        assert list(batch) == []

    fault_server.wait_until_idle()
    assert len(fault_server.requests) <= CONCURRENCY


def test_loop_that_is_left_ends_the_threads(fault_server: FaultServer) -> None:
    fault_server.script(COMPLETE_STREAM, OPEN_STREAM, repeat_last=True)

    with ChatRoutes(API_KEY, fault_server.base_url, timeout=None) as client:
        for _ in client.map(itertools.count(), message=str, conversation_id=in_one_conversation):
            break
        gc.collect()
        fault_server.wait_until_idle(remaining=1)  # the one that is kept


def test_close_by_another_thread_ends_the_iteration(fault_server: FaultServer) -> None:
    fault_server.script(OPEN_STREAM, repeat_last=True)

    with ChatRoutes(API_KEY, fault_server.base_url, timeout=None) as client:
        batch = client.map(["a", "b"], conversation_id=in_one_conversation)

        def close() -> None:
            fault_server.wait_for_requests(2)
            batch.close()

        closer = threading.Thread(target=close, daemon=True)
        closer.start()
        assert [result.error for result in batch if result.error is None] == []
        closer.join()
        assert batch_threads() == []
        fault_server.wait_until_idle()


@pytest.mark.transport
@pytest.mark.parametrize(
    "response",
    [stall(), OPEN_STREAM, empty_response(429, {"Retry-After": "3000"})],
    ids=["headers", "mid-stream", "rate limit"],
)
async def test_cancellation_closes_the_connections(
    fault_server: FaultServer, response: ScriptedResponse
) -> None:
    fault_server.script(COMPLETE_STREAM, response, repeat_last=True)
    texts: list[str] = []

    async def iterate(client: AsyncChatRoutes) -> None:
        async with client.map(
            itertools.count(), message=str, conversation_id=in_one_conversation
        ) as results:
            async for result in results:
                texts.append(result.text)

    async with AsyncChatRoutes(API_KEY, fault_server.base_url, timeout=None) as client:
        async with anyio.create_task_group() as tasks:
            tasks.start_soon(iterate, client)
            await anyio.to_thread.run_sync(fault_server.wait_for_requests, 2)
            tasks.cancel_scope.cancel()
        assert texts in ([], ["Hello"])
        await client.close()
        await wait_until_idle_async(fault_server)


async def test_cancelled_task_of_asyncio_ends_the_batch(fault_server: FaultServer) -> None:
    fault_server.script(OPEN_STREAM, repeat_last=True)

    async def iterate(client: AsyncChatRoutes) -> None:
        async with client.map(["a", "b"], conversation_id=in_one_conversation) as results:
            await anext(results)

    async with AsyncChatRoutes(API_KEY, fault_server.base_url, timeout=None) as client:
        task = asyncio.create_task(iterate(client))
        await anyio.to_thread.run_sync(fault_server.wait_for_requests, 2)
        task.cancel()
        with pytest.raises(asyncio.CancelledError):
            await task
        await wait_until_idle_async(fault_server)


@pytest.mark.transport
async def test_cancelled_read_loses_no_result(fault_server: FaultServer) -> None:
    gate = threading.Event()
    fault_server.script(event_stream(text_event("slow"), gate, DONE_EVENT), repeat_last=True)

    async with (
        AsyncChatRoutes(API_KEY, fault_server.base_url, timeout=None) as client,
        client.map(["a", "b"], conversation_id=in_one_conversation) as results,
    ):
        with anyio.move_on_after(0.01) as scope:
            await anext(results)
        assert scope.cancelled_caught
        gate.set()
        assert [result.text async for result in results] == ["slow", "slow"]


@pytest.mark.transport
async def test_input_may_be_asynchronous(fault_server: FaultServer) -> None:
    fault_server.script(COMPLETE_STREAM, repeat_last=True)
    progress: list[int] = []

    async def read() -> AsyncIterator[str]:
        for number in range(20):
            await anyio.lowlevel.checkpoint()
            yield f"{number}"

    async def report(update: object) -> None:
        await anyio.lowlevel.checkpoint()
        progress.append(len(progress))

    async with (
        AsyncChatRoutes(API_KEY, fault_server.base_url) as client,
        client.map(read(), conversation_id=in_one_conversation, on_progress=report) as results,
    ):
        assert [result.text async for result in results] == ["Hello"] * 20
    assert progress == [*range(20)]


async def test_iteration_without_a_block_is_an_error(fault_server: FaultServer) -> None:
    async with AsyncChatRoutes(API_KEY, fault_server.base_url) as client:
        with pytest.raises(ChatRoutesError, match=r"async with client\.map"):
            async for _ in client.map(["a"]):
                pass


def test_synchronous_client_refuses_asynchronous_input() -> None:
    async def read() -> AsyncIterator[str]:
        yield "a"

    with ChatRoutes(API_KEY) as client, pytest.raises(ValidationError, match="AsyncChatRoutes"):
        client.map(read())  # type: ignore[arg-type]
