"""Streams that are interrupted or time out: the error that is raised and its partial content."""

from __future__ import annotations

import threading
from collections.abc import Callable
from typing import Any

import pytest

from chatroutes import (
    AsyncMessageStream,
    RequestTimeoutError,
    ResponseError,
    StreamInterruptedError,
)
from chatroutes.events import ErrorEvent
from tests.support.fault_responses import event_stream
from tests.support.fault_server import FaultServer
from tests.support.payloads import (
    COMPACT_EVENTS,
    DOCUMENTED_EVENTS,
    HELLO,
    UNBROKEN_STREAM,
    sse_event,
    success_response,
    text_event,
)

from .clients import SHORT_TIMEOUT, make_client

pytestmark = pytest.mark.transport(combined=True)

# Only the silence after the first event is short: a busy machine may delay the event.
SHORT_SILENCE: dict[str, Any] = {"timeout": SHORT_TIMEOUT, "first_event_timeout": 60}

# What follows a first complete chunk, how the stream ends, and whether it ends in the middle of an event.
SECOND_EVENT = sse_event({"type": "content", "content": "ö"})
INTERRUPTIONS: list[Any] = [
    pytest.param((), "clean", False, id="clean end"),
    pytest.param((), "close", False, id="connection closed"),
    pytest.param((), "reset", False, id="connection reset"),
    pytest.param((SECOND_EVENT[:9],), "clean", True, id="in the middle of an event"),
    pytest.param((SECOND_EVENT[:-1],), "clean", True, id="before the blank line"),
    pytest.param(
        (SECOND_EVENT[: SECOND_EVENT.index("ö".encode()) + 1],),
        "close",
        True,
        id="in the middle of a character",
    ),
    pytest.param((b"event: complete\n",), "close", True, id="after the event type"),
]


@pytest.mark.parametrize(("parts", "end", "mid_event"), INTERRUPTIONS)
async def test_incomplete_stream_raises_stream_interrupted_error(
    fault_server: FaultServer, parts: tuple[bytes, ...], end: Any, mid_event: bool
) -> None:
    fault_server.script(
        event_stream(sse_event({"type": "content", "content": "Hä"}), *parts, end=end)
    )

    async with make_client(fault_server) as client:
        stream = client.messages.stream("conv_1", HELLO)
        texts = stream.text_stream
        assert await anext(texts) == "Hä"
        with pytest.raises(StreamInterruptedError) as caught:
            await anext(texts)

    error = caught.value
    assert (error.status_code, error.partial_content) == (0, "Hä")
    assert "stopped before its end" in error.message
    assert ("in the middle of an event" in error.message) == mid_event
    assert "streamMessage (POST /conversations/conv_1/messages/stream)" in str(error)
    assert len(fault_server.requests) == 1


async def test_chunks_before_the_interruption_are_yielded(fault_server: FaultServer) -> None:
    fault_server.script(
        event_stream(text_event("1") + text_event("2") + text_event("3"), end="reset")
    )
    texts: list[str] = []

    async with make_client(fault_server) as client:
        stream = client.messages.stream("conv_1", HELLO)
        with pytest.raises(StreamInterruptedError):
            await read_texts(stream, texts)

    assert texts == ["1", "2", "3"]


async def read_texts(stream: AsyncMessageStream, texts: list[str]) -> None:
    """Append the texts of a stream to a list."""
    async for text in stream.text_stream:
        texts.append(text)


@pytest.mark.parametrize("end", ["clean", "close", "reset", "stall"])
@pytest.mark.parametrize("parts", [DOCUMENTED_EVENTS[:3], COMPACT_EVENTS])
async def test_disconnect_after_the_complete_reply_is_ignored(
    fault_server: FaultServer, parts: tuple[bytes, ...], end: Any
) -> None:
    fault_server.script(event_stream(b"".join(parts), end=end))

    options: Any = {"timeout": SHORT_TIMEOUT if end == "stall" else 20, "first_event_timeout": 60}
    async with make_client(fault_server, **options) as client:
        assert await client.messages.stream("conv_1", HELLO).get_final_text() == "Hello"


