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
from tests.support.fault_server import FaultServer, cut_body, event_stream, hang_up, reset, stall
from tests.support.idle import wait_until_idle
from tests.support.payloads import CONVERSATION, DOCUMENTED, HELLO, WHOLE, event, piece, success

from .clients import BRIEF, client_of

SILENT = [
    event_stream(piece("Hel"), end="stall"),
    event_stream(b"<p>", threading.Event(), content_type="text/html"),
    event_stream(b"<p>", threading.Event(), content_type="text/html", status=404),
    stall(),
]
OPEN = event_stream(piece("Hel"), threading.Event())


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


def works(client: ChatRoutes, faults: FaultServer) -> None:
    """See that the next call goes well."""
    faults.script(success({"conversation": CONVERSATION}), WHOLE)
    assert (client.conversations.get("conv_1"))["id"] == "conv_1"
    assert client.messages.stream("conv_1", HELLO).get_final_text() == "Hello"


def test_leaving_a_with_in_mid_stream_closes_its_connection(faults: FaultServer) -> None:
    faults.script(OPEN)

    with client_of(faults) as client:
        with client.messages.stream("conv_1", HELLO) as stream:
            next(stream)
        wait_until_idle(faults)
        works(client, faults)


def test_leaving_a_with_unread_closes_its_connection(faults: FaultServer) -> None:
    faults.script(OPEN)

    with client_of(faults) as client:
        with client.messages.stream("conv_1", HELLO):
            pass
        wait_until_idle(faults)
        works(client, faults)


def test_an_exception_inside_the_with_passes_and_closes_its_connection(
    faults: FaultServer,
) -> None:
    faults.script(OPEN)

    with client_of(faults) as client:
        with pytest.raises(StopReadingError):
            raise_inside(client.messages.stream("conv_1", HELLO))
        wait_until_idle(faults)
        works(client, faults)


def test_a_stream_that_is_dropped_closes_its_connection(faults: FaultServer) -> None:
    faults.script(OPEN)

    with client_of(faults) as client:
        chunk = read_one(client)
        wait_until_idle(faults)
        works(client, faults)

    assert chunk is not None


def test_a_stream_in_a_cycle_closes_its_connection_when_collected(
    faults: FaultServer,
) -> None:
    faults.script(OPEN)

    with client_of(faults) as client:
        cycle: list[Any] = [client.messages.stream("conv_1", HELLO)]
        cycle.append(cycle)
        next(cycle[0])
        del cycle
        wait_until_idle(faults)
        works(client, faults)


def test_breaking_out_of_the_text_inside_a_with_closes_its_connection(
    faults: FaultServer,
) -> None:
    faults.script(OPEN)

    with client_of(faults) as client:
        with client.messages.stream("conv_1", HELLO) as stream:
            for _ in stream.text_stream:
                break
        wait_until_idle(faults)
        works(client, faults)


def test_an_exception_of_a_callback_passes_and_closes_its_connection(
    faults: FaultServer,
) -> None:
    faults.script(OPEN)

    def callback(chunk: StreamChunk) -> None:
        raise StopReadingError

    with client_of(faults) as client:
        with pytest.raises(StopReadingError):
            client.messages.stream("conv_1", HELLO, callback)
        wait_until_idle(faults)
        works(client, faults)


@pytest.mark.parametrize(
    "fault",
    [
        event_stream(piece("Hel"), b"data: {\n\n", threading.Event()),
        event_stream(piece("Hel"), event({"type": "error"}), threading.Event()),
        event_stream(piece("Hel"), end="close"),
        event_stream(piece("Hel"), end="reset"),
        *SILENT,
        reset(),
        hang_up(),
    ],
)
def test_after_a_stream_that_failed_the_next_call_works(faults: FaultServer, fault: Any) -> None:
    faults.script(fault)

    with client_of(faults, retry_attempts=0) as client:
        view = client.with_options(timeout=BRIEF if fault in SILENT else 20)
        with pytest.raises(ChatRoutesError):
            view.messages.stream("conv_1", HELLO).get_final_text()
        wait_until_idle(faults)
        works(client, faults)


@pytest.mark.parametrize("fault", [cut_body(b"{"), SILENT[-1], reset(), hang_up()])
def test_after_a_call_that_failed_the_next_one_works(faults: FaultServer, fault: Any) -> None:
    faults.script(fault)

    with client_of(faults, retry_attempts=0) as client:
        view = client.with_options(timeout=BRIEF if fault in SILENT else 20)
        with pytest.raises(NetworkError):
            view.conversations.get("conv_1")
        wait_until_idle(faults)
        works(client, faults)


def test_calls_and_whole_streams_share_a_connection(faults: FaultServer) -> None:
    faults.script(success({"conversation": CONVERSATION}), repeat_last=True)

    with client_of(faults) as client:
        for _ in range(5):
            client.conversations.get("conv_1")

    assert faults.connections_made == 1


def test_a_connection_that_the_server_closed_meanwhile_costs_no_error(
    faults: FaultServer,
) -> None:
    answer = success({"conversation": CONVERSATION})
    faults.script(answer, hang_up(), answer)

    with client_of(faults) as client:
        client.conversations.get("conv_1")
        client.conversations.get("conv_1")

    assert len(faults.requests) == 3


def test_closing_the_client_ends_its_open_streams(faults: FaultServer) -> None:
    faults.script(OPEN, OPEN, OPEN)
    client = client_of(faults)
    streams = [client.messages.stream("conv_1", HELLO) for _ in range(3)]
    for stream in streams:
        next(stream)

    client.close()

    wait_until_idle(faults)
    for stream in streams:
        with pytest.raises(StreamInterruptedError) as caught:
            next(stream)
        assert caught.value.partial_content == "Hel"
    streams[0].close()


def test_a_stream_may_outlive_the_client_that_it_comes_from(faults: FaultServer) -> None:
    faults.script(WHOLE)
    client = client_of(faults)
    stream = client.messages.stream("conv_1", HELLO)
    owner = client.with_options(timeout=5)
    connections = [client]
    del client

    assert stream.get_final_text() == "Hello"

    del stream, owner
    connections.pop().close()
    wait_until_idle(faults)


def test_a_call_on_a_client_that_was_closed_is_refused(faults: FaultServer) -> None:
    client = client_of(faults)
    view = client.with_options(timeout=5)
    client.close()
    client.close()

    for each in [client, view]:
        with pytest.raises(ChatRoutesError, match="was closed"):
            each.conversations.get("conv_1")

    assert faults.requests == []


class Bystander:
    """What a program holds in a variable."""


@pytest.mark.parametrize("answer", [WHOLE, event_stream(*DOCUMENTED, end="stall")])
def test_what_went_well_leaves_nothing_for_the_garbage_collector(
    faults: FaultServer, answer: Any
) -> None:
    faults.script(answer)

    def use(client: ChatRoutes) -> weakref.ref[Bystander]:
        bystander = Bystander()
        assert client.messages.stream("conv_1", HELLO).get_final_text() == "Hello"
        return weakref.ref(bystander)

    with client_of(faults) as client:
        gc.disable()
        try:
            left = (use(client))()
        finally:
            gc.enable()

    assert left is None
