"""Clients in threads, in forked processes, on consecutive event loops, and with concurrent streams."""

from __future__ import annotations

import asyncio
import gc
import os
import subprocess
import sys
import threading
from concurrent.futures import ThreadPoolExecutor

import anyio
import pytest

from chatroutes import AsyncChatRoutes, ChatRoutes
from chatroutes_server import LocalServer
from tests.support.fault_responses import event_stream
from tests.support.fault_server import Connection, FaultServer
from tests.support.payloads import API_KEY, CONVERSATION_RESPONSE, DONE_EVENT, TEXT_EVENT

pytestmark = pytest.mark.transport(combined=True)

requires_fork = pytest.mark.skipif(not hasattr(os, "fork"), reason="needs os.fork")


def test_client_is_thread_safe(chatroutes_server: LocalServer) -> None:
    with ChatRoutes(chatroutes_server.api_key, chatroutes_server.base_url) as client:

        def run_conversation(number: int) -> tuple[str, str]:
            conversation = client.conversations.create({"title": f"T{number}"})
            sent = client.messages.send(conversation["id"], {"content": f"Say {number}!"})
            stream = client.messages.stream(conversation["id"], {"content": f"Tell {number}!"})
            return sent["assistantMessage"]["content"], stream.get_final_text()

        with ThreadPoolExecutor(8) as threads:
            replies = list(threads.map(run_conversation, range(24)))

    for number, (sent, streamed) in enumerate(replies):
        assert f"Say {number}!" in sent
        assert f"Tell {number}!" in streamed


FORK_PROGRAM = """
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


FORK_WHILE_READING = """
import os, sys
from chatroutes import ChatRoutes, ChatRoutesError

client = ChatRoutes("key", sys.argv[1])
responses = client.conversations.with_streaming_response
stream = client.messages.stream("conv_1", {"content": "Hi"})
text = next(stream.text_stream)
with responses.get("conv_1") as response, responses.get("conv_1") as other:
    pieces = other.iter_bytes()
    child = os.fork()
    if child == 0:
        for read in (lambda: next(stream), response.read, response.parse, lambda: next(pieces)):
            try:
                read()
            except ChatRoutesError as error:
                assert "belongs to the parent process" in str(error), error
            else:
                sys.exit(3)
        os._exit(0)
    _, status = os.waitpid(child, 0)
    assert status == 0, status
    client.conversations.get("conv_1")    # opens the gate
    assert response.parse()["id"] in b"".join(pieces).decode()
print(text + "".join(stream.text_stream))
client.close()
"""


@requires_fork
def test_forked_child_does_not_read_the_responses_of_its_parent(fault_server: FaultServer) -> None:
    gate = threading.Event()

    def respond(connection: Connection) -> bool:
        CONVERSATION_RESPONSE(connection)
        if len(fault_server.requests) == 4:
            gate.set()
        return True

    fault_server.script(
        event_stream(TEXT_EVENT, gate, TEXT_EVENT, DONE_EVENT), respond, repeat_last=True
    )

    process = subprocess.run(
        [sys.executable, "-W", "error", "-c", FORK_WHILE_READING, fault_server.base_url],
        capture_output=True,
        text=True,
        timeout=60,
    )

    assert (process.returncode, process.stdout, process.stderr) == (0, "HelHel\n", "")


@requires_fork
def test_forked_child_opens_its_own_connections(fault_server: FaultServer) -> None:
    gate = threading.Event()

    def respond(connection: Connection) -> bool:
        CONVERSATION_RESPONSE(connection)
        if len(fault_server.requests) == 5:
            gate.set()
        return True

    fault_server.script(
        respond, event_stream(TEXT_EVENT, gate, TEXT_EVENT, DONE_EVENT), respond, repeat_last=True
    )

    process = subprocess.run(
        [sys.executable, "-W", "error", "-c", FORK_PROGRAM, fault_server.base_url],
        capture_output=True,
        text=True,
        timeout=60,
    )

    assert (process.returncode, process.stderr) == (0, "")
    assert process.stdout == "Hel\n"
    targets = [request.path.split("/")[4] for request in fault_server.requests]
    assert targets == ["of-the-parent"] * 2 + ["of-the-child"] * 2 + ["of-the-parent"]
    # The parent opens two, for its concurrent request and stream; the child opens one. The last request reuses one.
    assert fault_server.connection_count == 3


FORK_IN_BATCH = """
import os, sys
from chatroutes import ChatRoutes, ChatRoutesError

