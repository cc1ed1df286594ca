"""A read of a stream that is cancelled ends the stream, and sends no second request."""

from __future__ import annotations

import asyncio
import contextlib
import logging
import ssl
import threading
from collections.abc import Awaitable, Callable, Iterator
from typing import Any

import anyio
import anyio.to_thread
import httpx
import pytest
import trustme

from chatroutes import (
    AsyncChatRoutes,
    AsyncMessageStream,
    ChatRoutes,
    ChatRoutesError,
    StreamInterruptedError,
)
from tests.support.concurrent_close import close_during_read, close_during_read_async
from tests.support.fault_responses import event_stream, json_response, stall
from tests.support.fault_server import FaultServer
from tests.support.http2_server import Http2Server
from tests.support.idle import wait_until_idle_async
from tests.support.payloads import API_KEY, FINISH_EVENT, HELLO, OPEN_STREAM, text_event

pytestmark = pytest.mark.transport(combined=True)

WAIT = 0.2
"""The time, in seconds, after which a read is cancelled."""


async def read_next(stream: AsyncMessageStream) -> object:
    return await anext(stream)


async def enter(stream: AsyncMessageStream) -> object:
    return await stream.__aenter__()


@pytest.mark.parametrize("read", [read_next, enter])
@pytest.mark.parametrize(
    ("response", "logged"),
    [
        pytest.param(stall(), None, id="before the response"),
        pytest.param(
            event_stream(b": hello\n\n", end="stall"), ": 200 ", id="before the first event"
        ),
        pytest.param(
            json_response(503, {}, {"Retry-After": "20"}), "retrying", id="before a retry"
        ),
    ],
)
async def test_read_after_a_cancelled_first_read_sends_no_second_request(
    fault_server: FaultServer,
    caplog: pytest.LogCaptureFixture,
    response: Any,
    logged: str | None,
    read: Callable[[AsyncMessageStream], Awaitable[object]],
) -> None:
    fault_server.script(response)
    caplog.set_level(logging.DEBUG, logger="chatroutes")

    async def read_twice() -> None:
        await read(stream)
        await anext(stream)

    async with AsyncChatRoutes(API_KEY, fault_server.base_url) as client:
        stream = client.messages.stream("conv_1", HELLO)
        async with anyio.create_task_group() as tasks:
            tasks.start_soon(read_twice)
            await anyio.to_thread.run_sync(fault_server.wait_for_requests, 1)
            while logged and logged not in caplog.text:
                await anyio.sleep(0.001)
            tasks.cancel_scope.cancel()
        for _ in range(2):
            with pytest.raises(StreamInterruptedError, match="a read was interrupted") as caught:
                await anext(stream)
        assert repr(stream).startswith("<AsyncMessageStream [failed]")
        await stream.close()

    assert caught.value.partial_content == ""
    assert len(fault_server.requests) == 1


async def test_read_after_a_cancelled_read_has_the_partial_content(
    fault_server: FaultServer,
) -> None:
    fault_server.script(OPEN_STREAM)

    async with AsyncChatRoutes(API_KEY, fault_server.base_url) as client:
        stream = client.messages.stream("conv_1", HELLO)
        await anext(stream)
        with anyio.move_on_after(WAIT):
            await anext(stream)
        with pytest.raises(StreamInterruptedError, match="a read was interrupted") as caught:
            await stream.get_final_text()
        response = await stream.stop()
        await wait_until_idle_async(fault_server)

    assert caught.value.partial_content == stream.text == "Hel"
    assert response["assistantMessage"]["content"] == "Hel"
    assert (stream.status, stream.finish_reason) == ("stopped", "cancelled")
    assert len(fault_server.requests) == 1


def test_wait_for_on_asyncio(fault_server: FaultServer) -> None:
    fault_server.script(OPEN_STREAM)

    async def main() -> None:
        async with (
            AsyncChatRoutes(API_KEY, fault_server.base_url) as client,
            client.messages.stream("conv_1", HELLO) as stream,
        ):
            await anext(stream)
            for error in [TimeoutError, StreamInterruptedError, StreamInterruptedError]:
                with pytest.raises(error):
                    await asyncio.wait_for(anext(stream), WAIT)

    asyncio.run(main())
    assert len(fault_server.requests) == 1


def interrupted_body() -> Iterator[bytes]:
    """Yield an event, and be interrupted with Ctrl-C while the next one is read."""
    yield text_event("Hel")
    raise KeyboardInterrupt


