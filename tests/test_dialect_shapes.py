"""What the pure functions of the dialects make of each shape that may come."""

from __future__ import annotations

import copy
from typing import Any

import pytest

from chatroutes._dialects import Transcript, checkpoint, documented, error_in, page, sent
from chatroutes_wire.errors import UnexpectedPayload

from .dialects import TIME, USAGE, Json

# Envelopes.

ID = {"id": "conv_1"}


@pytest.mark.parametrize(
    ("payload", "result", "expected"),
    [
        ({"success": True, "data": {"conversation": ID}}, "conversation", {"conversation": ID}),
        ({"success": True, "data": ID}, "conversation", {"conversation": ID}),
        (ID, "conversation", {"conversation": ID}),
        ({"success": True, **ID}, "conversation", {"conversation": ID}),
        ({"data": None, **ID}, "conversation", {"conversation": ID}),
        ({"conversation": ID}, "conversation", {"conversation": ID}),
        ({"success": True, "conversation": ID}, "conversation", {"conversation": ID}),
        ({"success": True, "data": [ID]}, "messages", {"messages": [ID]}),
        ({"success": True, "data": {"messages": [ID]}}, "messages", {"messages": [ID]}),
        ({"messages": [ID]}, "messages", {"messages": [ID]}),
        (
            {"success": True, "total": 0, "conversations": []},
            None,
            {"total": 0, "conversations": []},
        ),
        ({"success": True, "data": {"status": "healthy"}}, None, {"status": "healthy"}),
        ({"status": "healthy"}, None, {"status": "healthy"}),
    ],
)
def test_every_envelope_becomes_the_documented_one(
    payload: Json, result: str | None, expected: Json
) -> None:
    answer: Any = documented(payload, result)
    assert answer["data"] == expected


@pytest.mark.parametrize("payload", [{"success": True}, {}, {"success": True, "data": None}, [], 1])
def test_an_answer_with_nothing_in_it_stays_as_it_is(payload: object) -> None:
    assert documented(payload, "conversation") is payload


def test_the_object_within_an_envelope_is_the_one_that_came() -> None:
    inner = {"id": "conv_1"}
    named: Any = documented({"success": True, "data": {"conversation": inner}}, "conversation")
    bare: Any = documented({"success": True, "data": inner}, "conversation")
    whole: Any = documented(inner, "conversation")
    assert named["data"]["conversation"] is inner
    assert bare["data"]["conversation"] is inner
    assert whole["data"]["conversation"] == inner


# Pages.


@pytest.mark.parametrize(
    ("fields", "has_next"),
    [
        ({"total": 21, "page": 1, "limit": 10}, True),
        ({"total": 21, "page": 2, "limit": 10}, True),
        ({"total": 21, "page": 3, "limit": 10}, False),
        ({"total": 20, "page": 2, "limit": 10}, False),
        ({"total": 0, "page": 1, "limit": 10}, False),
        ({"total": 21, "page": 3, "limit": 10, "hasNext": True}, True),
        ({"total": 21, "page": 1, "limit": 10, "hasNext": False}, False),
        ({"total": 21, "page": 1, "limit": 10, "hasNext": None}, True),
        ({"total": 3}, False),
        ({}, False),
        ({"total": "21", "page": 1, "limit": 10}, False),
    ],
)
def test_whether_there_is_another_page_is_told_or_reckoned(fields: Json, has_next: bool) -> None:
    conversations = [{"id": "conv_1", "new": 1}]
    answer: Any = {"conversations": conversations, **fields, "unknown": [1]}
    result: Any = page(answer)
    assert result["hasNext"] is has_next
    assert result["data"] is conversations
    assert {name: result[name] for name in result if name not in ("data", "hasNext")} == {
        **{name: fields[name] for name in fields if name != "hasNext"},
        "unknown": [1],
    }


# Answers to a message that was sent.

USER = {
    "id": "msg_1",
    "conversationId": "conv_1",
    "role": "user",
    "content": "Hi",
    "createdAt": TIME,
}
REPLY = {
    "id": "msg_2",
    "conversationId": "conv_1",
    "role": "assistant",
    "content": "Hello",
    "createdAt": TIME,
}
REPLY_OF_MODEL = {**REPLY, "metadata": {"model": "gpt-4"}}
AS_SENT = {"conversationId": "conv_1", "role": "user", "content": "Hi"}


