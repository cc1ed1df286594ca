# Derived from tests/sdk/_async/test_streams.py by scripts/regen.py. Do not edit.

"""Reading streams: iteration, callbacks, final results, and reading after the end."""

from __future__ import annotations

import json
import threading
from typing import Any

import pytest

from chatroutes import (
    ChatRoutesError,
    CompletedMessage,
    StreamInterruptedError,
    ValidationError,
)
from tests.support.dialect_server import TIME, USAGE
from tests.support.fault_responses import ScriptedResponse, event_stream
from tests.support.fault_server import FaultServer
from tests.support.payloads import (
    COMPACT_EVENTS,
    COMPLETE_STREAM,
    DOCUMENTED_EVENTS,
    DONE_EVENT,
    FINISH_EVENT,
    HELLO,
    MESSAGE,
    choice,
    sse_event,
    text_event,
)

from .clients import make_client

pytestmark = pytest.mark.transport

COMBINED_EVENTS = (
    sse_event({"id": "m", "type": "content", "content": "Hel", "choices": [choice("Hel")]}),
    sse_event({"id": "m", "type": "content", "content": "lo", "choices": [choice("lo")]}),
    sse_event(
        {
            "id": "m",
            "type": "complete",
            "choices": [choice(None, "stop")],
            "userMessage": {**MESSAGE, "role": "user"},
            "assistantMessage": {**MESSAGE, "content": "Hello"},
            "message": {**MESSAGE, "content": "Hello"},
        }
    ),
    DONE_EVENT,
)

# Every form in which the complete reply "Hello" can arrive.
REPLY_STREAMS: dict[str, tuple[bytes, ...]] = {
    "documented": DOCUMENTED_EVENTS,
    "documented without [DONE]": DOCUMENTED_EVENTS[:-1],
    "documented without a finish reason": (text_event("Hel"), text_event("lo"), DONE_EVENT),
    "compact": COMPACT_EVENTS,
    "compact with [DONE]": (*COMPACT_EVENTS, DONE_EVENT),
    "both dialects combined": COMBINED_EVENTS,
    "in one read": (b"".join(DOCUMENTED_EVENTS),),
    "byte by byte": tuple(bytes([byte]) for byte in b"".join(DOCUMENTED_EVENTS)),
    "CRLF": tuple(each.replace(b"\n", b"\r\n") for each in DOCUMENTED_EVENTS),
    "CRLF, byte by byte": tuple(
        bytes([byte]) for byte in b"".join(DOCUMENTED_EVENTS).replace(b"\n", b"\r\n")
    ),
    "CR": tuple(each.replace(b"\n", b"\r") for each in DOCUMENTED_EVENTS),
    "BOM and comments": (b"\xef\xbb\xbf", b": hello\n\n", *DOCUMENTED_EVENTS, b": bye\n\n"),
    "event ids and types": tuple(b"id: 1\nevent: message\n" + each for each in DOCUMENTED_EVENTS),
    "unusual chunks": (
        sse_event({}),
        sse_event({"choices": []}),
        sse_event({"choices": None}),
        sse_event({"choices": [{"index": 0, "delta": None}]}),
        sse_event({"choices": [{"index": 0, "delta": {"content": None}}]}),
        sse_event({"choices": [{"index": 0, "delta": {"role": "assistant"}}]}),
        sse_event({"choices": [None]}),
        sse_event({"type": "content", "content": None}),
        sse_event({"type": "news", "content": "not part of the reply"}),
        sse_event({"type": "content", "content": "", "error": None}),
        *DOCUMENTED_EVENTS,
    ),
    "events after the end": (*DOCUMENTED_EVENTS, text_event("more"), b"data: {\n\n"),
}


@pytest.mark.parametrize("parts", REPLY_STREAMS.values(), ids=REPLY_STREAMS)
def test_reply_is_independent_of_dialect_and_framing(
    fault_server: FaultServer, parts: tuple[bytes, ...]
) -> None:
    fault_server.script(event_stream(*parts), repeat_last=True)

    with make_client(fault_server) as client:
        stream = client.messages.stream("conv_1", HELLO)
        chunks = [chunk for chunk in stream]
        response = stream.get_final_response()
        texts = [text for text in client.messages.stream("conv_1", HELLO).text_stream]
        final_text = client.messages.stream("conv_1", HELLO).get_final_text()

    deltas = [chunk["choices"][0]["delta"] for chunk in chunks]
    assert "".join(delta.get("content") or "" for delta in deltas) == "Hello"
    assert chunks[-1]["choices"][0].get("finish_reason") in ("stop", None)
    assert texts == ["Hel", "lo"]
    assert final_text == "Hello"
    assert response["assistantMessage"]["content"] == "Hello"
    assert response["assistantMessage"]["role"] == "assistant"
    assert response["message"] == response["assistantMessage"]
    assert response["userMessage"]["role"] == "user"


