# Derived from tests/sdk/_async/test_interrupted_streams.py by scripts/regen.py. Do not edit.

"""A reply that is cut off, falls silent or tells of an error: what is raised, and with which text so far."""

from __future__ import annotations

import threading
from collections.abc import Callable
from typing import Any

import pytest

from chatroutes import (
    MessageStream,
    AuthenticationError,
    ChatRoutesError,
    NotFoundError,
    RateLimitError,
    RequestTimeoutError,
    ResponseError,
    ServerError,
    StreamInterruptedError,
)
from tests.support.fault_responses import event_stream
from tests.support.fault_server import FaultServer
from tests.support.payloads import (
    API_KEY,
    COMPACT_EVENTS,
    COMPLETE_STREAM,
    DOCUMENTED_EVENTS,
    DONE_EVENT,
    HELLO,
    sse_event,
    success_response,
    text_event,
)

from .clients import SHORT_TIMEOUT, make_client

# Each begins with one whole chunk, "Hä", and breaks off; and says whether an event was cut.
HALF = sse_event({"type": "content", "content": "ö"})
CUTS: list[Any] = [
    pytest.param((), "clean", False, id="clean end"),
    pytest.param((), "close", False, id="closed"),
    pytest.param((), "reset", False, id="reset"),
    pytest.param((HALF[:9],), "clean", True, id="in the middle of an event"),
    pytest.param((HALF[:-1],), "clean", True, id="before the blank line"),
    pytest.param((HALF[: HALF.index("ö".encode()) + 1],), "close", True, id="in a character"),
    pytest.param((b"event: complete\n",), "close", True, id="after the type"),
]


@pytest.mark.parametrize(("rest", "end", "held"), CUTS)
def test_a_stream_without_its_end_is_interrupted(
    fault_server: FaultServer, rest: tuple[bytes, ...], end: Any, held: bool
) -> None:
    fault_server.script(
        event_stream(sse_event({"type": "content", "content": "Hä"}), *rest, end=end)
    )

    with make_client(fault_server) as client:
        stream = client.messages.stream("conv_1", HELLO)
        texts = stream.text_stream
        assert next(texts) == "Hä"
        with pytest.raises(StreamInterruptedError) as caught:
            next(texts)

    error = caught.value
    assert (error.status_code, error.partial_content) == (0, "Hä")
    assert "stopped before its end" in error.message
    assert ("in the middle of an event" in error.message) == held
    assert "streamMessage (POST /conversations/conv_1/messages/stream)" in str(error)


def test_chunks_that_came_before_the_cut_are_read_first(fault_server: FaultServer) -> None:
    fault_server.script(
        event_stream(text_event("1") + text_event("2") + text_event("3"), end="reset")
    )
    texts: list[str] = []

    with make_client(fault_server) as client:
        stream = client.messages.stream("conv_1", HELLO)
        with pytest.raises(StreamInterruptedError):
            collect(stream, texts)

    assert texts == ["1", "2", "3"]


def collect(stream: MessageStream, texts: list[str]) -> None:
    """Read the text of a stream into a list."""
    for text in stream.text_stream:
        texts.append(text)


@pytest.mark.parametrize("end", ["clean", "close", "reset", "stall"])
@pytest.mark.parametrize("pieces", [DOCUMENTED_EVENTS[:3], COMPACT_EVENTS])
def test_a_cut_after_the_reply_is_at_its_end_takes_nothing_away(
    fault_server: FaultServer, pieces: tuple[bytes, ...], end: Any
) -> None:
    fault_server.script(event_stream(*pieces, end=end))

    with make_client(fault_server, timeout=SHORT_TIMEOUT if end == "stall" else 20) as client:
        assert client.messages.stream("conv_1", HELLO).get_final_text() == "Hello"


BROKEN: list[Any] = [
    pytest.param(b"data: {\n\n", ResponseError, None, id="bad JSON"),
    pytest.param(b"data: hello\n\n", ResponseError, None, id="no JSON"),
    pytest.param(b"data: 5\n\n", ResponseError, None, id="a number"),
    pytest.param(b"data: [1]\n\n", ResponseError, None, id="a list"),
    pytest.param(b"data: null\n\n", ResponseError, None, id="null"),
    pytest.param(b"data:\n\n", ResponseError, None, id="nothing"),
    pytest.param(
        b'event: error\ndata: {"error": "RATE_LIMITED", "message": "Slow.", "retryAfter": 3}\n\n',
        RateLimitError,
        "Slow.",
        id="error event",
    ),
    pytest.param(b"event: error\ndata: Out of it.\n\n", ServerError, "Out of it.", id="plain text"),
    pytest.param(b'event: error\ndata: "Out of it."\n\n', ServerError, "Out of it.", id="string"),
    pytest.param(
        b"event: error\ndata: {}\n\n", ServerError, "The service gave no reason.", id="{}"
    ),
    pytest.param(
        sse_event({"type": "error", "error": "NOT_FOUND", "message": "Gone."}),
        NotFoundError,
        "Gone.",
        id="type error",
    ),
    pytest.param(
        sse_event({"error": {"code": "UNAUTHORIZED", "message": f"Bad {API_KEY}."}}),
        AuthenticationError,
        "Bad ***.",
        id="error object",
    ),
    pytest.param(
        sse_event({"error": {"message": "Overloaded."}, "choices": []}),
        ServerError,
        "Overloaded.",
        id="error object beside choices",
    ),
    pytest.param(sse_event({"error": "ODD"}), ServerError, "ODD", id="unknown code"),
    pytest.param(
        sse_event({"success": False, "error": "INTERNAL_ERROR", "message": "Oh."}),
        ServerError,
        "Oh.",
        id="no success",
    ),
]


