"""The accumulator that normalizes the events of a stream and builds the final response."""

from __future__ import annotations

import copy
from typing import Any

import pytest

from chatroutes._chunks import StreamAccumulator, find_error
from tests.support.dialect_payloads import (
    ASSISTANT_MESSAGE,
    COMPLETE_CHUNK,
    HELLO_CHUNKS,
    REQUEST_MESSAGE,
    USER_MESSAGE,
    content_chunk,
    documented_chunk,
)
from tests.support.dialect_server import USAGE, Json


def assembled_message(finish_reason: str | None = "stop") -> Json:
    metadata = {"model": "gpt-4"} | ({"finishReason": finish_reason} if finish_reason else {})
    return {
        "id": "msg_2",
        "conversationId": "conv_1",
        "role": "assistant",
        "content": "Hello",
        "createdAt": "2025-10-05T03:01:09.000Z",
        "metadata": metadata,
    }


def expected_response(reply: Json, **fields: Any) -> Json:
    return {"userMessage": REQUEST_MESSAGE, "assistantMessage": reply, "message": reply, **fields}


@pytest.mark.parametrize(
    ("events", "expected"),
    [
        pytest.param(
            [*HELLO_CHUNKS, documented_chunk({}, "stop")],
            expected_response(assembled_message(), model="gpt-4"),
            id="documented",
        ),
        pytest.param(
            [HELLO_CHUNKS[0], documented_chunk({"content": "lo"}, "length")],
            expected_response(assembled_message("length"), model="gpt-4"),
            id="documented, finish reason in the last text chunk",
        ),
        pytest.param(
            [
                *HELLO_CHUNKS,
                documented_chunk({}, "stop"),
                documented_chunk({}) | {"choices": [], "usage": USAGE},
            ],
            expected_response(assembled_message(), model="gpt-4", usage=USAGE),
            id="documented, usage in a chunk without choices",
        ),
        pytest.param(
            [*HELLO_CHUNKS, documented_chunk({}, "stop", usage=USAGE)],
            expected_response(assembled_message(), model="gpt-4", usage=USAGE),
            id="documented, usage in the chunk with the finish reason",
        ),
        pytest.param(
            [
                *HELLO_CHUNKS,
                documented_chunk(
                    {},
                    "stop",
                    userMessage=USER_MESSAGE,
                    assistantMessage=ASSISTANT_MESSAGE,
                    usage=USAGE,
                ),
            ],
            {
                "userMessage": USER_MESSAGE,
                "assistantMessage": ASSISTANT_MESSAGE,
                "message": ASSISTANT_MESSAGE,
                "usage": USAGE,
                "model": "gpt-4",
            },
            id="documented, messages in the last chunk",
        ),
        pytest.param(
            [content_chunk("Hel"), content_chunk("lo"), COMPLETE_CHUNK],
            expected_response(ASSISTANT_MESSAGE, usage=USAGE, model="gpt-4"),
            id="compact",
        ),
        pytest.param(
            [COMPLETE_CHUNK],
            expected_response(ASSISTANT_MESSAGE, usage=USAGE, model="gpt-4"),
            id="compact, only the complete event",
        ),
        pytest.param(
            [content_chunk("Hello"), {"type": "complete", "message": ASSISTANT_MESSAGE}],
            expected_response(ASSISTANT_MESSAGE, model="gpt-4"),
            id="compact, complete event without usage and model",
        ),
        pytest.param(
            [content_chunk("Hello"), {"type": "thinking", "note": 1}, COMPLETE_CHUNK],
            expected_response(ASSISTANT_MESSAGE, usage=USAGE, model="gpt-4"),
            id="compact, unknown chunk type",
        ),
    ],
)
def test_stream_response_matches_the_send_response(events: list[Json], expected: Json) -> None:
    accumulator = StreamAccumulator("conv_1", {"content": "Hi"})
    for event in copy.deepcopy(events):
        accumulator.add(event)
    assert accumulator.is_complete
    assert accumulator.response() == expected


def test_stream_is_complete_after_the_finish_reason() -> None:
    accumulator = StreamAccumulator("conv_1", {"content": "Hi"})
    assert (accumulator.text, accumulator.is_complete) == ("", False)
    accumulator.add(documented_chunk({"content": "Hel"}))
    accumulator.add(documented_chunk({"content": None}))
    accumulator.add(documented_chunk({"content": "lo"}))
    assert (accumulator.text, accumulator.is_complete) == ("Hello", False)
    accumulator.add(documented_chunk({}, "stop"))
    assert accumulator.is_complete