def test_final_response_has_the_fields_of_the_complete_event(
    fault_server: FaultServer,
) -> None:
    fault_server.script(event_stream(*COMPACT_EVENTS))

    with make_client(fault_server) as client:
        response = client.messages.stream("conv_1", HELLO).get_final_response()

    assert response["assistantMessage"] == {**MESSAGE, "content": "Hello"}
    assert response["usage"] == {"promptTokens": 1, "completionTokens": 2, "totalTokens": 3}
    assert response["model"] == "gpt-5"
    assert response["userMessage"]["content"] == "Hello"


def test_missing_content_of_the_complete_event_is_taken_from_the_chunks(
    fault_server: FaultServer,
) -> None:
    end = sse_event({"type": "complete", "message": {"id": "msg_1", "role": "assistant"}})
    fault_server.script(event_stream(*COMPACT_EVENTS[:2], end), repeat_last=True)

    with make_client(fault_server) as client:
        text = client.messages.stream("conv_1", HELLO).get_final_text()
        response = client.messages.stream("conv_1", HELLO).get_final_response()

    assert text == "Hello"
    assert response["assistantMessage"]["content"] == "Hello"
    assert response["assistantMessage"]["id"] == "msg_1"


def test_chunks_are_yielded_as_they_arrive(fault_server: FaultServer) -> None:
    gate = threading.Event()
    fault_server.script(event_stream(text_event("Hel"), gate, text_event("lo"), FINISH_EVENT))

    with (
        make_client(fault_server) as client,
        client.messages.stream("conv_1", HELLO) as stream,
    ):
        texts = stream.text_stream
        assert next(texts) == "Hel"
        gate.set()
        assert [text for text in texts] == ["lo"]


def test_entering_the_stream_sends_the_request(fault_server: FaultServer) -> None:
    fault_server.script(COMPLETE_STREAM)

    with make_client(fault_server) as client:
        stream = client.messages.stream("conv_1", HELLO)
        assert fault_server.connection_count == 0
        with stream:
            assert len(fault_server.requests) == 1
            assert stream.get_final_text() == "Hello"

    assert len(fault_server.requests) == 1


def test_first_read_sends_the_request(fault_server: FaultServer) -> None:
    fault_server.script(COMPLETE_STREAM)

    with make_client(fault_server) as client:
        texts = client.messages.stream("conv_1", HELLO).text_stream
        assert fault_server.connection_count == 0
        assert next(texts) == "Hel"
        assert [text for text in texts] == ["lo"]

    assert len(fault_server.requests) == 1


def test_callbacks_receive_each_chunk_and_then_the_response(
    fault_server: FaultServer,
) -> None:
    fault_server.script(COMPLETE_STREAM, repeat_last=True)
    calls: list[tuple[str, Any]] = []

    with make_client(fault_server) as client:
        result = client.messages.stream(
            "conv_1",
            HELLO,
            lambda chunk: calls.append(("chunk", chunk["choices"][0]["delta"].get("content"))),
            lambda response: calls.append(("end", response["assistantMessage"]["content"])),
        )
        client.messages.stream("conv_1", HELLO, on_chunk=lambda chunk: calls.append(("2", 0)))
        client.messages.stream("conv_1", HELLO, on_complete=lambda end: calls.append(("3", 0)))

    assert result is None
    assert calls[:4] == [("chunk", "Hel"), ("chunk", "lo"), ("chunk", None), ("end", "Hello")]
    assert calls[4:] == [("2", 0)] * 3 + [("3", 0)]


REPLY = {"id": "msg_2", "role": "assistant", "content": "Hello", "createdAt": TIME}
COMPACT_STREAM = event_stream(
    sse_event({"type": "content", "content": "Hel"}),
    sse_event({"type": "content", "content": "lo"}),
    sse_event({"type": "complete", "message": REPLY, "usage": USAGE, "model": "m"}),
)
DOCUMENTED_STREAM = event_stream(
    sse_event({"id": "msg_2", "choices": [{"delta": {"role": "assistant"}}]}),
    sse_event({"id": "msg_2", "choices": [{"delta": {"content": "Hello"}}]}),
    sse_event({"id": "msg_2", "choices": [{"delta": {}, "finish_reason": "stop"}]}),
)


@pytest.mark.parametrize(
    "response", [COMPACT_STREAM, DOCUMENTED_STREAM], ids=["compact", "documented"]
)
def test_callbacks_receive_the_fields_of_both_dialects(
    fault_server: FaultServer, response: ScriptedResponse
) -> None:
    fault_server.script(response)
    chunks: list[Any] = []
    completed: list[CompletedMessage] = []

    with make_client(fault_server) as client:
        client.messages.stream("conv_1", HELLO, chunks.append, completed.append)

    [complete] = completed
    assert (complete["id"], complete["role"], complete["content"]) == (
        "msg_2",
        "assistant",
        "Hello",
    )
    assert complete["assistantMessage"]["content"] == complete["message"]["content"] == "Hello"
    assert complete["userMessage"]["content"] == HELLO["content"]
    texts = [chunk["choices"][0]["delta"].get("content") or "" for chunk in chunks]
    assert "".join(texts) == "Hello"
    *content_chunks, last = chunks
    assert [chunk["type"] for chunk in content_chunks] == ["content"] * 2
    assert "".join(chunk["content"] for chunk in content_chunks) == "Hello"
    assert last["type"] == "complete"
    assert last["message"]["id"] == "msg_2"
    assert last["message"]["content"] == "Hello"


