# Derived from tests/sdk/_async/test_unusual_events.py by scripts/regen.py. Do not edit.

"""Events that keep a stream open, end it in an unusual way, or carry text in an unusual form."""

from __future__ import annotations

import json
from typing import Any

import pytest

from chatroutes import StreamInterruptedError
from tests.support.fault_responses import event_stream
from tests.support.fault_server import FaultServer
from tests.support.payloads import (
    COMPACT_EVENTS,
    DOCUMENTED_EVENTS,
    DONE_EVENT,
    FINISH_EVENT,
    HELLO,
    MESSAGE,
    UNBROKEN_STREAM,
    choice,
    sse_event,
    text_event,
)

from .clients import SHORT_TIMEOUT, make_client

HEARTBEATS = [
    b"data:\n\n",
    b"data\n\n",
    b"data:   \n\n",
    b"data: \t\n\n",
    b"data\ndata\n\n",
    b"data:\ndata: \ndata\n\n",
    b"event: message\ndata:\n\n",
    b"id: 7\ndata\n\n",
    b"event: ping\nid: 7\ndata:\n\n",
    b"event: ping\n\n",
    b"id: 8\n\n",
    b"event: ping\ndata: 2026-11-25 17:05:50.123456\n\n",
    b"event: ping\ndata: ping\n\n",
    b"event: ping\ndata: null\n\n",
    b"event: ping\ndata: 5\n\n",
    b"event: ping\ndata: true\n\n",
    b'event: ping\ndata: "ping"\n\n',
    b"event: ping\ndata: []\n\n",
    b"event: ping\ndata: {}\n\n",
    b'event: ping\ndata: {"type": "ping"}\n\n',
    b'event: status\ndata: {"time": "17:05", "error": null}\n\n',
    b"event: heartbeat\ndata: ok\n\n",
    b"event: keep-alive\ndata: {\n\n",
    b"event: ping\rdata: \r\r",
    b"event: ping\r\ndata: ok\r\n\r\n",
]


@pytest.mark.parametrize("events", [DOCUMENTED_EVENTS, COMPACT_EVENTS])
@pytest.mark.parametrize("heartbeat", HEARTBEATS)
def test_heartbeats_are_ignored(
    fault_server: FaultServer, heartbeat: bytes, events: tuple[bytes, ...]
) -> None:
    parts = [part for event in events for part in (heartbeat, event)]
    fault_server.script(event_stream(*parts), event_stream(b"".join(parts)))

    with make_client(fault_server) as client:
        for _ in range(2):
            stream = client.messages.stream("conv_1", HELLO)
            chunks = [chunk for chunk in stream]
            assert stream.text == stream.get_final_text() == "Hello"
            assert len(chunks) == 3

    assert len(fault_server.requests) == 2


def test_heartbeat_after_the_finish_reason_does_not_fail(fault_server: FaultServer) -> None:
    fault_server.script(event_stream(*DOCUMENTED_EVENTS[:3], *HEARTBEATS))

    with make_client(fault_server) as client:
        assert client.messages.stream("conv_1", HELLO).get_final_text() == "Hello"


def test_heartbeats_alone_are_an_interrupted_stream(fault_server: FaultServer) -> None:
    fault_server.script(event_stream(text_event("Hel"), *HEARTBEATS))

    with make_client(fault_server) as client:
        with pytest.raises(StreamInterruptedError) as caught:
            client.messages.stream("conv_1", HELLO).get_final_text()

    assert caught.value.partial_content == "Hel"


@pytest.mark.parametrize(
    "event",
    [
        b"event: delta\n" + text_event("lo"),
        b"event: message\n" + text_event("lo"),
        b'event: content\ndata: {"type": "content", "content": "lo"}\n\n',
    ],
)
def test_chunks_in_named_events_are_read(fault_server: FaultServer, event: bytes) -> None:
    fault_server.script(event_stream(text_event("Hel"), event, DONE_EVENT))

    with make_client(fault_server) as client:
        assert client.messages.stream("conv_1", HELLO).get_final_text() == "Hello"