client = ChatRoutes(base_url=sys.argv[1])
batch = client.map(["a", "b", "c"], max_concurrency=1)
texts = [next(batch).text]
child = os.fork()
if child == 0:
    try:
        next(batch)
    except ChatRoutesError as error:
        assert "the parent process has their results" in str(error), error
        os._exit(0)
    os._exit(3)
_, status = os.waitpid(child, 0)
assert status == 0, status
texts += [result.text for result in batch]
assert len(texts) == 3 and all(texts), texts
client.close()
"""


@requires_fork
def test_forked_child_does_not_wait_for_the_batch_of_its_parent(
    chatroutes_server: LocalServer,
) -> None:
    process = subprocess.run(
        # Python 3.12 and newer warn about forks of processes with threads.
        [
            sys.executable,
            "-W",
            "ignore::DeprecationWarning",
            "-c",
            FORK_IN_BATCH,
            chatroutes_server.base_url,
        ],
        env={**os.environ, "CHATROUTES_API_KEY": chatroutes_server.api_key},
        capture_output=True,
        text=True,
        timeout=60,
    )
    assert (process.returncode, process.stderr) == (0, "")


def test_async_client_works_on_consecutive_event_loops(fault_server: FaultServer) -> None:
    fault_server.script(CONVERSATION_RESPONSE, repeat_last=True)
    client = AsyncChatRoutes(API_KEY, fault_server.base_url)

    asyncio.run(get_twice(client))
    asyncio.run(get_twice(client))
    asyncio.run(client.close())

    del client
    gc.collect()
    assert len(fault_server.requests) == 4
    assert fault_server.connection_count == 2


async def get_conversation(client: AsyncChatRoutes) -> object:
    return await client.conversations.get("conv_1")


async def get_twice(client: AsyncChatRoutes) -> object:
    return [await get_conversation(client), await get_conversation(client)]


def test_end_of_an_event_loop_closes_its_connections(fault_server: FaultServer) -> None:
    fault_server.script(CONVERSATION_RESPONSE, repeat_last=True)
    client = AsyncChatRoutes(API_KEY, fault_server.base_url)

    for backend in ["asyncio", "trio", "asyncio", "trio"]:
        anyio.run(get_conversation, client, backend=backend)
        fault_server.wait_until_idle()

    del client
    gc.collect()
    assert fault_server.connection_count == 4


async def test_200_concurrent_streams_are_independent(fault_server: FaultServer) -> None:
    barrier = threading.Barrier(200, timeout=60)

    def respond(connection: Connection) -> bool:
        barrier.wait()
        return event_stream(*parts, DONE_EVENT)(connection)

    parts = [TEXT_EVENT] * 5
    fault_server.script(respond, repeat_last=True)
    texts: list[str] = []
    client = AsyncChatRoutes(API_KEY, fault_server.base_url, timeout=120)

    async def read(number: int) -> None:
        text = await client.messages.stream(f"conv_{number}", {"content": "Hi"}).get_final_text()
        texts.append(text)

    async with client, anyio.create_task_group() as tasks:
        for number in range(200):
            tasks.start_soon(read, number)

    assert texts == ["Hel" * 5] * 200
    assert {request.path.split("/")[4] for request in fault_server.requests} == {
        f"conv_{number}" for number in range(200)
    }


async def test_concurrent_streams_of_the_local_server_are_independent(
    chatroutes_server: LocalServer,
) -> None:
    replies: dict[int, str] = {}

    async def run_conversation(number: int) -> None:
        conversation = await client.conversations.create({"title": "T"})
        stream = client.messages.stream(conversation["id"], {"content": f"Say {number}!"})
        replies[number] = await stream.get_final_text()

    async with (
        AsyncChatRoutes(chatroutes_server.api_key, chatroutes_server.base_url) as client,
        anyio.create_task_group() as tasks,
    ):
        for number in range(20):
            tasks.start_soon(run_conversation, number)

    assert len(replies) == 20
    assert all(f"Say {number}!" in reply for number, reply in replies.items())
