# Derived from tests/sdk/_async/test_stream_close.py by scripts/regen.py. Do not edit.

"""Whatever ends a stream or a call, its connection is closed or free for the next one."""

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
    CONVERSATION,
    DOCUMENTED_EVENTS,
    HELLO,
    sse_event,
    success_response,
    text_event,
)

from .clients import SHORT_TIMEOUT, make_client

SILENT = [
    event_stream(text_event("Hel"), end="stall"),
    event_stream(b"<p>", threading.Event(), content_type="text/html"),
    event_stream(b"<p>", threading.Event(), content_type="text/html", status=404),
    stall(),
]
OPEN_STREAM = event_stream(text_event("Hel"), threading.Event())


class StopReadingError(Exception):
    """What a program may raise while it reads."""


def read_one(client: ChatRoutes) -> StreamChunk | None:
    """Break out of a stream after its first chunk, and drop it."""
    for chunk in client.messages.stream("conv_1", HELLO):
        return chunk
    return None


def raise_inside(stream: MessageStream) -> None:
    """Raise while a stream is read."""
    with stream:
        next(stream)
        raise StopReadingError


def works(client: ChatRoutes, fault_server: FaultServer) -> None:
    """See that the next call goes well."""
    fault_server.script(success_response({"conversation": CONVERSATION}), COMPLETE_STREAM)
    assert (client.conversations.get("conv_1"))["id"] == "conv_1"
    assert client.messages.stream("conv_1", HELLO).get_final_text() == "Hello"


def test_leaving_a_with_in_mid_stream_closes_its_connection(
    fault_server: FaultServer,
) -> None:
    fault_server.script(OPEN_STREAM)

    with make_client(fault_server) as client:
        with client.messages.stream("conv_1", HELLO) as stream:
            next(stream)
        wait_until_idle(fault_server)
        works(client, fault_server)


def test_leaving_a_with_unread_closes_its_connection(fault_server: FaultServer) -> None:
    fault_server.script(OPEN_STREAM)

    with make_client(fault_server) as client:
        with client.messages.stream("conv_1", HELLO):
            pass
        wait_until_idle(fault_server)
        works(client, fault_server)


def test_an_exception_inside_the_with_passes_and_closes_its_connection(
    fault_server: FaultServer,
) -> None:
    fault_server.script(OPEN_STREAM)

    with make_client(fault_server) as client:
        with pytest.raises(StopReadingError):
            raise_inside(client.messages.stream("conv_1", HELLO))
        wait_until_idle(fault_server)
        works(client, fault_server)


def test_a_stream_that_is_dropped_closes_its_connection(fault_server: FaultServer) -> None:
    fault_server.script(OPEN_STREAM)

    with make_client(fault_server) as client:
        chunk = read_one(client)
        wait_until_idle(fault_server)
        works(client, fault_server)

    assert chunk is not None


def test_a_stream_in_a_cycle_closes_its_connection_when_collected(
    fault_server: FaultServer,
) -> None:
    fault_server.script(OPEN_STREAM)

    with make_client(fault_server) as client:
        cycle: list[Any] = [client.messages.stream("conv_1", HELLO)]
        cycle.append(cycle)
        next(cycle[0])
        del cycle
        wait_until_idle(fault_server)
        works(client, fault_server)


def test_breaking_out_of_the_text_inside_a_with_closes_its_connection(
    fault_server: FaultServer,
) -> None:
    fault_server.script(OPEN_STREAM)

    with make_client(fault_server) as client:
        with client.messages.stream("conv_1", HELLO) as stream:
            for _ in stream.text_stream:
                break
        wait_until_idle(fault_server)
        works(client, fault_server)


def test_an_exception_of_a_callback_passes_and_closes_its_connection(
    fault_server: FaultServer,
) -> None:
    fault_server.script(OPEN_STREAM)

    def callback(chunk: StreamChunk) -> None:
        raise StopReadingError

    with make_client(fault_server) as client:
        with pytest.raises(StopReadingError):
            client.messages.stream("conv_1", HELLO, callback)
        wait_until_idle(fault_server)
        works(client, fault_server)


