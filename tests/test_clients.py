"""Clients in threads, in forked children, on event loops, and with connections of the user's own."""

from __future__ import annotations

import asyncio
import functools
import gc
import logging
import subprocess
import sys
import threading
from collections.abc import Awaitable, Callable
from concurrent.futures import ThreadPoolExecutor
from typing import Any

import anyio
import anyio.to_thread
import httpx
import pytest

from chatroutes import AsyncChatRoutes, ChatRoutes, ChatRoutesError, StreamChunk, ValidationError
from chatroutes_server import LocalServer
from tests.conftest import wait_until_idle_async
from tests.faults import (
    Answer,
    Connection,
    FaultServer,
    empty_answer,
    event_stream,
    json_answer,
    stall,
)
from tests.young import collect_what_is_new as collect_what_is_new

KEY = "cr_prod_sk_" + "5e" * 32
CONVERSATION = {"success": True, "data": {"conversation": {"id": "conv_1"}}}
CHUNK = b'data: {"type": "content", "content": "Hel"}\n\n'
DONE = b"data: [DONE]\n\n"

FOUND = json_answer(200, CONVERSATION)
OPEN = event_stream(CHUNK, threading.Event())


def test_threads_share_a_client(chatroutes_server: LocalServer) -> None:
    with ChatRoutes(chatroutes_server.api_key, chatroutes_server.base_url) as client:

        def talk(number: int) -> tuple[str, str]:
            conversation = client.conversations.create({"title": f"T{number}"})
            sent = client.messages.send(conversation["id"], {"content": f"Say {number}!"})
            stream = client.messages.stream(conversation["id"], {"content": f"Tell {number}!"})
            return sent["assistantMessage"]["content"], stream.get_final_text()

        with ThreadPoolExecutor(8) as threads:
            replies = list(threads.map(talk, range(24)))

    for number, (sent, streamed) in enumerate(replies):
        assert f"Say {number}!" in sent
        assert f"Tell {number}!" in streamed


FORKING = """
import os, sys
from chatroutes import ChatRoutes

client = ChatRoutes("key", sys.argv[1])
client.conversations.get("of-the-parent")
stream = client.messages.stream("of-the-parent", {"content": "Hi"})
next(stream)
child = os.fork()
if child == 0:
    client.conversations.get("of-the-child")
    client.conversations.get("of-the-child")
    client.close()
    del stream, client
    sys.exit(0)
_, status = os.waitpid(child, 0)
assert status == 0, status
client.conversations.get("of-the-parent")
print("".join(stream.text_stream))
client.close()
"""


def test_a_forked_child_opens_connections_of_its_own(faults: FaultServer) -> None:
    gate = threading.Event()

    def found(connection: Connection) -> bool:
        FOUND(connection)
        if len(faults.requests) == 5:
            gate.set()
        return True

    faults.script(found, event_stream(CHUNK, gate, CHUNK, DONE), found, repeat_last=True)

    done = subprocess.run(
        [sys.executable, "-W", "error", "-c", FORKING, faults.base_url],
        capture_output=True,
        text=True,
        timeout=60,
    )

    assert (done.returncode, done.stderr) == (0, "")
    assert done.stdout == "Hel\n"
    targets = [request.path.split("/")[4] for request in faults.requests]
    assert targets == ["of-the-parent"] * 2 + ["of-the-child"] * 2 + ["of-the-parent"]
    # One for each of the parent's two at once, one for the child; the parent's last call reuses one.
    assert faults.connections_made == 3


def test_an_async_client_serves_one_event_loop_after_another(faults: FaultServer) -> None:
    faults.script(FOUND, repeat_last=True)
    client = AsyncChatRoutes(KEY, faults.base_url)

    asyncio.run(get_twice(client))
    asyncio.run(get_twice(client))
    asyncio.run(client.close())

    del client
    gc.collect()
    assert len(faults.requests) == 4
    assert faults.connections_made == 2


def test_an_event_loop_that_ends_takes_its_connections_along(faults: FaultServer) -> None:
    faults.script(FOUND, repeat_last=True)
    client = AsyncChatRoutes(KEY, faults.base_url)

    for backend in ["asyncio", "trio", "asyncio", "trio"]:
        anyio.run(get, client, backend=backend)
        faults.wait_until_idle()

    del client
    gc.collect()
    assert faults.connections_made == 4


async def test_two_hundred_streams_at_once_are_not_mixed_up(faults: FaultServer) -> None:
    together = threading.Barrier(200, timeout=30)

    def answer(connection: Connection) -> bool:
        together.wait()
        return event_stream(*pieces, DONE)(connection)

    pieces = [CHUNK] * 5
    faults.script(answer, repeat_last=True)
    texts: list[str] = []
    client = AsyncChatRoutes(KEY, faults.base_url)

    async def read(number: int) -> None:
        text = await client.messages.stream(f"conv_{number}", {"content": "Hi"}).get_final_text()
        texts.append(text)

    async with client, anyio.create_task_group() as tasks:
        for number in range(200):
            tasks.start_soon(read, number)

    assert texts == ["Hel" * 5] * 200
    assert {request.path.split("/")[4] for request in faults.requests} == {
        f"conv_{number}" for number in range(200)
    }


