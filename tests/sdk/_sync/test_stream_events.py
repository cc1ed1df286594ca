# Derived from tests/sdk/_async/test_stream_events.py by scripts/regen.py. Do not edit.

"""The typed events of a stream, and the attributes of a stream that describe its reply."""

from __future__ import annotations

import contextlib
from typing import Any

import pytest

from chatroutes import (
    MessageStream,
    ChatRoutesError,
    DoneEvent,
    ErrorEvent,
    NotFoundError,
    ReplyEvent,
    ServerError,
    StreamInterruptedError,
    TextEvent,
    UnknownEvent,
    UsageEvent,
)
from tests.support.fault_responses import event_stream, json_response
from tests.support.fault_server import FaultServer
from tests.support.idle import wait_until_idle
from tests.support.payloads import (
    COMPACT_EVENTS,
    DONE_EVENT,
    FINISH_EVENT,
    HELLO,
    OPEN_STREAM,
    sse_event,
    text_event,
)
from tests.support.resumable_stream import ResumableStream, encode, make_events

from .clients import make_client

USAGE = {"promptTokens": 1, "completionTokens": 2, "totalTokens": 3}
USAGE_EVENT = sse_event({"id": "m", "choices": [], "usage": USAGE})


def read_events(server: FaultServer) -> tuple[list[ReplyEvent], MessageStream]:
    """Return the events of a stream, and the stream."""
    with make_client(server) as client:
        stream = client.messages.stream("conv_1", HELLO)
        return [event for event in stream.events()], stream


@pytest.mark.parametrize(
    "parts",
    [
        pytest.param(
            [text_event("Hel"), text_event(""), text_event("lo"), USAGE_EVENT, FINISH_EVENT],
            id="documented",
        ),
        pytest.param(COMPACT_EVENTS, id="compact"),
    ],
)
def test_events_have_the_text_the_usage_and_the_end(
    fault_server: FaultServer, parts: list[bytes]
) -> None:
    fault_server.script(event_stream(*parts, DONE_EVENT))

    events, stream = read_events(fault_server)

    done = events.pop()
    assert events == [TextEvent("Hel"), TextEvent("lo"), UsageEvent(USAGE)]  # type: ignore[arg-type]
    assert isinstance(done, DoneEvent)
    assert done.finish_reason == "stop"
    assert done.response == stream.get_final_response()
    assert [each.type for each in [*events, done]] == ["text", "text", "usage", "done"]


def test_unknown_kinds_of_events_are_passed_through(fault_server: FaultServer) -> None:
    thought = {"type": "thinking", "content": "Hm."}
    fault_server.script(
        event_stream(
            b'event: tool_call\ndata: {"name": "search"}\n\n',
            b"event: note\ndata: plain text\n\n",
            b": comment\n\n",
            b"data: \n\n",
            sse_event(thought),
            text_event("Hi"),
            FINISH_EVENT,
        )
    )

    events, _ = read_events(fault_server)

    assert events[:-1] == [
        UnknownEvent("tool_call", {"name": "search"}),
        UnknownEvent("note", "plain text"),
        UnknownEvent("thinking", thought),
        TextEvent("Hi"),
    ]


@pytest.mark.parametrize(
    ("end", "error_class"),
    [
        pytest.param(b'event: error\ndata: {"message": "Oh."}\n\n', ServerError, id="event"),
        pytest.param(b": cut\n\n", StreamInterruptedError, id="cut"),
    ],
)
def test_a_stream_that_fails_ends_with_an_error_event(
    fault_server: FaultServer, end: bytes, error_class: type[ChatRoutesError]
) -> None:
    fault_server.script(event_stream(text_event("Hel"), end))

    events, stream = read_events(fault_server)

    assert events[0] == TextEvent("Hel")
    assert isinstance(events[1], ErrorEvent)
    assert type(events[1].error) is error_class
    assert events[1].error.partial_content == "Hel"
    assert (len(events), stream.status) == (2, "failed")


def test_a_request_that_fails_is_an_error_event(fault_server: FaultServer) -> None:
    fault_server.script(json_response(404, {"error": "NOT_FOUND", "message": "No."}))

    events, _ = read_events(fault_server)

    assert [type(each) for each in events] == [ErrorEvent]
    assert isinstance(events[0], ErrorEvent)
    assert isinstance(events[0].error, NotFoundError)


