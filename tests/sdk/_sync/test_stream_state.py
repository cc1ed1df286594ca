# Derived from tests/sdk/_async/test_stream_state.py by scripts/regen.py. Do not edit.

"""The state of a stream: closed while a read waits, closed before its end, never read."""

from __future__ import annotations

import gc
import json
import threading
import warnings
from typing import Any

import httpx
import pytest

from chatroutes import ChatRoutes, ChatRoutesError, StreamInterruptedError
from tests.support.concurrent_close import close_during_read
from tests.support.fault_responses import event_stream, json_response, stall
from tests.support.fault_server import FaultServer
from tests.support.idle import wait_until_idle
from tests.support.payloads import (
    API_KEY,
    COMPLETE_STREAM,
    CONVERSATION_RESPONSE,
    HELLO,
    OPEN_STREAM,
    success_response,
    text_event,
)

from .clients import make_client

pytestmark = pytest.mark.transport


@pytest.mark.parametrize("timeout", [None, 20])
def test_close_during_a_read_interrupts_it(fault_server: FaultServer, timeout: Any) -> None:
    fault_server.script(OPEN_STREAM)

    with make_client(fault_server, timeout=timeout) as client:
        stream = client.messages.stream("conv_1", HELLO)
        next(stream)
        error = close_during_read(fault_server, stream, stream.__next__)

        assert type(error) is StreamInterruptedError
        assert error.message == "The stream was closed while a read waited for the next chunk."
        assert (error.status_code, error.partial_content) == (0, "Hel")
        with pytest.raises(StreamInterruptedError) as caught:
            next(stream)
        assert caught.value is error
        wait_until_idle(fault_server)
        fault_server.script(CONVERSATION_RESPONSE)
        assert (client.conversations.get("conv_1"))["id"] == "conv_1"

    assert len(fault_server.requests) == 2


def test_close_before_the_first_event_interrupts_the_read(fault_server: FaultServer) -> None:
    fault_server.script(event_stream(b": hello\n\n", threading.Event()))

    with make_client(fault_server) as client:
        stream = client.messages.stream("conv_1", HELLO)
        stream.__enter__()
        error = close_during_read(fault_server, stream, stream.get_final_text)
        wait_until_idle(fault_server)

    assert error.partial_content == ""
    assert len(fault_server.requests) == 1


def test_close_during_the_wait_before_a_retry_interrupts_the_read(
    fault_server: FaultServer,
) -> None:
    fault_server.script(json_response(503, {"error": "BUSY"}, {"Retry-After": "20"}))

    with make_client(fault_server) as client:
        stream = client.messages.stream("conv_1", HELLO)
        error = close_during_read(fault_server, stream, stream.get_final_text)

    assert type(error) is StreamInterruptedError
    assert len(fault_server.requests) == 1


@pytest.mark.parametrize("timeout", [None, 20])
def test_close_before_the_response_interrupts_the_read(
    fault_server: FaultServer, timeout: Any
) -> None:
    fault_server.script(stall())

    with make_client(fault_server, timeout=timeout) as client:
        stream = client.messages.stream("conv_1", HELLO)
        error = close_during_read(fault_server, stream, stream.get_final_text)
        wait_until_idle(fault_server)

    assert type(error) is StreamInterruptedError
    assert len(fault_server.requests) == 1


def test_close_during_a_read_over_a_client_of_the_user(fault_server: FaultServer) -> None:
    fault_server.script(OPEN_STREAM)

    with (
        httpx.Client(trust_env=False, verify=False, timeout=None) as own,
        make_client(fault_server, timeout=None, http_client=own) as client,
    ):
        stream = client.messages.stream("conv_1", HELLO)
        next(stream)
        error = close_during_read(fault_server, stream, stream.__next__)
        wait_until_idle(fault_server)

    assert error.partial_content == "Hel"


def test_close_does_not_interrupt_other_requests(fault_server: FaultServer) -> None:
    fault_server.script(OPEN_STREAM, COMPLETE_STREAM)

    with make_client(fault_server) as client:
        stream, other = (client.messages.stream("conv_1", HELLO) for _ in range(2))
        next(stream)
        next(other)
        close_during_read(fault_server, stream, stream.__next__)
        assert other.get_final_text() == "Hello"


def test_reading_after_the_with_block_raises_an_error_with_the_fix(
    fault_server: FaultServer,
) -> None:
    fault_server.script(OPEN_STREAM)

    with make_client(fault_server) as client:
        with client.messages.stream("conv_1", HELLO) as stream:
            next(stream)
        for read in [stream.get_final_response, stream.get_final_text, stream.__next__]:
            with pytest.raises(
                ChatRoutesError, match=r"before its end.*inside its `with`"
            ) as caught:
                read()
            assert caught.value.partial_content == "Hel"

    assert stream.text == "Hel"


def test_text_is_available_in_every_state(fault_server: FaultServer) -> None:
    fault_server.script(COMPLETE_STREAM, event_stream(text_event("Hel")))

    with make_client(fault_server) as client:
        stream = client.messages.stream("conv_1", HELLO)
        assert stream.text == ""
        next(stream)
        assert stream.text == "Hel"
        stream.get_final_text()
        assert stream.text == "Hello"
        failed = client.messages.stream("conv_1", HELLO)
        with pytest.raises(StreamInterruptedError):
            failed.get_final_text()
        assert failed.text == "Hel"