@pytest.mark.parametrize("handed_over", ["", "Hel"])
@pytest.mark.parametrize(("broken", "kind", "message"), BROKEN)
def test_an_event_that_is_no_chunk_raises_and_is_not_tried_again(
    fault_server: FaultServer,
    broken: bytes,
    kind: type[ChatRoutesError],
    message: str | None,
    handed_over: str,
) -> None:
    before = (text_event(handed_over),) if handed_over else ()
    fault_server.script(event_stream(*before, broken, *DOCUMENTED_EVENTS))

    with make_client(fault_server) as client:
        with pytest.raises(ChatRoutesError) as caught:
            client.messages.stream("conv_1", HELLO).get_final_text()

    error = caught.value
    assert type(error) is kind
    assert error.partial_content == handed_over
    assert message in (None, error.message)
    assert error.retry_after == (3 if kind is RateLimitError else None)
    assert len(fault_server.requests) == 1


def test_an_error_that_a_chunk_has_none_of_is_no_error(fault_server: FaultServer) -> None:
    fault_server.script(
        event_stream(sse_event({"type": "content", "content": "Hi", "error": None}), DONE_EVENT)
    )

    with make_client(fault_server) as client:
        assert client.messages.stream("conv_1", HELLO).get_final_text() == "Hi"


def test_silence_after_the_first_event_is_a_timeout_with_the_text_so_far(
    fault_server: FaultServer,
) -> None:
    fault_server.script(event_stream(text_event("Hel"), end="stall"))

    with make_client(fault_server, timeout=SHORT_TIMEOUT) as client:
        with pytest.raises(RequestTimeoutError) as caught:
            client.messages.stream("conv_1", HELLO).get_final_text()

    assert (caught.value.status_code, caught.value.partial_content) == (0, "Hel")


def pinging(*pieces: bytes) -> Callable[[Any], bool]:
    """A stream that sends comments without end after these pieces."""
    gate = threading.Event()
    head = event_stream(*pieces, end="close")

    def answer(connection: Any) -> bool:
        head(connection)
        while not gate.wait(0.01):
            connection.send(b"7\r\n: ping\n\r\n")
        return False

    return answer


def test_comments_alone_are_silence_too(fault_server: FaultServer) -> None:
    fault_server.script(pinging(text_event("Hel")))

    with make_client(fault_server, timeout=SHORT_TIMEOUT) as client:
        with pytest.raises(RequestTimeoutError, match="No event came for") as caught:
            client.messages.stream("conv_1", HELLO).get_final_text()

    assert caught.value.partial_content == "Hel"


def test_comments_before_the_first_event_are_silence_that_is_tried_again(
    fault_server: FaultServer,
) -> None:
    fault_server.script(pinging(b": hello\n\n"), COMPLETE_STREAM)

    with make_client(fault_server, timeout=SHORT_TIMEOUT) as client:
        assert client.messages.stream("conv_1", HELLO).get_final_text() == "Hello"

    assert len(fault_server.requests) == 2


def test_comments_after_the_end_of_the_reply_take_nothing_away(
    fault_server: FaultServer,
) -> None:
    fault_server.script(pinging(*COMPACT_EVENTS))

    with make_client(fault_server, timeout=SHORT_TIMEOUT) as client:
        assert client.messages.stream("conv_1", HELLO).get_final_text() == "Hello"


def test_without_a_timeout_a_stream_may_be_silent(fault_server: FaultServer) -> None:
    gate = threading.Event()
    fault_server.script(event_stream(text_event("Hel"), gate, *DOCUMENTED_EVENTS[1:]))

    with make_client(fault_server, timeout=None) as client:
        texts = client.messages.stream("conv_1", HELLO).text_stream
        next(texts)
        gate.set()
        assert [text for text in texts] == ["lo"]


def test_after_an_error_every_read_raises_it_again(fault_server: FaultServer) -> None:
    fault_server.script(event_stream(text_event("Hel")))

    with make_client(fault_server) as client:
        stream = client.messages.stream("conv_1", HELLO)
        errors = []
        for read in [stream.get_final_text, stream.get_final_response, stream.__next__]:
            with pytest.raises(StreamInterruptedError) as caught:
                read()
            errors.append(caught.value)
        stream.close()
        with pytest.raises(StreamInterruptedError) as caught:
            next(stream)

    assert all(error is errors[0] for error in [*errors, caught.value])
    assert len(fault_server.requests) == 1


def test_after_an_error_before_the_stream_every_read_raises_it_again(
    fault_server: FaultServer,
) -> None:
    fault_server.script(success_response({}))

    with make_client(fault_server) as client:
        stream = client.messages.stream("conv_1", HELLO)
        with pytest.raises(ResponseError) as first:
            stream.__enter__()
        with pytest.raises(ResponseError) as second:
            stream.get_final_text()

    assert first.value is second.value