@pytest.mark.parametrize(
    ("data", "expected"),
    [
        pytest.param(
            {"userMessage": USER, "assistantMessage": REPLY},
            {"userMessage": USER, "assistantMessage": REPLY, "message": REPLY},
            id="documented, without metadata",
        ),
        pytest.param(
            {"userMessage": USER, "assistantMessage": REPLY_OF_MODEL},
            {
                "userMessage": USER,
                "assistantMessage": REPLY_OF_MODEL,
                "message": REPLY_OF_MODEL,
                "model": "gpt-4",
            },
            id="documented, with metadata",
        ),
        pytest.param(
            {"userMessage": USER, "assistantMessage": {**REPLY, "metadata": None}},
            {
                "userMessage": USER,
                "assistantMessage": {**REPLY, "metadata": None},
                "message": {**REPLY, "metadata": None},
            },
            id="documented, metadata null",
        ),
        pytest.param(
            {"userMessage": USER, "assistantMessage": REPLY, "usage": USAGE},
            {"userMessage": USER, "assistantMessage": REPLY, "message": REPLY, "usage": USAGE},
            id="documented, with usage",
        ),
        pytest.param(
            {"message": REPLY, "usage": USAGE, "model": "gpt-4"},
            {
                "userMessage": AS_SENT,
                "assistantMessage": REPLY,
                "message": REPLY,
                "usage": USAGE,
                "model": "gpt-4",
            },
            id="compact",
        ),
        pytest.param(
            {"message": REPLY},
            {"userMessage": AS_SENT, "assistantMessage": REPLY, "message": REPLY},
            id="compact, the message alone",
        ),
        pytest.param(
            {"message": REPLY_OF_MODEL, "model": "gpt-5"},
            {
                "userMessage": AS_SENT,
                "assistantMessage": REPLY_OF_MODEL,
                "message": REPLY_OF_MODEL,
                "model": "gpt-5",
            },
            id="compact, of another model than its metadata says",
        ),
        pytest.param(
            {"userMessage": None, "assistantMessage": None, "message": REPLY},
            {"userMessage": AS_SENT, "assistantMessage": REPLY, "message": REPLY},
            id="compact, with nulls for the rest",
        ),
        pytest.param(
            {"message": REPLY, "remaining": 7},
            {"userMessage": AS_SENT, "assistantMessage": REPLY, "message": REPLY, "remaining": 7},
            id="with a field that is unknown",
        ),
    ],
)
def test_an_answer_to_a_message_is_completed(data: Json, expected: Json) -> None:
    answer = copy.deepcopy(data)
    parts = {name: value for name, value in answer.items() if isinstance(value, dict)}

    result: Any = sent(answer, "conv_1", {"content": "Hi"})

    assert result == expected
    assert result is answer
    assert all(result[name] is part for name, part in parts.items())
    assert result["message"] is result["assistantMessage"]


def test_a_message_made_up_from_what_was_sent_names_its_branch() -> None:
    result = sent({"message": dict(REPLY)}, "conv_1", {"content": "Hi", "branchId": "br_1"})
    assert result["userMessage"] == {**AS_SENT, "branchId": "br_1"}


@pytest.mark.parametrize(
    "data",
    [{}, {"usage": USAGE}, {"message": "Hello"}, {"assistantMessage": []}, {"message": None}],
)
def test_an_answer_without_a_reply_is_not_the_contract_s(data: Json) -> None:
    with pytest.raises(UnexpectedPayload):
        sent(data, "conv_1", {"content": "Hi"})


# Checkpoints.


@pytest.mark.parametrize(
    ("fields", "added"),
    [
        ({"branch_id": "br_1"}, {}),
        ({"branchId": "br_1"}, {"branch_id": "br_1"}),
        ({"branchId": "br_1", "branch_id": "br_2"}, {}),
        (
            {"conversationId": "c", "anchorMessageId": "m", "tokenCount": 3, "createdAt": TIME},
            {
                "conversation_id": "c",
                "anchor_message_id": "m",
                "token_count": 3,
                "created_at": TIME,
            },
        ),
    ],
)
def test_a_checkpoint_gets_the_spelling_that_it_lacks(fields: Json, added: Json) -> None:
    answer: Any = {"id": "cp_1", "summary": "s", "unknown": {}, **fields}
    before = dict(answer)
    result = checkpoint(answer)
    assert result is answer
    assert result == {**before, **added}


# Chunks and transcripts.


def chunk(delta: Json, finish_reason: str | None = None, **fields: Any) -> Json:
    choice = {"index": 0, "delta": delta, "finish_reason": finish_reason}
    return {"id": "msg_2", "model": "gpt-4", "created": 1759633269, "choices": [choice], **fields}


HELLO = chunk({"content": "Hel", "role": "assistant"}), chunk({"content": "lo"})
COMPLETE = {"type": "complete", "message": REPLY, "usage": USAGE, "model": "gpt-4"}


def content(text: str, **fields: Any) -> Json:
    return {"type": "content", "content": text, "model": "gpt-4", **fields}


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
    return {"userMessage": AS_SENT, "assistantMessage": reply, "message": reply, **fields}