@pytest.mark.parametrize(
    "done",
    [
        b"data: [DONE] \n\n",
        b"data:  [DONE]\n\n",
        b"data:[DONE]\n\n",
        b"data: [DONE]\t\n\n",
        b"data:\t[DONE]\n\n",
        b"data: [DONE]\ndata\n\n",
        b"event: done\ndata: [DONE] \n\n",
        b"event: message\nid: 3\ndata:  [DONE]  \r\n\r\n",
    ],
)
def test_done_with_blanks_ends_the_stream(fault_server: FaultServer, done: bytes) -> None:
    fault_server.script(event_stream(text_event("Hello"), done, text_event("more"), end="close"))

    with make_client(fault_server) as client:
        assert client.messages.stream("conv_1", HELLO).get_final_text() == "Hello"


INVALID_REASONS = ["", " ", "null", "None", False, 0, [], {}, 5, True, {"a": 1}]


@pytest.mark.parametrize("reason", INVALID_REASONS)
def test_invalid_finish_reason_does_not_end_the_reply(
    fault_server: FaultServer, reason: Any
) -> None:
    events = [sse_event({"choices": [choice(text, reason)]}) for text in ("Hel", "lo")]
    fault_server.script(event_stream(*events, end="close"), event_stream(*events, DONE_EVENT))

    with make_client(fault_server) as client:
        stream = client.messages.stream("conv_1", HELLO)
        with pytest.raises(StreamInterruptedError) as caught:
            stream.get_final_text()
        complete = client.messages.stream("conv_1", HELLO)
        chunks = [chunk for chunk in complete]
        response = complete.get_final_response()

    assert caught.value.partial_content == "Hello"
    assert [chunk["choices"][0].get("finish_reason") for chunk in chunks] == [None, None]
    assert response["assistantMessage"]["content"] == "Hello"
    assert "finishReason" not in response["assistantMessage"].get("metadata", {})


def test_finish_reason_after_empty_ones_ends_the_reply(fault_server: FaultServer) -> None:
    fault_server.script(
        event_stream(sse_event({"choices": [choice("Hello", "")]}), FINISH_EVENT, end="close")
    )

    with make_client(fault_server) as client:
        response = client.messages.stream("conv_1", HELLO).get_final_response()

    assert response["assistantMessage"]["metadata"]["finishReason"] == "stop"


def test_chunk_of_type_complete_ends_the_reply_without_a_finish_reason(
    fault_server: FaultServer,
) -> None:
    end = {"type": "complete", "choices": [choice(None)], "message": {**MESSAGE, "content": "Hi"}}
    fault_server.script(event_stream(text_event("Hi"), sse_event(end), end="close"))

    with make_client(fault_server) as client:
        assert client.messages.stream("conv_1", HELLO).get_final_text() == "Hi"


PARTS: list[tuple[Any, str]] = [
    ([{"type": "text", "text": "hi"}], "hi"),
    ([{"type": "text", "text": "h"}, {"type": "text", "text": "i"}], "hi"),
    ([{"type": "image_url", "image_url": {"url": "x"}}, {"type": "text", "text": "hi"}], "hi"),
    ([{"type": "thinking", "thinking": "hm"}, {"type": "reasoning", "text": "hm"}], ""),
    (["h", {"text": "i"}], "hi"),
    ([{"type": "output_text", "text": "hi"}, None, 5.5, True, {"type": "text"}, []], "hi5.5"),
    ([{"type": "text", "text": {"value": "hi", "annotations": []}}], "hi"),
    ({"type": "text", "text": "hi"}, "hi"),
    ([], ""),
    ({}, ""),
    ([{"type": ["text"], "text": "hi"}], ""),
    (7, "7"),
    (True, ""),
    ("", ""),
]


@pytest.mark.parametrize(("content", "text"), PARTS)
def test_content_in_parts_is_text(fault_server: FaultServer, content: Any, text: str) -> None:
    documented = sse_event({"choices": [{"index": 0, "delta": {"content": content}}]})
    compact = sse_event({"type": "content", "content": content})
    for event in (documented, compact):
        fault_server.script(*[event_stream(event, FINISH_EVENT, DONE_EVENT)] * 2)

    with make_client(fault_server) as client:
        for _ in ("documented", "compact"):
            stream = client.messages.stream("conv_1", HELLO)
            first = next(stream)
            assert first["choices"][0]["delta"].get("content") == text
            assert isinstance(first.get("content", ""), str)
            assert stream.get_final_text() == text
            texts = [each for each in client.messages.stream("conv_1", HELLO).text_stream]
            assert texts == ([text] if text else [])