async def test_streams_of_the_real_server_at_once_are_not_mixed_up(
    chatroutes_server: LocalServer,
) -> None:
    replies: dict[int, str] = {}

    async def talk(number: int) -> None:
        conversation = await client.conversations.create({"title": "T"})
        stream = client.messages.stream(conversation["id"], {"content": f"Say {number}!"})
        replies[number] = await stream.get_final_text()

    async with (
        AsyncChatRoutes(chatroutes_server.api_key, chatroutes_server.base_url) as client,
        anyio.create_task_group() as tasks,
    ):
        for number in range(20):
            tasks.start_soon(talk, number)

    assert len(replies) == 20
    assert all(f"Say {number}!" in reply for number, reply in replies.items())


class AtWarning(logging.Handler):
    """Calls a function at the first warning, which tells of a retry."""

    def __init__(self, call: Callable[[], object]) -> None:
        super().__init__(logging.WARNING)
        self.call = call

    def emit(self, record: logging.LogRecord) -> None:
        self.call()


async def get(client: AsyncChatRoutes) -> object:
    return await client.conversations.get("conv_1")


async def get_twice(client: AsyncChatRoutes) -> object:
    return [await get(client), await get(client)]


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
        ("mid-stream", OPEN, [stream, stream_inside_a_with, stream_to_callbacks]),
        ("retry", empty_answer(503), [get, stream_inside_a_with]),
        ("retry of a stream", event_stream(b": hello\n\n"), [stream]),
    ]
    for call in calls
]


@pytest.mark.parametrize(("call", "answer"), STAGES)
async def test_a_cancelled_task_lets_go_of_its_connection_at_every_stage(
    faults: FaultServer, call: Callable[[AsyncChatRoutes], Awaitable[object]], answer: Answer
) -> None:
    async with AsyncChatRoutes(KEY, faults.base_url, retry_delay=30) as client:
        await cancel_when_it_waits(faults, functools.partial(call, client), answer)
        if answer not in RETRIED:
            await wait_until_idle_async(faults)

        faults.script(FOUND)
        await client.conversations.get("conv_1")

    await wait_until_idle_async(faults)


async def cancel_when_it_waits(
    faults: FaultServer, call: Callable[[], Awaitable[object]], answer: Answer
) -> None:
    """Run a call, and cancel it when it has sent its request or waits to send it again."""
    faults.script(answer)
    async with anyio.create_task_group() as tasks:
        waits = anyio.Event()
        handler = AtWarning(waits.set)
        logging.getLogger("chatroutes").addHandler(handler)
        tasks.start_soon(call)
        await anyio.to_thread.run_sync(faults.wait_for_requests, 1)
        if answer in RETRIED:
            await waits.wait()
        logging.getLogger("chatroutes").removeHandler(handler)
        tasks.cancel_scope.cancel()


RETRIED = [stage.values[1] for stage in STAGES if "retry" in str(stage.id)]


@pytest.mark.parametrize(("call", "answer"), STAGES)
def test_a_cancelled_asyncio_task_lets_go_of_its_connection_at_every_stage(
    faults: FaultServer, call: Callable[[AsyncChatRoutes], Awaitable[object]], answer: Answer
) -> None:
    faults.script(answer)

    async def main() -> None:
        async with AsyncChatRoutes(KEY, faults.base_url, retry_delay=30) as client:
            waits = asyncio.Event()
            handler = AtWarning(waits.set)
            logging.getLogger("chatroutes").addHandler(handler)
            task = asyncio.ensure_future(call(client))
            await asyncio.to_thread(faults.wait_for_requests, 1)
            if answer in RETRIED:
                await waits.wait()
            logging.getLogger("chatroutes").removeHandler(handler)
            task.cancel()
            with pytest.raises(asyncio.CancelledError):
                await task
            faults.script(FOUND)
            await client.conversations.get("conv_1")

    asyncio.run(main(), debug=True)
    faults.wait_until_idle()
    gc.collect()


async def test_a_reader_that_gives_up_waiting_may_leave_the_stream(faults: FaultServer) -> None:
    faults.script(OPEN)

    async with AsyncChatRoutes(KEY, faults.base_url) as client:
        async with client.messages.stream("conv_1", {"content": "Hi"}) as reply:
            await anext(reply)
            with anyio.move_on_after(0.05) as scope:
                await anext(reply)
        await wait_until_idle_async(faults)

    assert scope.cancelled_caught


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
    pool: Any = client._connections.pool()
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