@pytest.mark.parametrize(
    "fault",
    [
        event_stream(text_event("Hel"), b"data: {\n\n", threading.Event()),
        event_stream(text_event("Hel"), sse_event({"type": "error"}), threading.Event()),
        event_stream(text_event("Hel"), end="close"),
        event_stream(text_event("Hel"), end="reset"),
        *SILENT,
        reset_connection(),
        close_connection(),
    ],
)
def test_after_a_stream_that_failed_the_next_call_works(
    fault_server: FaultServer, fault: Any
) -> None:
    fault_server.script(fault)

    with make_client(fault_server, retry_attempts=0) as client:
        view = client.with_options(timeout=SHORT_TIMEOUT if fault in SILENT else 20)
        with pytest.raises(ChatRoutesError):
            view.messages.stream("conv_1", HELLO).get_final_text()
        wait_until_idle(fault_server)
        works(client, fault_server)


@pytest.mark.parametrize(
    "fault", [truncated_body(b"{"), SILENT[-1], reset_connection(), close_connection()]
)
def test_after_a_call_that_failed_the_next_one_works(fault_server: FaultServer, fault: Any) -> None:
    fault_server.script(fault)

    with make_client(fault_server, retry_attempts=0) as client:
        view = client.with_options(timeout=SHORT_TIMEOUT if fault in SILENT else 20)
        with pytest.raises(NetworkError):
            view.conversations.get("conv_1")
        wait_until_idle(fault_server)
        works(client, fault_server)


def test_calls_and_whole_streams_share_a_connection(fault_server: FaultServer) -> None:
    fault_server.script(success_response({"conversation": CONVERSATION}), repeat_last=True)

    with make_client(fault_server) as client:
        for _ in range(5):
            client.conversations.get("conv_1")

    assert fault_server.connection_count == 1


def test_a_connection_that_the_server_closed_meanwhile_costs_no_error(
    fault_server: FaultServer,
) -> None:
    answer = success_response({"conversation": CONVERSATION})
    fault_server.script(answer, close_connection(), answer)

    with make_client(fault_server) as client:
        client.conversations.get("conv_1")
        client.conversations.get("conv_1")

    assert len(fault_server.requests) == 3


def test_closing_the_client_ends_its_open_streams(fault_server: FaultServer) -> None:
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


def test_a_stream_may_outlive_the_client_that_it_comes_from(
    fault_server: FaultServer,
) -> None:
    fault_server.script(COMPLETE_STREAM)
    client = make_client(fault_server)
    stream = client.messages.stream("conv_1", HELLO)
    owner = client.with_options(timeout=5)
    connections = [client]
    del client

    assert stream.get_final_text() == "Hello"

    del stream, owner
    connections.pop().close()
    wait_until_idle(fault_server)


def test_a_call_on_a_client_that_was_closed_is_refused(fault_server: FaultServer) -> None:
    client = make_client(fault_server)
    view = client.with_options(timeout=5)
    client.close()
    client.close()

    for each in [client, view]:
        with pytest.raises(ChatRoutesError, match="was closed"):
            each.conversations.get("conv_1")

    assert fault_server.requests == []


class Bystander:
    """What a program holds in a variable."""


@pytest.mark.parametrize("answer", [COMPLETE_STREAM, event_stream(*DOCUMENTED_EVENTS, end="stall")])
def test_what_went_well_leaves_nothing_for_the_garbage_collector(
    fault_server: FaultServer, answer: Any
) -> None:
    fault_server.script(answer)

    def use(client: ChatRoutes) -> weakref.ref[Bystander]:
        bystander = Bystander()
        assert client.messages.stream("conv_1", HELLO).get_final_text() == "Hello"
        return weakref.ref(bystander)

    with make_client(fault_server) as client:
        gc.disable()
        try:
            left = (use(client))()
        finally:
            gc.enable()

    assert left is None