@pytest.mark.parametrize(
    ("events", "expected"),
    [
        pytest.param(
            [*HELLO, chunk({}, "stop")],
            whole(reply_of_chunks(), model="gpt-4"),
            id="documented",
        ),
        pytest.param(
            [HELLO[0], chunk({"content": "lo"}, "length")],
            whole(reply_of_chunks("length"), model="gpt-4"),
            id="documented, the reason beside the last text",
        ),
        pytest.param(
            [*HELLO, chunk({}, "stop"), chunk({}) | {"choices": [], "usage": USAGE}],
            whole(reply_of_chunks(), model="gpt-4", usage=USAGE),
            id="documented, usage after the reason with empty choices",
        ),
        pytest.param(
            [*HELLO, chunk({}, "stop", usage=USAGE)],
            whole(reply_of_chunks(), model="gpt-4", usage=USAGE),
            id="documented, usage beside the reason",
        ),
        pytest.param(
            [*HELLO, chunk({}, "stop", userMessage=USER, assistantMessage=REPLY, usage=USAGE)],
            {
                "userMessage": USER,
                "assistantMessage": REPLY,
                "message": REPLY,
                "usage": USAGE,
                "model": "gpt-4",
            },
            id="documented, with the messages at its end",
        ),
        pytest.param(
            [content("Hel"), content("lo"), COMPLETE],
            whole(REPLY, usage=USAGE, model="gpt-4"),
            id="compact",
        ),
        pytest.param(
            [COMPLETE],
            whole(REPLY, usage=USAGE, model="gpt-4"),
            id="compact, the end alone",
        ),
        pytest.param(
            [content("Hello"), {"type": "complete", "message": REPLY}],
            whole(REPLY, model="gpt-4"),
            id="compact, usage and model missing at the end",
        ),
        pytest.param(
            [content("Hello"), {"type": "thinking", "note": 1}, COMPLETE],
            whole(REPLY, usage=USAGE, model="gpt-4"),
            id="compact, with a type that is unknown",
        ),
    ],
)
def test_a_stream_amounts_to_the_answer_that_send_gives(events: list[Json], expected: Json) -> None:
    transcript = Transcript("conv_1", {"content": "Hi"})
    for event in copy.deepcopy(events):
        transcript.add(event)
    assert transcript.whole
    assert transcript.response() == expected


def test_a_stream_of_chunks_is_whole_with_its_finish_reason_and_not_before() -> None:
    transcript = Transcript("conv_1", {"content": "Hi"})
    assert (transcript.text, transcript.whole) == ("", False)
    transcript.add(chunk({"content": "Hel"}))
    transcript.add(chunk({"content": None}))
    transcript.add(chunk({"content": "lo"}))
    assert (transcript.text, transcript.whole) == ("Hello", False)
    transcript.add(chunk({}, "stop"))
    assert transcript.whole


def test_done_makes_a_stream_whole() -> None:
    transcript = Transcript("conv_1", {"content": "Hi"})
    transcript.add(content("Hello"))
    assert not transcript.whole
    transcript.done()
    assert transcript.whole


@pytest.mark.parametrize(
    ("event", "choice"),
    [
        (content("Hel"), {"index": 0, "delta": {"content": "Hel"}, "finish_reason": None}),
        (content(""), {"index": 0, "delta": {"content": ""}, "finish_reason": None}),
        ({"type": "content"}, {"index": 0, "delta": {}, "finish_reason": None}),
        ({"type": "thinking", "x": []}, {"index": 0, "delta": {}, "finish_reason": None}),
        ({}, {"index": 0, "delta": {}, "finish_reason": None}),
        ({"choices": []}, {"index": 0, "delta": {}, "finish_reason": None}),
        (COMPLETE, {"index": 0, "delta": {}, "finish_reason": "stop"}),
        (
            {"type": "complete", "message": {**REPLY, "metadata": {"finishReason": "length"}}},
            {"index": 0, "delta": {}, "finish_reason": "length"},
        ),
    ],
)
def test_an_event_without_choices_gets_one_and_keeps_the_rest(event: Json, choice: Json) -> None:
    arrived = dict(event)
    result = Transcript("conv_1", {"content": "Hi"}).add(arrived)
    assert result is arrived
    assert result == {**event, "choices": [choice]}


@pytest.mark.parametrize(
    "event",
    [
        HELLO[0],
        chunk({}, "stop"),
        chunk({"content": "Hel", "tone": "warm"}, logprobs=[1]),
        chunk({"content": "Hel"}) | {"type": "content", "content": "Hel"},
        {"choices": [{"delta": {"content": "Hel"}}, {"delta": {"content": "other"}}]},
    ],
)
def test_a_documented_chunk_is_handed_on_as_it_came(event: Json) -> None:
    arrived = copy.deepcopy(event)
    delta = arrived["choices"][0]["delta"]
    result: Any = Transcript("conv_1", {"content": "Hi"}).add(arrived)
    assert result is arrived
    assert result == event
    assert result["choices"][0]["delta"] is delta


def test_a_choice_without_a_delta_gets_an_empty_one() -> None:
    result = Transcript("conv_1", {"content": "Hi"}).add({"choices": [{"finish_reason": "stop"}]})
    assert result["choices"] == [{"finish_reason": "stop", "delta": {}}]


def test_the_final_message_of_a_stream_is_the_object_that_came() -> None:
    transcript = Transcript("conv_1", {"content": "Hi"})
    event = copy.deepcopy(COMPLETE)
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
        ("message", chunk({"content": "Hel"}), None),
        ("message", chunk({"content": "Hel"}, error=None), None),
        ("message", content("Hel"), None),
        ("message", {"type": "thinking"}, None),
        ("message", "gone", None),
    ],
)
def test_what_is_a_failure_in_a_stream(name: str, event: object, failure: Json | None) -> None:
    assert error_in(name, event) == failure