def test_read_after_ctrl_c_sends_no_second_request() -> None:
    requests: list[httpx.Request] = []

    def respond(request: httpx.Request) -> httpx.Response:
        requests.append(request)
        return httpx.Response(
            200, headers={"Content-Type": "text/event-stream"}, content=interrupted_body()
        )

    own = httpx.Client(transport=httpx.MockTransport(respond))
    client = ChatRoutes(API_KEY, "http://service.example/api/v1", http_client=own)
    stream = client.messages.stream("conv_1", HELLO)
    next(stream)
    with pytest.raises(KeyboardInterrupt):
        next(stream)
    with pytest.raises(StreamInterruptedError, match=r"\(KeyboardInterrupt\)"):
        next(stream)

    assert len(requests) == 1


async def test_close_interrupts_a_read_over_http2() -> None:
    with Http2Server(text_event("Hel"), {}) as server:
        async with httpx.AsyncClient(http1=False, http2=True) as own:
            client = AsyncChatRoutes(API_KEY, server.base_url, timeout=None, http_client=own)
            stream = client.messages.stream("conv_1", HELLO)
            await anext(stream)

            error = await close_during_read_async(None, stream, stream.__anext__)

    assert error.partial_content == "Hel"


@pytest.fixture
def secure_server() -> Iterator[tuple[FaultServer, ssl.SSLContext]]:
    """Run a fault server behind TLS, and return the context that trusts it."""
    authority = trustme.CA()
    server_context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    authority.issue_cert("127.0.0.1").configure_cert(server_context)
    client_context = ssl.create_default_context()
    authority.configure_trust(client_context)
    with FaultServer(server_context) as server:
        yield server, client_context


def test_close_interrupts_a_read_over_tls(
    secure_server: tuple[FaultServer, ssl.SSLContext],
) -> None:
    server, context = secure_server
    server.script(event_stream(text_event("Hel"), end="stall"), stall())
    url = server.base_url.replace("http:", "https:")

    with (
        httpx.Client(verify=context, trust_env=False) as own,
        ChatRoutes(API_KEY, url, timeout=None, http_client=own) as client,
    ):
        stream = client.messages.stream("conv_1", HELLO)
        next(stream)
        first = close_during_read(server, stream, stream.__next__)
        stream = client.messages.stream("conv_1", HELLO)
        second = close_during_read(server, stream, stream.__next__, requests=2)

    assert (first.partial_content, second.partial_content) == ("Hel", "")


async def test_close_interrupts_a_read_over_tls_in_the_async_client(
    secure_server: tuple[FaultServer, ssl.SSLContext],
) -> None:
    server, context = secure_server
    server.script(event_stream(text_event("Hel"), end="stall"), stall())
    url = server.base_url.replace("http:", "https:")

    async with (
        httpx.AsyncClient(verify=context, trust_env=False) as own,
        AsyncChatRoutes(API_KEY, url, timeout=None, http_client=own) as client,
    ):
        stream = client.messages.stream("conv_1", HELLO)
        await anext(stream)
        first = await close_during_read_async(server, stream, stream.__anext__)
        stream = client.messages.stream("conv_1", HELLO)
        second = await close_during_read_async(server, stream, stream.__anext__, requests=2)

    assert (first.partial_content, second.partial_content) == ("Hel", "")


def test_close_interrupts_no_other_request(fault_server: FaultServer) -> None:
    """Streams are closed at any moment of a read, while another thread uses the same pool."""
    fault_server.script(
        *[event_stream(text_event("Hel"), text_event("lo"), FINISH_EVENT)], repeat_last=True
    )
    texts: list[str] = []

    with ChatRoutes(API_KEY, fault_server.base_url, retry_attempts=0) as client:

        def read_streams() -> None:
            for _ in range(COUNT):
                texts.append(client.messages.stream("conv_1", HELLO).get_final_text())

        thread = threading.Thread(target=read_streams)
        thread.start()
        for _ in range(COUNT):
            stream = client.messages.stream("conv_1", HELLO)
            closer = threading.Thread(target=stream.close)
            with contextlib.suppress(ChatRoutesError):
                next(stream)
                closer.start()
                stream.get_final_text()
            if closer.ident is not None:
                closer.join()
        thread.join()

    assert texts == ["Hello"] * COUNT


COUNT = 100