def test_stream_is_complete_after_done() -> None:
    accumulator = StreamAccumulator("conv_1", {"content": "Hi"})
    accumulator.add(content_chunk("Hello"))
    assert not accumulator.is_complete
    accumulator.mark_done()
    assert accumulator.is_complete


@pytest.mark.parametrize(
    ("event", "choice"),
    [
        (content_chunk("Hel"), {"index": 0, "delta": {"content": "Hel"}, "finish_reason": None}),
        (content_chunk(""), {"index": 0, "delta": {"content": ""}, "finish_reason": None}),
        ({"type": "content"}, {"index": 0, "delta": {}, "finish_reason": None}),
        ({"type": "thinking", "x": []}, {"index": 0, "delta": {}, "finish_reason": None}),
        ({}, {"index": 0, "delta": {}, "finish_reason": None}),
        ({"choices": []}, {"index": 0, "delta": {}, "finish_reason": None}),
        (COMPLETE_CHUNK, {"index": 0, "delta": {}, "finish_reason": "stop"}),
        (
            {
                "type": "complete",
                "message": {**ASSISTANT_MESSAGE, "metadata": {"finishReason": "length"}},
            },
            {"index": 0, "delta": {}, "finish_reason": "length"},
        ),
    ],
)
def test_events_without_choices_get_one(event: Json, choice: Json) -> None:
    received = dict(event)
    result = StreamAccumulator("conv_1", {"content": "Hi"}).add(received)
    assert result is received
    assert result == {**event, "choices": [choice]}


@pytest.mark.parametrize(
    "event",
    [
        HELLO_CHUNKS[0],
        documented_chunk({}, "stop"),
        documented_chunk({"content": "Hel", "tone": "warm"}, logprobs=[1]),
        documented_chunk({"content": "Hel"}) | {"type": "content", "content": "Hel"},
        {"choices": [{"delta": {"content": "Hel"}}, {"delta": {"content": "other"}}]},
    ],
)
def test_documented_chunks_are_not_changed_or_copied(event: Json) -> None:
    received = copy.deepcopy(event)
    delta = received["choices"][0]["delta"]
    result: Any = StreamAccumulator("conv_1", {"content": "Hi"}).add(received)
    assert result is received
    assert result == event
    assert result["choices"][0]["delta"] is delta


def test_choices_without_a_delta_get_an_empty_one() -> None:
    result = StreamAccumulator("conv_1", {"content": "Hi"}).add(
        {"choices": [{"finish_reason": "stop"}]}
    )
    assert result["choices"] == [{"finish_reason": "stop", "delta": {}}]


def test_message_of_the_complete_event_is_not_copied() -> None:
    accumulator = StreamAccumulator("conv_1", {"content": "Hi"})
    event = copy.deepcopy(COMPLETE_CHUNK)
    accumulator.add(event)
    response: Any = accumulator.response()
    assert response["assistantMessage"] is event["message"]
    assert response["message"] is event["message"]
    assert response["usage"] is event["usage"]


@pytest.mark.parametrize(
    ("name", "event", "expected"),
    [
        ("message", {"type": "error", "error": "X"}, {"type": "error", "error": "X"}),
        ("message", {"success": False}, {"success": False}),
        ("message", {"error": "X", "message": "m"}, {"error": "X", "message": "m"}),
        ("error", {"message": "m"}, {"message": "m"}),
        ("error", "gone", {"message": "gone"}),
        ("error", ["gone"], {"message": "gone", "details": ["gone"]}),
        (
            "error",
            {"detail": "gone"},
            {"detail": "gone", "message": "gone", "details": {"detail": "gone"}},
        ),
        ("error", None, {"details": None}),
        ("message", {"error": "", "choices": []}, None),
        ("message", {"error": {"code": 0}, "choices": []}, None),
        ("message", documented_chunk({"content": "Hel"}), None),
        ("message", documented_chunk({"content": "Hel"}, error=None), None),
        ("message", content_chunk("Hel"), None),
        ("message", {"type": "thinking"}, None),
        ("message", "gone", None),
    ],
)
def test_error_events_are_detected(name: str, event: object, expected: Json | None) -> None:
    assert find_error(name, event) == expected
