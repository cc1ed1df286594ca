"""Closing a stream never reads on, with any transport."""

from __future__ import annotations

import threading
from collections.abc import AsyncIterator
from typing import Any

import httpx
import pytest

from chatroutes import AsyncChatRoutes, ResponseError
from tests.support.fault_responses import event_stream
from tests.support.fault_server import FaultServer
from tests.support.http2_server import Http2Server
from tests.support.idle import wait_until_idle_async
from tests.support.payloads import (
    API_KEY,
    CONVERSATION_ENVELOPE,
    CONVERSATION_RESPONSE,
    HELLO,
    text_event,
)

from .clients import make_client

pytestmark = pytest.mark.transport(combined=True)

EVENT_STREAM = {"Content-Type": "text/event-stream"}


class EndlessBody:
    """A body without an end, which records how many pieces were read and whether it was closed."""

    def __init__(self) -> None:
        self.pieces_read = 0
        self.is_closed = False

    async def read(self) -> AsyncIterator[bytes]:
        """Yield one event after another."""
        try:
            while True:
                self.pieces_read += 1
                yield text_event("Hel")
        finally:
            self.is_closed = True


def client_over(body: EndlessBody, headers: dict[str, str]) -> AsyncChatRoutes:
    """Return a client whose transport responds with a body to every request."""
    transport = httpx.MockTransport(
        lambda request: httpx.Response(200, headers=headers, content=body.read())
    )
    own = httpx.AsyncClient(transport=transport)
    return AsyncChatRoutes(API_KEY, "http://service.example/api/v1", http_client=own)


async def test_close_over_http2_returns_at_once_and_keeps_the_connection() -> None:
    with Http2Server(text_event("Hel"), CONVERSATION_ENVELOPE) as server:
        async with httpx.AsyncClient(http1=False, http2=True) as own:
            client = AsyncChatRoutes(API_KEY, server.base_url, timeout=None, http_client=own)

            async with client.messages.stream("conv_1", HELLO) as stream:
                await anext(stream)

            assert (await client.conversations.get("conv_1"))["id"] == "conv_1"

    assert server.connection_count == 1


async def test_close_does_not_read_on_from_a_transport_of_the_user() -> None:
    body = EndlessBody()
    client = client_over(body, EVENT_STREAM)

    async with client.messages.stream("conv_1", HELLO) as stream:
        await anext(stream)

    assert body.pieces_read == 1
    assert body.is_closed


async def test_error_reads_only_the_beginning_of_an_endless_body() -> None:
    body = EndlessBody()
    client = client_over(body, {"Content-Type": "text/html"})

    with pytest.raises(ResponseError, match="not an event stream"):
        await client.messages.stream("conv_1", HELLO).get_final_text()

    assert body.pieces_read < 50_000
    assert body.is_closed


@pytest.mark.parametrize("headers", [{}, {"Content-Encoding": "identity"}])
async def test_close_of_a_client_of_the_user_closes_the_connection_of_the_stream(
    fault_server: FaultServer, headers: Any
) -> None:
    fault_server.script(event_stream(text_event("Hel"), threading.Event(), headers=headers))

    async with (
        httpx.AsyncClient(trust_env=False, verify=False) as own,
        make_client(fault_server, timeout=None, http_client=own) as client,
    ):
        async with client.messages.stream("conv_1", HELLO) as stream:
            await anext(stream)
        await wait_until_idle_async(fault_server)
        fault_server.script(CONVERSATION_RESPONSE)
        await client.conversations.get("conv_1")
