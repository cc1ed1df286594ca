"""Ctrl-C, cancelled tasks and forks leave a client that works, and no connection behind."""

from __future__ import annotations

import asyncio
import copy
import gc
import pickle
import subprocess
import sys
from typing import Any

import anyio
import httptools
import pytest

from chatroutes import AsyncChatRoutes, ChatRoutes
from chatroutes._httptools import HttptoolsConnection
from tests.support.fault_server import FaultServer
from tests.support.idle import wait_until_idle_async
from tests.support.payloads import API_KEY, CONVERSATION_RESPONSE, NOT_FOUND_RESPONSE


async def get_conversation(client: AsyncChatRoutes) -> object:
    return await client.conversations.get("conv_1")


@pytest.mark.transport(combined=True)
@pytest.mark.parametrize("cancellations", [1, 2])
def test_cancelled_asyncio_tasks_leave_no_connection(
    fault_server: FaultServer, cancellations: int
) -> None:
    fault_server.script(CONVERSATION_RESPONSE, repeat_last=True)

    async def main() -> None:
        async with AsyncChatRoutes(API_KEY, fault_server.base_url, retry_attempts=0) as client:
            for steps in range(40):
                task = asyncio.ensure_future(get_conversation(client))
                for _ in range(steps):
                    await asyncio.sleep(0)
                for _ in range(cancellations):
                    task.cancel()
                    await asyncio.sleep(0)
                await asyncio.gather(task, return_exceptions=True)
            await get_conversation(client)
            while fault_server.open_connections > 1:
                await asyncio.sleep(0.01)
        await wait_until_idle_async(fault_server)

    asyncio.run(asyncio.wait_for(main(), 60))


@pytest.mark.transport(combined=True)
async def test_cancelled_scopes_leave_no_connection(fault_server: FaultServer) -> None:
    fault_server.script(CONVERSATION_RESPONSE, repeat_last=True)

    async with AsyncChatRoutes(API_KEY, fault_server.base_url, retry_attempts=0) as client:
        for steps in range(40):
            async with anyio.create_task_group() as tasks:
                tasks.start_soon(get_conversation, client)
                for _ in range(steps):
                    await anyio.sleep(0)
                tasks.cancel_scope.cancel()
        await get_conversation(client)
        with anyio.fail_after(60):
            while fault_server.open_connections > 1:
                await anyio.sleep(0.01)
    await wait_until_idle_async(fault_server)


INTERRUPT_PROGRAM = """
import faulthandler, os, random, signal, sys, threading, time
from chatroutes import ChatRoutes

faulthandler.dump_traceback_later(50, exit=True)
client = ChatRoutes("a-key-of-a-test", sys.argv[1], retry_attempts=0)
client.conversations.get("conv_1")
armed = finished = False
interrupts = 0

def interrupt(*_):
    if armed:
        raise KeyboardInterrupt

def send_signals():
    delays = random.Random(1)
    for _ in range(150):
        time.sleep(0.0002 + 0.002 * delays.random())
        os.kill(os.getpid(), signal.SIGINT)

signal.signal(signal.SIGINT, interrupt)
sender = threading.Thread(target=send_signals)
sender.start()
while sender.is_alive():
    try:
        armed = True
        client.conversations.get("conv_1")
        armed = False
    except KeyboardInterrupt:
        armed = False
        interrupts += 1
client.conversations.get("conv_1")
client.close()
print(interrupts)
"""


@pytest.mark.transport
@pytest.mark.skipif(sys.platform == "win32", reason="Windows has no os.kill with SIGINT")
def test_client_works_after_many_keyboard_interrupts(fault_server: FaultServer) -> None:
    fault_server.script(CONVERSATION_RESPONSE, repeat_last=True)

    process = subprocess.run(
        [sys.executable, "-c", INTERRUPT_PROGRAM, fault_server.base_url],
        capture_output=True,
        text=True,
        timeout=60,
    )

    assert (process.returncode, process.stderr) == (0, "")
    assert int(process.stdout) > 0


RESPONSE_HEAD = b"HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\n"


class InterruptedBody(list[Any]):
    """A list that raises when the parser adds a piece of the body."""

    def append(self, value: object) -> None:
        raise KeyboardInterrupt


def test_interrupt_in_a_callback_of_the_parser_is_raised() -> None:
    connection: Any = HttptoolsConnection()
    connection._response.body = InterruptedBody()

    with pytest.raises(KeyboardInterrupt):
        connection.receive_data(RESPONSE_HEAD + b"{}")


def test_interrupt_in_a_callback_is_raised_while_another_exception_is_handled() -> None:
    connection: Any = HttptoolsConnection()
    connection._response.body = InterruptedBody()

    try:
        raise ValueError
    except ValueError:
        with pytest.raises(KeyboardInterrupt):
            connection.receive_data(RESPONSE_HEAD + b"{}")
    assert issubclass(httptools.HttpParserCallbackError, httptools.HttpParserError)


