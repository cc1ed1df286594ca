"""Answers in shapes that no server of these tests sends, read through the client."""

from __future__ import annotations

import json
from collections.abc import Iterator
from typing import Any

import httpx
import pytest
from pytest_httpx import HTTPXMock

from chatroutes import ChatRoutes, ResponseError
from tests.support.dialect_payloads import (
    COMPLETE_CHUNK,
    HELLO_CHUNKS,
    content_chunk,
    documented_chunk,
)
from tests.support.dialect_server import USAGE, Json


@pytest.fixture
def client() -> Iterator[ChatRoutes]:
    with ChatRoutes("key", retry_attempts=0) as running:
        yield running


CONVERSATION = {
    "id": "conv_1",
    "userId": "user_1",
    "title": "T",
    "createdAt": "2025-10-05T03:01:09+00:00",
    "updatedAt": "yesterday",
    "stars": 5,
}


@pytest.mark.parametrize(
    "answer",
    [
        {"success": True, "data": {"conversation": CONVERSATION}},
        {"success": True, "data": CONVERSATION},
        {"data": {"conversation": CONVERSATION}},
        {"success": True, "conversation": CONVERSATION},
        CONVERSATION,
    ],
)
def test_a_conversation_is_what_came_unknown_fields_and_odd_times_included(
    client: ChatRoutes, httpx_mock: HTTPXMock, answer: Json
) -> None:
    httpx_mock.add_response(json=answer)
    assert client.conversations.get("conv_1") == CONVERSATION


@pytest.mark.parametrize(
    "answer",
    [
        {"success": True, "data": {"conversations": [CONVERSATION], "total": 3}},
        {"success": True, "conversations": [CONVERSATION], "total": 3},
        {"conversations": [CONVERSATION], "total": 3},
    ],
)
def test_a_page_with_nothing_but_its_total_is_the_last(
    client: ChatRoutes, httpx_mock: HTTPXMock, answer: Json
) -> None:
    httpx_mock.add_response(json=answer)
    assert client.conversations.list() == {"data": [CONVERSATION], "total": 3, "hasNext": False}


def test_iterating_reckons_pages_where_nobody_says_whether_there_are_more(
    client: ChatRoutes, httpx_mock: HTTPXMock
) -> None:
    for number, title in ((1, "a"), (2, "b"), (3, "c")):
        conversations = [{**CONVERSATION, "title": title}]
        fields = {"conversations": conversations, "total": 3, "page": number, "limit": 1}
        httpx_mock.add_response(json={"success": True, **fields})
    assert [each["title"] for each in client.conversations.iterate({"limit": 1})] == ["a", "b", "c"]
    assert [each.url.params["page"] for each in httpx_mock.get_requests()] == ["1", "2", "3"]


def stream_of(httpx_mock: HTTPXMock, *events: Json | str) -> None:
    text = "".join(
        f"data: {each if isinstance(each, str) else json.dumps(each)}\n\n" for each in events
    )
    httpx_mock.add_response(
        stream=httpx.ByteStream(text.encode()), headers={"Content-Type": "text/event-stream"}
    )


def test_a_chunk_of_a_type_that_is_unknown_reaches_the_program(
    client: ChatRoutes, httpx_mock: HTTPXMock
) -> None:
    odd = {"type": "thinking", "note": {"deep": True}}
    stream_of(httpx_mock, content_chunk("Hello"), odd, COMPLETE_CHUNK, "[DONE]")
    with client.messages.stream("conv_1", {"content": "Hi"}) as stream:
        chunks: Any = list(stream)
    empty = {"index": 0, "delta": {}, "finish_reason": None}
    assert chunks[1] == {**odd, "choices": [empty]}
    assert [each.get("type") for each in chunks] == ["content", "thinking", "complete"]


def test_usage_after_the_finish_reason_is_not_lost(
    client: ChatRoutes, httpx_mock: HTTPXMock
) -> None:
    usage = documented_chunk({}) | {"choices": [], "usage": USAGE}
    stream_of(httpx_mock, *HELLO_CHUNKS, documented_chunk({}, "stop"), usage, "[DONE]")
    with client.messages.stream("conv_1", {"content": "Hi"}) as stream:
        response = stream.get_final_response()
    assert response.get("usage") == USAGE
    assert response["assistantMessage"]["content"] == "Hello"


@pytest.mark.parametrize(
    "answer",
    [
        {"success": True},
        {"success": True, "data": {}},
        {"success": True, "data": {"conversation": None}},
        {"success": True, "data": {"conversation": [CONVERSATION]}},
        {"success": True, "data": "conv_1"},
        [CONVERSATION],
        None,
        {"success": True, "data": {"messages": []}},
    ],
)
def test_what_is_a_conversation_in_neither_dialect_is_refused(
    client: ChatRoutes, httpx_mock: HTTPXMock, answer: object
) -> None:
    httpx_mock.add_response(json=answer)
    with pytest.raises(ResponseError):
        client.conversations.get("conv_1")
