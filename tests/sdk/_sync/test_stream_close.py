# Derived from tests/sdk/_async/test_stream_close.py by scripts/regen.py. Do not edit.

"""The connection of a stream or request is closed or reused, however the stream or request ends."""

from __future__ import annotations

import gc
import threading
import weakref
from typing import Any

import pytest

from chatroutes import (
    ChatRoutes,
    MessageStream,
    ChatRoutesError,
    NetworkError,
    StreamChunk,
    StreamInterruptedError,
)
from tests.support.fault_responses import (
    close_connection,
    event_stream,
    reset_connection,
    stall,
    truncated_body,
)
from tests.support.fault_server import FaultServer
from tests.support.idle import wait_until_idle
from tests.support.payloads import (
    COMPLETE_STREAM,
    CONVERSATION_RESPONSE,
    DOCUMENTED_EVENTS,
    HELLO,
    OPEN_STREAM,
    sse_event,
    text_event,
)

from .clients import SHORT_TIMEOUT, make_client

pytestmark = pytest.mark.transport(combined=True)

STALLED = [
    event_stream(text_event("Hel"), end="stall"),
    event_stream(b"<p>", threading.Event(), content_type="text/html"),
    event_stream(b"<p>", threading.Event(), content_type="text/html", status=404),
    stall(),
]


class StopReadingError(Exception):
    """An error that a program raises while it reads a stream."""


def read_first_chunk(client: ChatRoutes) -> StreamChunk | None:
    """Return the first chunk of a stream, and abandon the stream."""
    for chunk in client.messages.stream("conv_1", HELLO):
        return chunk
    return None


def raise_in_with_block(stream: MessageStream) -> None:
    """Raise an error in the `with` block of a stream."""
    with stream:
        next(stream)
        raise StopReadingError


def assert_client_works(client: ChatRoutes, fault_server: FaultServer) -> None:
    """Assert that the next request and the next stream succeed."""
    fault_server.script(CONVERSATION_RESPONSE, COMPLETE_STREAM)
    assert (client.conversations.get("conv_1"))["id"] == "conv_1"
    assert client.messages.stream("conv_1", HELLO).get_final_text() == "Hello"


def test_leaving_the_with_block_closes_the_connection(
    fault_server: FaultServer,
) -> None:
    fault_server.script(OPEN_STREAM)

    with make_client(fault_server) as client:
        with client.messages.stream("conv_1", HELLO) as stream:
            next(stream)
        wait_until_idle(fault_server)
        assert_client_works(client, fault_server)


def test_leaving_the_with_block_without_reading_closes_the_connection(
    fault_server: FaultServer,
) -> None:
    fault_server.script(OPEN_STREAM)

    with make_client(fault_server) as client:
        with client.messages.stream("conv_1", HELLO):
            pass
        wait_until_idle(fault_server)
        assert_client_works(client, fault_server)


def test_exception_in_the_with_block_closes_the_connection(
    fault_server: FaultServer,
) -> None:
    fault_server.script(OPEN_STREAM)

    with make_client(fault_server) as client:
        with pytest.raises(StopReadingError):
            raise_in_with_block(client.messages.stream("conv_1", HELLO))
        wait_until_idle(fault_server)
        assert_client_works(client, fault_server)


def test_abandoned_stream_closes_the_connection(fault_server: FaultServer) -> None:
    fault_server.script(OPEN_STREAM)

    with make_client(fault_server) as client:
        chunk = read_first_chunk(client)
        wait_until_idle(fault_server)
        assert_client_works(client, fault_server)

    assert chunk is not None


def test_garbage_collection_of_a_stream_in_a_cycle_closes_the_connection(
    fault_server: FaultServer,
) -> None:
    fault_server.script(OPEN_STREAM)

    with make_client(fault_server) as client:
        cycle: list[Any] = [client.messages.stream("conv_1", HELLO)]
        cycle.append(cycle)
        next(cycle[0])
        del cycle
        wait_until_idle(fault_server)
        assert_client_works(client, fault_server)


def test_break_out_of_text_stream_closes_the_connection(
    fault_server: FaultServer,
) -> None:
    fault_server.script(OPEN_STREAM)

    with make_client(fault_server) as client:
        with client.messages.stream("conv_1", HELLO) as stream:
            for _ in stream.text_stream:
                break
        wait_until_idle(fault_server)
        assert_client_works(client, fault_server)


