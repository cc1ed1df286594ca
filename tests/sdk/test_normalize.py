"""The functions that normalize responses of both dialects."""

from __future__ import annotations

import copy
from typing import Any

import pytest

from chatroutes._normalize import (
    add_reply_fields,
    next_cursor,
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

# Envelopes

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
def test_envelopes_are_normalized(payload: Json, result: str | None, expected: Json) -> None:
    response: Any = normalize_envelope(payload, result)
    assert response["data"] == expected


@pytest.mark.parametrize(
    ("payload", "cursor"),
    [
        ({"success": True, "data": {"messages": [], "nextCursor": "c"}}, "c"),
        ({"success": True, "messages": [], "nextCursor": "c"}, "c"),
        ({"success": True, "data": [], "nextCursor": "c"}, "c"),
        ({"success": True, "data": {"messages": [], "nextCursor": None}}, None),
        ({"success": True, "data": {"messages": [], "nextCursor": ""}}, None),
        ({"success": True, "data": {"messages": []}}, None),
        ({"success": True, "data": []}, None),
    ],
)
def test_next_cursor_is_found_in_every_envelope(payload: Json, cursor: str | None) -> None:
    assert next_cursor(normalize_envelope(payload, "messages")) == cursor


@pytest.mark.parametrize("cursor", [5, ["c"], {"after": "c"}, True])
def test_next_cursor_must_be_a_string(cursor: object) -> None:
    with pytest.raises(UnexpectedPayload, match=r"data\.nextCursor is .*, not a string"):
        next_cursor({"data": {"messages": [], "nextCursor": cursor}})


@pytest.mark.parametrize("payload", [{"success": True}, {}, {"success": True, "data": None}, [], 1])
def test_responses_without_data_are_not_changed(payload: object) -> None:
    assert normalize_envelope(payload, "conversation") is payload


def test_objects_in_envelopes_are_not_copied() -> None:
    inner = {"id": "conv_1"}
    from_named: Any = normalize_envelope(
        {"success": True, "data": {"conversation": inner}}, "conversation"
    )
    from_bare: Any = normalize_envelope({"success": True, "data": inner}, "conversation")
    from_body: Any = normalize_envelope(inner, "conversation")
    assert from_named["data"]["conversation"] is inner
    assert from_bare["data"]["conversation"] is inner
    assert from_body["data"]["conversation"] == inner


# Pages


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
def test_missing_has_next_is_computed(fields: Json, has_next: bool) -> None:
    conversations = [{"id": "conv_1", "new": 1}]
    response: Any = {"conversations": conversations, **fields, "unknown": [1]}
    result: Any = normalize_page(response)
    assert result["hasNext"] is has_next
    assert result["data"] is conversations
    assert {name: result[name] for name in result if name not in ("data", "hasNext")} == {
        **{name: fields[name] for name in fields if name != "hasNext"},
        "unknown": [1],
    }


# Responses to a message


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
            id="compact, only the message",
        ),
        pytest.param(
            {"message": ASSISTANT_MESSAGE_WITH_MODEL, "model": "gpt-5"},
            {
                "userMessage": REQUEST_MESSAGE,
                "assistantMessage": ASSISTANT_MESSAGE_WITH_MODEL,
                "message": ASSISTANT_MESSAGE_WITH_MODEL,
                "model": "gpt-5",
            },
            id="compact, model differs from the metadata",
        ),
        pytest.param(
            {"userMessage": None, "assistantMessage": None, "message": ASSISTANT_MESSAGE},
            {
                "userMessage": REQUEST_MESSAGE,
                "assistantMessage": ASSISTANT_MESSAGE,
                "message": ASSISTANT_MESSAGE,
            },
            id="compact, other fields are null",
        ),
        pytest.param(
            {"message": ASSISTANT_MESSAGE, "remaining": 7},
            {
                "userMessage": REQUEST_MESSAGE,
                "assistantMessage": ASSISTANT_MESSAGE,
                "message": ASSISTANT_MESSAGE,
                "remaining": 7,
            },
            id="unknown field",
        ),
    ],
)
def test_missing_fields_of_send_responses_are_added(data: Json, expected: Json) -> None:
    response = copy.deepcopy(data)
    parts = {name: value for name, value in response.items() if isinstance(value, dict)}

    result: Any = normalize_send_response(response, "conv_1", {"content": "Hi"})

    assert result == expected
    assert result is response
    assert all(result[name] is part for name, part in parts.items())
    assert result["message"] is result["assistantMessage"]


def test_user_message_of_a_send_response_has_the_branch() -> None:
    result = normalize_send_response(
        {"message": dict(ASSISTANT_MESSAGE)}, "conv_1", {"content": "Hi", "branchId": "br_1"}
    )
    assert result["userMessage"] == {**REQUEST_MESSAGE, "branchId": "br_1"}


@pytest.mark.parametrize(
    "data",
    [{}, {"usage": USAGE}, {"message": "Hello"}, {"assistantMessage": []}, {"message": None}],
)
def test_send_responses_without_a_reply_are_rejected(data: Json) -> None:
    with pytest.raises(UnexpectedPayload):
        normalize_send_response(data, "conv_1", {"content": "Hi"})


# Checkpoints


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
def test_missing_snake_case_names_of_checkpoints_are_added(fields: Json, added: Json) -> None:
    response: Any = {"id": "cp_1", "summary": "s", "unknown": {}, **fields}
    before = dict(response)
    result = normalize_checkpoint(response)
    assert result is response
    assert result == {**before, **added}


# Callbacks


def test_reply_fields_are_beside_those_of_the_response() -> None:
    response: Any = {"userMessage": {"id": "u"}, "assistantMessage": {"id": "a"}, "model": "m"}
    assert add_reply_fields(response) == {"id": "a", **response}
    assert "id" not in response


def test_fields_of_the_response_take_precedence_over_those_of_the_reply() -> None:
    response: Any = {"assistantMessage": {"model": "other", "usage": None}, "model": "m"}
    assert add_reply_fields(response)["model"] == "m"