def test_repr_has_the_state(fault_server: FaultServer) -> None:
    fault_server.script(COMPLETE_STREAM, OPEN_STREAM, event_stream(text_event("Hel")))
    states: list[str] = []

    with make_client(fault_server) as client:
        streams = [client.messages.stream("conv_1", HELLO) for _ in range(4)]
        states.append(repr(streams[0]))
        next(streams[0])
        states.append(repr(streams[0]))
        streams[0].get_final_text()
        states.append(repr(streams[0]))
        with streams[1]:
            states.append(repr(streams[1]))
        states.append(repr(streams[1]))
        with pytest.raises(StreamInterruptedError):
            streams[2].get_final_text()
        states.append(repr(streams[2]))
        streams[3].close()
        states.append(repr(streams[3]))
        name = type(streams[0]).__name__

    first, whole = " model='gpt-4' characters=3", " model='gpt-4' finish_reason='stop' characters=5"
    assert states == [
        f"<{name} [{state}] POST /conversations/conv_1/messages/stream{facts}>"
        for state, facts in [
            ("not sent", ""),
            ("open", first),
            ("finished", whole),
            ("open", ""),
            ("closed", ""),
            ("failed", first),
            ("closed", ""),
        ]
    ]


def test_repr_shortens_long_texts(fault_server: FaultServer) -> None:
    event = {
        "model": "m" * 110 + API_KEY + "m" * 100_000,
        "choices": [{"index": 0, "delta": {"content": "Hi"}, "finish_reason": "f" * 100_000}],
    }
    fault_server.script(event_stream(f"data: {json.dumps(event)}\n\n".encode()))

    with make_client(fault_server) as client:
        stream = client.messages.stream("conv_1", HELLO)
        next(stream)
        shown = repr(stream)
        stream.close()

    assert f"model='{'m' * 110}***{'m' * 7}…'" in shown
    assert f"finish_reason='{'f' * 120}…'" in shown


def test_stream_that_was_never_read_warns(fault_server: FaultServer) -> None:
    with make_client(fault_server) as client:
        streams = [client.messages.stream("conv_1", HELLO)]
        with pytest.warns(RuntimeWarning, match="was never read, so its message was not sent"):
            streams.clear()

    assert fault_server.requests == []


def test_used_streams_do_not_warn(fault_server: FaultServer) -> None:
    fault_server.script(COMPLETE_STREAM, OPEN_STREAM, success_response({}))

    with make_client(fault_server) as client:
        with warnings.catch_warnings():
            warnings.simplefilter("error", RuntimeWarning)
            client.messages.stream("conv_1", HELLO).get_final_text()
            with client.messages.stream("conv_1", HELLO):
                pass
            with pytest.raises(ChatRoutesError):
                client.messages.stream("conv_1", HELLO).get_final_text()
            client.messages.stream("conv_1", HELLO).close()
            with pytest.raises(ChatRoutesError):
                client.messages.stream("", HELLO)
            gc.collect()


def test_reading_in_two_places_raises(fault_server: FaultServer) -> None:
    fault_server.script(OPEN_STREAM)
    errors: list[ChatRoutesError] = []

    with make_client(fault_server) as client:
        stream = client.messages.stream("conv_1", HELLO)
        next(stream)

        def close() -> None:
            with pytest.raises(ChatRoutesError, match="Another task or thread") as caught:
                next(stream)
            errors.append(caught.value)
            original_close()

        original_close = stream.close
        close_during_read(fault_server, _Closing(stream, close), stream.__next__)

    assert len(errors) == 1


class _Closing:
    """A stream whose `close` does something else first."""

    def __init__(self, stream: Any, close: Any) -> None:
        self._interruption = stream._interruption
        self.close = close


def test_stream_of_a_client_without_a_socket_can_be_closed_during_a_read() -> None:
    """A transport of the user may have no socket: then the read ends with the next bytes."""
    client = ChatRoutes(
        "cr_test_key",
        "http://service.example/api/v1",
        http_client=httpx.Client(
            transport=httpx.MockTransport(
                lambda request: httpx.Response(
                    200,
                    headers={"Content-Type": "text/event-stream"},
                    content=text_event("Hel"),
                )
            )
        ),
    )
    stream = client.messages.stream("conv_1", HELLO)
    next(stream)
    stream.close()
    with pytest.raises(ChatRoutesError, match="closed before its end"):
        next(stream)


@pytest.mark.parametrize("response", [OPEN_STREAM, stall()])
def test_close_of_the_client_interrupts_a_read(fault_server: FaultServer, response: Any) -> None:
    fault_server.script(response)
    client = make_client(fault_server, timeout=None)
    stream = client.messages.stream("conv_1", HELLO)

    def read() -> None:
        for _ in stream:
            pass

    error = close_during_read(fault_server, _Closing(stream, client.close), read)

    assert isinstance(error, ChatRoutesError)
    assert len(fault_server.requests) == 1
    wait_until_idle(fault_server)