def test_exception_in_a_callback_closes_the_connection(
    fault_server: FaultServer,
) -> None:
    fault_server.script(OPEN_STREAM)

    def callback(chunk: StreamChunk) -> None:
        raise StopReadingError

    with make_client(fault_server) as client:
        with pytest.raises(StopReadingError):
            client.messages.stream("conv_1", HELLO, callback)
        wait_until_idle(fault_server)
        assert_client_works(client, fault_server)


@pytest.mark.parametrize(
    "fault",
    [
        event_stream(text_event("Hel"), b"data: {\n\n", threading.Event()),
        event_stream(text_event("Hel"), sse_event({"type": "error"}), threading.Event()),
        event_stream(text_event("Hel"), end="close"),
        event_stream(text_event("Hel"), end="reset"),
        *STALLED,
        reset_connection(),
        close_connection(),
    ],
)
def test_client_works_after_a_failed_stream(fault_server: FaultServer, fault: Any) -> None:
    fault_server.script(fault)

    with make_client(fault_server, retry_attempts=0) as client:
        view = client.with_options(timeout=SHORT_TIMEOUT if fault in STALLED else 20)
        with pytest.raises(ChatRoutesError):
            view.messages.stream("conv_1", HELLO).get_final_text()
        wait_until_idle(fault_server)
        assert_client_works(client, fault_server)


@pytest.mark.parametrize(
    "fault", [truncated_body(b"{"), STALLED[-1], reset_connection(), close_connection()]
)
def test_client_works_after_a_failed_request(fault_server: FaultServer, fault: Any) -> None:
    fault_server.script(fault)

    with make_client(fault_server, retry_attempts=0) as client:
        view = client.with_options(timeout=SHORT_TIMEOUT if fault in STALLED else 20)
        with pytest.raises(NetworkError):
            view.conversations.get("conv_1")
        wait_until_idle(fault_server)
        assert_client_works(client, fault_server)


def test_requests_share_a_connection(fault_server: FaultServer) -> None:
    fault_server.script(CONVERSATION_RESPONSE, repeat_last=True)

    with make_client(fault_server) as client:
        for _ in range(5):
            client.conversations.get("conv_1")

    assert fault_server.connection_count == 1


def test_stale_connection_is_replaced(
    fault_server: FaultServer,
) -> None:
    response = CONVERSATION_RESPONSE
    fault_server.script(response, close_connection(), response)

    with make_client(fault_server) as client:
        client.conversations.get("conv_1")
        client.conversations.get("conv_1")

    assert len(fault_server.requests) == 3


def test_close_interrupts_open_streams(fault_server: FaultServer) -> None:
    fault_server.script(OPEN_STREAM, OPEN_STREAM, OPEN_STREAM)
    client = make_client(fault_server)
    streams = [client.messages.stream("conv_1", HELLO) for _ in range(3)]
    for stream in streams:
        next(stream)

    client.close()

    wait_until_idle(fault_server)
    for stream in streams:
        with pytest.raises(StreamInterruptedError) as caught:
            next(stream)
        assert caught.value.partial_content == "Hel"
    streams[0].close()


def test_stream_can_be_read_after_its_client_is_dropped(
    fault_server: FaultServer,
) -> None:
    fault_server.script(COMPLETE_STREAM)
    client = make_client(fault_server)
    stream = client.messages.stream("conv_1", HELLO)
    view = client.with_options(timeout=5)
    connections = [client]
    del client

    assert stream.get_final_text() == "Hello"

    del stream, view
    connections.pop().close()
    wait_until_idle(fault_server)


def test_closed_client_raises(fault_server: FaultServer) -> None:
    client = make_client(fault_server)
    view = client.with_options(timeout=5)
    client.close()
    client.close()

    for each in [client, view]:
        with pytest.raises(ChatRoutesError, match="was closed"):
            each.conversations.get("conv_1")
        with pytest.raises(ChatRoutesError, match="was closed"):
            each.messages.stream("conv_1", HELLO).get_final_text()

    assert fault_server.requests == []


class LocalObject:
    """An object in a local variable of the program."""


@pytest.mark.parametrize(
    "response", [COMPLETE_STREAM, event_stream(*DOCUMENTED_EVENTS, end="stall")]
)
def test_complete_stream_leaves_no_reference_cycle(
    fault_server: FaultServer, response: Any
) -> None:
    fault_server.script(response)

    def read_stream(client: ChatRoutes) -> weakref.ref[LocalObject]:
        local_object = LocalObject()
        assert client.messages.stream("conv_1", HELLO).get_final_text() == "Hello"
        return weakref.ref(local_object)

    with make_client(fault_server) as client:
        gc.disable()
        try:
            survivor = (read_stream(client))()
        finally:
            gc.enable()

    assert survivor is None