@pytest.mark.parametrize(
    "event",
    [
        {"type": "complete", "message": {}},
        {"type": "complete", "message": None},
        {"type": "complete"},
        {"choices": [{"delta": {"content": ""}, "finish_reason": "stop"}]},
    ],
)
def test_on_complete_receives_a_reply_without_known_fields(
    fault_server: FaultServer, event: dict[str, Any]
) -> None:
    fault_server.script(event_stream(sse_event(event)))
    completed: list[CompletedMessage] = []

    with make_client(fault_server) as client:
        client.messages.stream("conv_1", HELLO, on_complete=completed.append)

    [complete] = completed
    assert complete["content"] == complete["assistantMessage"]["content"] == ""


def test_on_complete_is_not_called_for_an_interrupted_stream(
    fault_server: FaultServer,
) -> None:
    fault_server.script(event_stream(text_event("Hel")))
    calls: list[object] = []

    with make_client(fault_server) as client:
        with pytest.raises(StreamInterruptedError) as caught:
            client.messages.stream("conv_1", HELLO, calls.append, lambda end: calls.append(0))

    assert caught.value.partial_content == "Hel"
    assert len(calls) == 1


@pytest.mark.parametrize("callback", ["print", 5, object()])
def test_callbacks_must_be_callable(fault_server: FaultServer, callback: Any) -> None:
    with make_client(fault_server) as client:
        with pytest.raises(ValidationError, match="on_chunk must be a function"):
            client.messages.stream("conv_1", HELLO, callback)
        with pytest.raises(ValidationError, match="on_complete must be a function"):
            client.messages.stream("conv_1", HELLO, print, callback)

    assert fault_server.requests == []


def test_reading_after_the_end_yields_nothing_also_after_close(
    fault_server: FaultServer,
) -> None:
    fault_server.script(COMPLETE_STREAM)

    with make_client(fault_server) as client:
        stream = client.messages.stream("conv_1", HELLO)
        text = stream.get_final_text()
        stream.close()
        stream.close()
        assert [chunk for chunk in stream] == []
        assert stream.get_final_text() == text
        with stream:
            assert [text for text in stream.text_stream] == []

    assert len(fault_server.requests) == 1


def test_stream_closed_before_entering_sends_no_request(
    fault_server: FaultServer,
) -> None:
    with make_client(fault_server) as client:
        stream = client.messages.stream("conv_1", HELLO)
        stream.close()
        with stream:
            with pytest.raises(ChatRoutesError, match="closed before its end"):
                next(stream)

    assert fault_server.requests == []


def test_entering_a_stream_again_does_not_reopen_it(
    fault_server: FaultServer,
) -> None:
    fault_server.script(COMPLETE_STREAM)

    with make_client(fault_server) as client:
        stream = client.messages.stream("conv_1", HELLO)
        with stream:
            pass
        with stream:
            with pytest.raises(ChatRoutesError, match="closed before its end"):
                next(stream)

    assert len(fault_server.requests) == 1


def test_long_reply_of_small_and_large_events_is_complete(fault_server: FaultServer) -> None:
    texts = [f"{number} " for number in range(3000)] + ["ü" * 1_000_000]
    body = b"".join(text_event(text) for text in texts) + DONE_EVENT
    offsets = range(0, len(body), 60_001)
    fault_server.script(event_stream(*(body[at : at + 60_001] for at in offsets)))

    with make_client(fault_server) as client:
        assert client.messages.stream("conv_1", HELLO).get_final_text() == "".join(texts)


def test_stream_requests_disable_compression_and_caching(fault_server: FaultServer) -> None:
    fault_server.script(COMPLETE_STREAM)

    with make_client(fault_server) as client:
        client.messages.stream("conv_1", HELLO).get_final_text()

    headers = fault_server.requests[0].headers
    assert (headers["accept-encoding"], headers["cache-control"]) == ("identity", "no-store")


def test_chunks_keep_unknown_fields(fault_server: FaultServer) -> None:
    sent = {"type": "content", "content": "Hi", "model": "gpt-5", "new": {"a": [1]}}
    fault_server.script(event_stream(sse_event(sent), DONE_EVENT))

    with make_client(fault_server) as client:
        chunk = next(client.messages.stream("conv_1", HELLO))

    assert {name: chunk.get(name) for name in sent} == sent
    assert json.dumps(chunk["choices"]) == (
        '[{"index": 0, "delta": {"content": "Hi"}, "finish_reason": null}]'
    )