def test_events_of_a_closed_stream_raise(fault_server: FaultServer) -> None:
    fault_server.script(OPEN_STREAM)

    with make_client(fault_server) as client:
        stream = client.messages.stream("conv_1", HELLO)
        events = stream.events()
        assert next(events) == TextEvent("Hel")
        stream.close()
        with pytest.raises(ChatRoutesError, match="closed before its end"):
            next(events)


def test_chunks_never_contain_events_of_unknown_kinds(fault_server: FaultServer) -> None:
    ping = b"event: ping\ndata: {}\n\n"
    fault_server.script(event_stream(ping, text_event("a"), ping, text_event("b"), FINISH_EVENT))

    with make_client(fault_server) as client:
        stream = client.messages.stream("conv_1", HELLO)
        assert next(stream.events()) == UnknownEvent("ping", {})
        assert [chunk["choices"][0]["delta"] for chunk in stream] == [
            {"content": "a"},
            {"content": "b"},
            {},
        ]


def test_events_of_a_resumed_stream_come_once(fault_server: FaultServer) -> None:
    events = make_events("compact")
    service = ResumableStream(fault_server, events)
    service.cuts = [(len(encode(events[:2])), "close")]

    received, stream = read_events(fault_server)

    texts = [each.text for each in received if isinstance(each, TextEvent)]
    assert ("".join(texts), stream.resumed) == (stream.text, 1)
    assert isinstance(received[-1], DoneEvent)


def test_closing_the_iterators_closes_the_stream(fault_server: FaultServer) -> None:
    fault_server.script(OPEN_STREAM, repeat_last=True)

    with make_client(fault_server) as client:
        for number in range(3):
            stream = client.messages.stream("conv_1", HELLO)
            iterator: Any = [stream, stream.text_stream, stream.events()][number]
            with contextlib.closing(iterator):
                for _ in iterator:
                    break
            assert stream.status == "closed"
            wait_until_idle(fault_server)


def test_a_stream_describes_its_reply(fault_server: FaultServer) -> None:
    complete = sse_event(
        {
            "type": "complete",
            "message": {"id": "msg_7", "role": "assistant", "content": "Hello"},
            "usage": USAGE,
            "model": "gpt-5",
        }
    )
    fault_server.script(event_stream(*COMPACT_EVENTS[:2], complete))

    with make_client(fault_server) as client:
        stream = client.messages.stream("conv_1", HELLO)
        assert describe(stream) == ("not sent", "", None, None, None, None)
        next(stream)
        assert describe(stream) == ("open", "Hel", "gpt-5", None, None, None)
        stream.get_final_text()
        assert describe(stream) == ("finished", "Hello", "gpt-5", "stop", USAGE, "msg_7")


@pytest.mark.parametrize("name", ["message", "assistantMessage"])
def test_the_model_can_be_in_the_message_at_the_end(fault_server: FaultServer, name: str) -> None:
    message = {"id": "msg_7", "content": "Hello", "metadata": {"model": "gpt-5-0807"}}
    fault_server.script(
        event_stream(
            sse_event({"type": "content", "content": "Hello"}),
            sse_event({"type": "complete", name: message}),
        )
    )

    with make_client(fault_server) as client:
        stream = client.messages.stream("conv_1", HELLO)
        stream.get_final_text()
        assert stream.model == "gpt-5-0807"


def describe(stream: MessageStream) -> tuple[Any, ...]:
    """Return the attributes of a stream that describe its reply."""
    return (
        stream.status,
        stream.text,
        stream.model,
        stream.finish_reason,
        stream.usage,
        stream.response_id,
    )


def test_the_repr_has_no_api_key(fault_server: FaultServer) -> None:
    with make_client(fault_server) as client:
        fault_server.script(
            event_stream(sse_event({"type": "content", "content": "a", "model": client.api_key}))
        )
        stream = client.messages.stream("conv_1", HELLO)
        next(stream)
        assert client.api_key not in repr(stream)
        stream.close()
