"""What the pure functions of the dialects make of each event of a stream, and of all of them."""

from __future__ import annotations

import copy
from typing import Any

import pytest

from chatroutes._normalize import StreamAccumulator, find_error
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


def reply_of_chunks(finish_reason: str | None = "stop") -> Json:
    metadata = {"model": "gpt-4"} | ({"finishReason": finish_reason} if finish_reason else {})
    return {
        "id": "msg_2",
        "conversationId": "conv_1",
        "role": "assistant",
        "content": "Hello",
        "createdAt": "2025-10-05T03:01:09.000Z",
        "metadata": metadata,
    }


def whole(reply: Json, **fields: Any) -> Json:
    return {"userMessage": REQUEST_MESSAGE, "assistantMessage": reply, "message": reply, **fields}


@pytest.mark.parametrize(
    ("events", "expected"),
    [
        pytest.param(
            [*HELLO_CHUNKS, documented_chunk({}, "stop")],
            whole(reply_of_chunks(), model="gpt-4"),
            id="documented",
        ),
        pytest.param(
            [HELLO_CHUNKS[0], documented_chunk({"content": "lo"}, "length")],
            whole(reply_of_chunks("length"), model="gpt-4"),
            id="documented, the reason beside the last text",
        ),
        pytest.param(
            [
                *HELLO_CHUNKS,
                documented_chunk({}, "stop"),
                documented_chunk({}) | {"choices": [], "usage": USAGE},
            ],
            whole(reply_of_chunks(), model="gpt-4", usage=USAGE),
            id="documented, usage after the reason with empty choices",
        ),
        pytest.param(
            [*HELLO_CHUNKS, documented_chunk({}, "stop", usage=USAGE)],
            whole(reply_of_chunks(), model="gpt-4", usage=USAGE),
            id="documented, usage beside the reason",
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
            id="documented, with the messages at its end",
        ),
        pytest.param(
            [content_chunk("Hel"), content_chunk("lo"), COMPLETE_CHUNK],
            whole(ASSISTANT_MESSAGE, usage=USAGE, model="gpt-4"),
            id="compact",
        ),
        pytest.param(
            [COMPLETE_CHUNK],
            whole(ASSISTANT_MESSAGE, usage=USAGE, model="gpt-4"),
            id="compact, the end alone",
        ),
        pytest.param(
            [content_chunk("Hello"), {"type": "complete", "message": ASSISTANT_MESSAGE}],
            whole(ASSISTANT_MESSAGE, model="gpt-4"),
            id="compact, usage and model missing at the end",
        ),
        pytest.param(
            [content_chunk("Hello"), {"type": "thinking", "note": 1}, COMPLETE_CHUNK],
            whole(ASSISTANT_MESSAGE, usage=USAGE, model="gpt-4"),
            id="compact, with a type that is unknown",
        ),
    ],
)
def test_a_stream_amounts_to_the_answer_that_send_gives(events: list[Json], expected: Json) -> None:
    transcript = StreamAccumulator("conv_1", {"content": "Hi"})
    for event in copy.deepcopy(events):
        transcript.add(event)
    assert transcript.is_complete
    assert transcript.response() == expected


def test_a_stream_of_chunks_is_whole_with_its_finish_reason_and_not_before() -> None:
    transcript = StreamAccumulator("conv_1", {"content": "Hi"})
    assert (transcript.text, transcript.is_complete) == ("", False)
    transcript.add(documented_chunk({"content": "Hel"}))
    transcript.add(documented_chunk({"content": None}))
    transcript.add(documented_chunk({"content": "lo"}))
    assert (transcript.text, transcript.is_complete) == ("Hello", False)
    transcript.add(documented_chunk({}, "stop"))
    assert transcript.is_complete


def test_done_makes_a_stream_whole() -> None:
    transcript = StreamAccumulator("conv_1", {"content": "Hi"})
    transcript.add(content_chunk("Hello"))
    assert not transcript.is_complete
    transcript.done()
    assert transcript.is_complete


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
def test_an_event_without_choices_gets_one_and_keeps_the_rest(event: Json, choice: Json) -> None:
    arrived = dict(event)
    result = StreamAccumulator("conv_1", {"content": "Hi"}).add(arrived)
    assert result is arrived
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
def test_a_documented_chunk_is_handed_on_as_it_came(event: Json) -> None:
    arrived = copy.deepcopy(event)
    delta = arrived["choices"][0]["delta"]
    result: Any = StreamAccumulator("conv_1", {"content": "Hi"}).add(arrived)
    assert result is arrived
    assert result == event
    assert result["choices"][0]["delta"] is delta


def test_a_choice_without_a_delta_gets_an_empty_one() -> None:
    result = StreamAccumulator("conv_1", {"content": "Hi"}).add(
        {"choices": [{"finish_reason": "stop"}]}
    )
    assert result["choices"] == [{"finish_reason": "stop", "delta": {}}]


def test_the_final_message_of_a_stream_is_the_object_that_came() -> None:
    transcript = StreamAccumulator("conv_1", {"content": "Hi"})
    event = copy.deepcopy(COMPLETE_CHUNK)
    transcript.add(event)
    response: Any = transcript.response()
    assert response["assistantMessage"] is event["message"]
    assert response["message"] is event["message"]
    assert response["usage"] is event["usage"]


@pytest.mark.parametrize(
    ("name", "event", "failure"),
    [
        ("message", {"type": "error", "error": "X"}, {"type": "error", "error": "X"}),
        ("message", {"success": False}, {"success": False}),
        ("message", {"error": "X", "message": "m"}, {"error": "X", "message": "m"}),
        ("error", {"message": "m"}, {"message": "m"}),
        ("error", "gone", {"message": "gone"}),
        ("message", documented_chunk({"content": "Hel"}), None),
        ("message", documented_chunk({"content": "Hel"}, error=None), None),
        ("message", content_chunk("Hel"), None),
        ("message", {"type": "thinking"}, None),
        ("message", "gone", None),
    ],
)
def test_what_is_a_failure_in_a_stream(name: str, event: object, failure: Json | None) -> None:
    assert find_error(name, event) == failure