async def test_timeout_after_the_first_event_has_the_partial_content(
    fault_server: FaultServer,
) -> None:
    fault_server.script(event_stream(text_event("Hel"), end="stall"))

    async with make_client(fault_server, **SHORT_SILENCE) as client:
        with pytest.raises(RequestTimeoutError, match="no event arrived within") as caught:
            await client.messages.stream("conv_1", HELLO).get_final_text()

    assert (caught.value.status_code, caught.value.partial_content) == (0, "Hel")
    assert "Pass a longer timeout" in (caught.value.hint or "")
    assert len(fault_server.requests) == 1


def stream_with_endless_comments(
    *parts: bytes, comment: bytes = b": ping\n"
) -> Callable[[Any], bool]:
    """Return a stream that sends these parts and then comments without end."""
    gate = threading.Event()
    send_parts = event_stream(*parts, end="close")

    def respond(connection: Any) -> bool:
        send_parts(connection)
        while not gate.wait(0.01):
            connection.send(b"%x\r\n%b\r\n" % (len(comment), comment))
        return False

    return respond


async def test_comments_do_not_reset_the_timeout(fault_server: FaultServer) -> None:
    fault_server.script(stream_with_endless_comments(text_event("Hel")))

    async with make_client(fault_server, **SHORT_SILENCE) as client:
        with pytest.raises(
            RequestTimeoutError, match="no event arrived within the timeout"
        ) as caught:
            await client.messages.stream("conv_1", HELLO).get_final_text()

    assert caught.value.partial_content == "Hel"


@pytest.mark.parametrize("comment", [b": ping\n", b"data:\n\n", b"event: message\ndata: \n\n"])
async def test_typed_events_end_with_a_timeout_despite_heartbeats(
    fault_server: FaultServer, comment: bytes
) -> None:
    fault_server.script(stream_with_endless_comments(text_event("Hel"), comment=comment))

    async with make_client(fault_server, **SHORT_SILENCE, deadline=60) as client:
        *_, last = [event async for event in client.messages.stream("conv_1", HELLO).events()]

    assert isinstance(last, ErrorEvent)
    assert isinstance(last.error, RequestTimeoutError)
    assert last.error.limit == "timeout"


async def test_timeout_before_the_first_event_is_retried_despite_comments(
    fault_server: FaultServer,
) -> None:
    comments = stream_with_endless_comments(b": hello\n\n")
    fault_server.script(comments, UNBROKEN_STREAM, repeat_last=True)

    # The second response may be late on a busy machine. Then it is requested again.
    async with make_client(fault_server, timeout=SHORT_TIMEOUT, retry_attempts=10) as client:
        assert await client.messages.stream("conv_1", HELLO).get_final_text() == "Hello"

    assert len(fault_server.requests) >= 2


async def test_comments_after_the_complete_reply_are_ignored(
    fault_server: FaultServer,
) -> None:
    fault_server.script(stream_with_endless_comments(b"".join(COMPACT_EVENTS)))

    async with make_client(fault_server, **SHORT_SILENCE) as client:
        assert await client.messages.stream("conv_1", HELLO).get_final_text() == "Hello"


async def test_stream_without_timeout_waits_for_events(fault_server: FaultServer) -> None:
    gate = threading.Event()
    fault_server.script(event_stream(text_event("Hel"), gate, *DOCUMENTED_EVENTS[1:]))

    async with make_client(fault_server, timeout=None) as client:
        texts = client.messages.stream("conv_1", HELLO).text_stream
        await anext(texts)
        gate.set()
        assert [text async for text in texts] == ["lo"]


async def test_reads_after_an_error_raise_the_same_error(fault_server: FaultServer) -> None:
    fault_server.script(event_stream(text_event("Hel")))

    async with make_client(fault_server) as client:
        stream = client.messages.stream("conv_1", HELLO)
        errors = []
        for read in [stream.get_final_text, stream.get_final_response, stream.__anext__]:
            with pytest.raises(StreamInterruptedError) as caught:
                await read()
            errors.append(caught.value)
        await stream.close()
        with pytest.raises(StreamInterruptedError) as caught:
            await anext(stream)

    assert all(error is errors[0] for error in [*errors, caught.value])
    assert len(fault_server.requests) == 1


async def test_reads_after_an_error_on_entering_raise_the_same_error(
    fault_server: FaultServer,
) -> None:
    fault_server.script(success_response({}))

    async with make_client(fault_server) as client:
        stream = client.messages.stream("conv_1", HELLO)
        with pytest.raises(ResponseError) as first:
            await stream.__aenter__()
        with pytest.raises(ResponseError) as second:
            await stream.get_final_text()

    assert first.value is second.value