FORK_PROGRAM = """
import os, sys, threading, time
import chatroutes._sync.client
from chatroutes import ChatRoutes, ChatRoutesError

client = ChatRoutes("a-key-of-a-test", sys.argv[1], retry_attempts=0)
module, _, attribute = sys.argv[2].partition(":")

def call():
    status = 200
    try:
        client.conversations.get("conv_1")
    except ChatRoutesError as error:
        status = error.status_code
    assert status == int(sys.argv[3]), status

sys.setswitchinterval(0.0001)
thread = threading.Thread(target=call)
thread.start()
# Wait until the thread has imported a part of what the first call needs.
while thread.is_alive() and not hasattr(sys.modules.get(module), attribute or "__name__"):
    time.sleep(0)
child = os.fork()
if child == 0:
    call()
    os._exit(0)
thread.join()
_, status = os.waitpid(child, 0)
assert status == 0, status
"""


def fork_during_the_first_call(fault_server: FaultServer, module: str, status: int = 200) -> None:
    response = CONVERSATION_RESPONSE if status == 200 else NOT_FOUND_RESPONSE
    fault_server.script(response, repeat_last=True)

    # Python 3.12 and later warn when a process with threads forks.
    ignore = ("-W", "ignore::DeprecationWarning")
    process = subprocess.run(
        [sys.executable, *ignore, "-c", FORK_PROGRAM, fault_server.base_url, module, str(status)],
        capture_output=True,
        text=True,
        timeout=60,
    )

    assert (process.returncode, process.stderr) == (0, "")


requires_fork = pytest.mark.skipif(not hasattr(sys, "getdlopenflags"), reason="needs os.fork")


@requires_fork
@pytest.mark.transport
@pytest.mark.parametrize("module", ["chatroutes._sync.requestor", "httpx", "ssl", "httpcore"])
def test_fork_during_the_first_call_of_another_thread(
    fault_server: FaultServer, module: str
) -> None:
    fork_during_the_first_call(fault_server, module)


@requires_fork
@pytest.mark.parametrize(
    "module", ["_failed_attempts", "_response_errors", "_hints", "_transport_errors"]
)
def test_fork_during_the_first_error_of_another_thread(
    fault_server: FaultServer, module: str
) -> None:
    fork_during_the_first_call(fault_server, f"chatroutes.{module}", 404)


@requires_fork
@pytest.mark.parametrize(
    "part", ["logging", "logging:_lock", "logging:LogRecord", "logging:Handler"]
)
def test_fork_while_another_thread_imports_logging(fault_server: FaultServer, part: str) -> None:
    fork_during_the_first_call(fault_server, part)


@pytest.mark.parametrize("client_class", [ChatRoutes, AsyncChatRoutes])
def test_copies_of_a_client_are_the_client(client_class: Any) -> None:
    client = client_class(API_KEY, "http://127.0.0.1:1", headers={"X-A": "b"})
    holder = {"client": client, "messages": client.messages}

    copied = copy.deepcopy(holder)

    assert copy.copy(client) is client
    assert copied["client"] is client
    assert copied["messages"]._requestor._connections is client._connections
    del copied, holder
    gc.collect()


@pytest.mark.parametrize("client_class", [ChatRoutes, AsyncChatRoutes])
@pytest.mark.parametrize("name", [None, "messages"])
def test_clients_cannot_be_pickled(client_class: Any, name: str | None) -> None:
    client = client_class(API_KEY, "http://127.0.0.1:1")

    with pytest.raises(TypeError, match="Create the client in the process that uses it") as caught:
        pickle.dumps(client if name is None else getattr(client, name))
    assert API_KEY not in str(caught.value)


@pytest.mark.parametrize("duplicate", [copy.copy, copy.deepcopy, pickle.dumps])
def test_streams_cannot_be_copied_or_pickled(duplicate: Any) -> None:
    with ChatRoutes(API_KEY, "http://127.0.0.1:1") as client:
        stream = client.messages.stream("conv_1", {"content": "Hello"})
        with pytest.raises(TypeError, match="A stream cannot be copied or pickled"):
            duplicate(stream)
        stream.close()


@pytest.mark.transport
def test_used_client_can_be_deep_copied(fault_server: FaultServer) -> None:
    fault_server.script(CONVERSATION_RESPONSE, repeat_last=True)

    with ChatRoutes(API_KEY, fault_server.base_url) as client:
        client.conversations.get("conv_1")
        copy.deepcopy(client).conversations.get("conv_1")

    assert fault_server.connection_count == 1
