"""What the pure functions of the dialects make of each shape that an answer may have."""

from __future__ import annotations

import copy
from typing import Any

import pytest

from chatroutes._normalize import (
    normalize_checkpoint,
    normalize_envelope,
    normalize_page,
    normalize_send_response,
)
from chatroutes_wire.errors import UnexpectedPayload
from tests.support.dialect_payloads import (
    ASSISTANT_MESSAGE,
    ASSISTANT_MESSAGE_WITH_MODEL,
    REQUEST_MESSAGE,
    USER_MESSAGE,
)
from tests.support.dialect_server import TIME, USAGE, Json

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
    answer: Any = normalize_envelope(payload, result)
    assert answer["data"] == expected


@pytest.mark.parametrize("payload", [{"success": True}, {}, {"success": True, "data": None}, [], 1])
def test_an_answer_with_nothing_in_it_stays_as_it_is(payload: object) -> None:
    assert normalize_envelope(payload, "conversation") is payload


def test_the_object_within_an_envelope_is_the_one_that_came() -> None:
    inner = {"id": "conv_1"}
    named: Any = normalize_envelope(
        {"success": True, "data": {"conversation": inner}}, "conversation"
    )
    bare: Any = normalize_envelope({"success": True, "data": inner}, "conversation")
    whole: Any = normalize_envelope(inner, "conversation")
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
    result: Any = normalize_page(answer)
    assert result["hasNext"] is has_next
    assert result["data"] is conversations
    assert {name: result[name] for name in result if name not in ("data", "hasNext")} == {
        **{name: fields[name] for name in fields if name != "hasNext"},
        "unknown": [1],
    }


# Answers to a message that was sent.


@pytest.mark.parametrize(
    ("data", "expected"),
    [
        pytest.param(
            {"userMessage": USER_MESSAGE, "assistantMessage": ASSISTANT_MESSAGE},
            {
                "userMessage": USER_MESSAGE,
                "assistantMessage": ASSISTANT_MESSAGE,
                "message": ASSISTANT_MESSAGE,
            },
            id="documented, without metadata",
        ),
        pytest.param(
            {"userMessage": USER_MESSAGE, "assistantMessage": ASSISTANT_MESSAGE_WITH_MODEL},
            {
                "userMessage": USER_MESSAGE,
                "assistantMessage": ASSISTANT_MESSAGE_WITH_MODEL,
                "message": ASSISTANT_MESSAGE_WITH_MODEL,
                "model": "gpt-4",
            },
            id="documented, with metadata",
        ),
        pytest.param(
            {
                "userMessage": USER_MESSAGE,
                "assistantMessage": {**ASSISTANT_MESSAGE, "metadata": None},
            },
            {
                "userMessage": USER_MESSAGE,
                "assistantMessage": {**ASSISTANT_MESSAGE, "metadata": None},
                "message": {**ASSISTANT_MESSAGE, "metadata": None},
            },
            id="documented, metadata null",
        ),
        pytest.param(
            {"userMessage": USER_MESSAGE, "assistantMessage": ASSISTANT_MESSAGE, "usage": USAGE},
            {
                "userMessage": USER_MESSAGE,
                "assistantMessage": ASSISTANT_MESSAGE,
                "message": ASSISTANT_MESSAGE,
                "usage": USAGE,
            },
            id="documented, with usage",
        ),
        pytest.param(
            {"message": ASSISTANT_MESSAGE, "usage": USAGE, "model": "gpt-4"},
            {
                "userMessage": REQUEST_MESSAGE,
                "assistantMessage": ASSISTANT_MESSAGE,
                "message": ASSISTANT_MESSAGE,
                "usage": USAGE,
                "model": "gpt-4",
            },
            id="compact",
        ),
        pytest.param(
            {"message": ASSISTANT_MESSAGE},
            {
                "userMessage": REQUEST_MESSAGE,
                "assistantMessage": ASSISTANT_MESSAGE,
                "message": ASSISTANT_MESSAGE,
            },
            id="compact, the message alone",
        ),
        pytest.param(
            {"message": ASSISTANT_MESSAGE_WITH_MODEL, "model": "gpt-5"},
            {
                "userMessage": REQUEST_MESSAGE,
                "assistantMessage": ASSISTANT_MESSAGE_WITH_MODEL,
                "message": ASSISTANT_MESSAGE_WITH_MODEL,
                "model": "gpt-5",
            },
            id="compact, of another model than its metadata says",
        ),
        pytest.param(
            {"userMessage": None, "assistantMessage": None, "message": ASSISTANT_MESSAGE},
            {
                "userMessage": REQUEST_MESSAGE,
                "assistantMessage": ASSISTANT_MESSAGE,
                "message": ASSISTANT_MESSAGE,
            },
            id="compact, with nulls for the rest",
        ),
        pytest.param(
            {"message": ASSISTANT_MESSAGE, "remaining": 7},
            {
                "userMessage": REQUEST_MESSAGE,
                "assistantMessage": ASSISTANT_MESSAGE,
                "message": ASSISTANT_MESSAGE,
                "remaining": 7,
            },
            id="with a field that is unknown",
        ),
    ],
)
def test_an_answer_to_a_message_is_completed(data: Json, expected: Json) -> None:
    answer = copy.deepcopy(data)
    parts = {name: value for name, value in answer.items() if isinstance(value, dict)}

    result: Any = normalize_send_response(answer, "conv_1", {"content": "Hi"})

    assert result == expected
    assert result is answer
    assert all(result[name] is part for name, part in parts.items())
    assert result["message"] is result["assistantMessage"]


def test_a_message_made_up_from_what_was_sent_names_its_branch() -> None:
    result = normalize_send_response(
        {"message": dict(ASSISTANT_MESSAGE)}, "conv_1", {"content": "Hi", "branchId": "br_1"}
    )
    assert result["userMessage"] == {**REQUEST_MESSAGE, "branchId": "br_1"}


@pytest.mark.parametrize(
    "data",
    [{}, {"usage": USAGE}, {"message": "Hello"}, {"assistantMessage": []}, {"message": None}],
)
def test_an_answer_without_a_reply_is_not_the_contract_s(data: Json) -> None:
    with pytest.raises(UnexpectedPayload):
        normalize_send_response(data, "conv_1", {"content": "Hi"})


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
    result = normalize_checkpoint(answer)
    assert result is answer
    assert result == {**before, **added}
