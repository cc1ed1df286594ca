# Derived from tests/sdk/_async/test_stream_close_transports.py by scripts/regen.py. Do not edit.

"""Closing a stream never reads on, with any transport."""

from __future__ import annotations

import threading
from collections.abc import Iterator
from typing import Any

import httpx
import pytest

from chatroutes import ChatRoutes, ResponseError
from tests.support.fault_responses import event_stream
from tests.support.fault_server import FaultServer
from tests.support.http2_server import Http2Server
from tests.support.idle import wait_until_idle
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

    def read(self) -> Iterator[bytes]:
        """Yield one event after another."""
        try:
            while True:
                self.pieces_read += 1
                yield text_event("Hel")
        finally:
            self.is_closed = True


def client_over(body: EndlessBody, headers: dict[str, str]) -> ChatRoutes:
    """Return a client whose transport responds with a body to every request."""
    transport = httpx.MockTransport(
        lambda request: httpx.Response(200, headers=headers, content=body.read())
    )
    own = httpx.Client(transport=transport)
    return ChatRoutes(API_KEY, "http://service.example/api/v1", http_client=own)


def test_close_over_http2_returns_at_once_and_keeps_the_connection() -> None:
    with Http2Server(text_event("Hel"), CONVERSATION_ENVELOPE) as server:
        with httpx.Client(http1=False, http2=True) as own:
            client = ChatRoutes(API_KEY, server.base_url, timeout=None, http_client=own)

            with client.messages.stream("conv_1", HELLO) as stream:
                next(stream)

            assert (client.conversations.get("conv_1"))["id"] == "conv_1"

    assert server.connection_count == 1


def test_close_does_not_read_on_from_a_transport_of_the_user() -> None:
    body = EndlessBody()
    client = client_over(body, EVENT_STREAM)

    with client.messages.stream("conv_1", HELLO) as stream:
        next(stream)

    assert body.pieces_read == 1
    assert body.is_closed


def test_error_reads_only_the_beginning_of_an_endless_body() -> None:
    body = EndlessBody()
    client = client_over(body, {"Content-Type": "text/html"})

    with pytest.raises(ResponseError, match="not an event stream"):
        client.messages.stream("conv_1", HELLO).get_final_text()

    assert body.pieces_read < 50_000
    assert body.is_closed


@pytest.mark.parametrize("headers", [{}, {"Content-Encoding": "identity"}])
def test_close_of_a_client_of_the_user_closes_the_connection_of_the_stream(
    fault_server: FaultServer, headers: Any
) -> None:
    fault_server.script(event_stream(text_event("Hel"), threading.Event(), headers=headers))

    with (
        httpx.Client(trust_env=False, verify=False) as own,
        make_client(fault_server, timeout=None, http_client=own) as client,
    ):
        with client.messages.stream("conv_1", HELLO) as stream:
            next(stream)
        wait_until_idle(fault_server)
        fault_server.script(CONVERSATION_RESPONSE)
        client.conversations.get("conv_1")