def test_complete_message_in_parts_is_text(fault_server: FaultServer) -> None:
    message = {**MESSAGE, "content": [{"type": "text", "text": "Hello"}]}
    fault_server.script(event_stream(sse_event({"type": "complete", "message": message})))

    with make_client(fault_server) as client:
        response = client.messages.stream("conv_1", HELLO).get_final_response()

    assert response["assistantMessage"]["content"] == response["message"]["content"] == "Hello"


# The texts of the chunks, and the complete text.
HIGH, LOW = "\ud83d", "\ude00"
SPLIT_TEXTS: list[tuple[list[str], str]] = [
    (["a" + HIGH, LOW + "b"], "a😀b"),
    ([HIGH, LOW], "😀"),
    ([HIGH, "", LOW], "😀"),
    ([HIGH, "", "", LOW + HIGH, LOW], "😀😀"),
    ([HIGH, HIGH, LOW], "\ufffd😀"),
    ([LOW, "a"], "\ufffda"),
    ([HIGH, "a"], "\ufffda"),
    (["a" + HIGH + "b", "c"], "a\ufffdbc"),
    (["a", HIGH], "a\ufffd"),
    ([HIGH], "\ufffd"),
    (["ü", "日本語", "😀"], "ü日本語😀"),
]


def split_events(texts: list[str], dialect: str) -> list[bytes]:
    """Return one event for each piece of text, with the surrogates as escapes."""
    payloads: list[Any] = [
        (
            {"id": "m", "choices": [choice(piece)]}
            if dialect == "documented"
            else {"type": "content", "content": piece}
        )
        for piece in texts
    ]
    return [b"data: " + json.dumps(payload).encode() + b"\n\n" for payload in payloads]


@pytest.mark.parametrize("end", [(FINISH_EVENT, DONE_EVENT), (FINISH_EVENT,), (DONE_EVENT,)])
@pytest.mark.parametrize("dialect", ["documented", "compact"])
@pytest.mark.parametrize(("texts", "text"), SPLIT_TEXTS)
def test_characters_split_over_chunks_are_joined(
    fault_server: FaultServer, texts: list[str], text: str, dialect: str, end: tuple[bytes, ...]
) -> None:
    fault_server.script(event_stream(*split_events(texts, dialect), *end), repeat_last=True)

    with make_client(fault_server) as client:
        texts = [each for each in client.messages.stream("conv_1", HELLO).text_stream]
        stream = client.messages.stream("conv_1", HELLO)
        chunks = [chunk for chunk in stream]
        final_text = stream.get_final_text()

    for each in texts:
        each.encode()
    assert "" not in texts
    assert "".join(texts) == text
    deltas = [chunk["choices"][0]["delta"].get("content") or "" for chunk in chunks]
    assert "".join(deltas) == final_text == stream.text == text
    for chunk in chunks:
        if chunk.get("type") == "content":
            assert chunk.get("content") == chunk["choices"][0]["delta"].get("content")


def test_characters_split_before_the_complete_event_are_joined(
    fault_server: FaultServer,
) -> None:
    complete = {"type": "complete", "message": {"id": "msg_1", "role": "assistant"}}
    fault_server.script(
        event_stream(*split_events(["a" + HIGH, LOW], "compact"), sse_event(complete)),
        event_stream(*split_events(["a" + HIGH], "compact"), sse_event(complete)),
    )

    with make_client(fault_server) as client:
        assert client.messages.stream("conv_1", HELLO).get_final_text() == "a😀"
        texts = [each for each in client.messages.stream("conv_1", HELLO).text_stream]

    assert texts == ["a", "\ufffd"]


def test_interruption_in_the_middle_of_a_character_has_valid_partial_content(
    fault_server: FaultServer,
) -> None:
    fault_server.script(event_stream(*split_events(["a" + HIGH], "documented")))

    with make_client(fault_server) as client:
        with pytest.raises(StreamInterruptedError) as caught:
            client.messages.stream("conv_1", HELLO).get_final_text()

    assert caught.value.partial_content == "a"


def test_heartbeats_before_the_first_chunk_do_not_prevent_a_retry(
    fault_server: FaultServer,
) -> None:
    heartbeats = event_stream(*HEARTBEATS, end="stall")
    fault_server.script(heartbeats, UNBROKEN_STREAM, repeat_last=True)

    # The second response may be late on a busy machine. Then it is requested again.
    with make_client(fault_server, timeout=SHORT_TIMEOUT, retry_attempts=10) as client:
        assert client.messages.stream("conv_1", HELLO).get_final_text() == "Hello"

    assert len(fault_server.requests) >= 2
