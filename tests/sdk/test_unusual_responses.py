"""Responses in unusual shapes, which the test servers do not send, read through the client."""

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
    "response_json",
    [
        {"success": True, "data": {"conversation": CONVERSATION}},
        {"success": True, "data": CONVERSATION},
        {"data": {"conversation": CONVERSATION}},
        {"success": True, "conversation": CONVERSATION},
        CONVERSATION,
    ],
)
def test_conversation_keeps_unknown_fields_and_invalid_times(
    client: ChatRoutes, httpx_mock: HTTPXMock, response_json: Json
) -> None:
    httpx_mock.add_response(json=response_json)
    assert client.conversations.get("conv_1") == CONVERSATION


@pytest.mark.parametrize(
    "response_json",
    [
        {"success": True, "data": {"conversations": [CONVERSATION], "total": 3}},
        {"success": True, "conversations": [CONVERSATION], "total": 3},
        {"conversations": [CONVERSATION], "total": 3},
    ],
)
def test_page_without_page_number_is_the_last(
    client: ChatRoutes, httpx_mock: HTTPXMock, response_json: Json
) -> None:
    httpx_mock.add_response(json=response_json)
    assert client.conversations.list() == {"data": [CONVERSATION], "total": 3, "hasNext": False}


def test_iterate_computes_missing_has_next(client: ChatRoutes, httpx_mock: HTTPXMock) -> None:
    for number, title in ((1, "a"), (2, "b"), (3, "c")):
        conversations = [{**CONVERSATION, "title": title}]
        fields = {"conversations": conversations, "total": 3, "page": number, "limit": 1}
        httpx_mock.add_response(json={"success": True, **fields})
    assert [each["title"] for each in client.conversations.iterate({"limit": 1})] == ["a", "b", "c"]
    assert [each.url.params["page"] for each in httpx_mock.get_requests()] == ["1", "2", "3"]


def add_stream(httpx_mock: HTTPXMock, *events: Json | str) -> None:
    text = "".join(
        f"data: {each if isinstance(each, str) else json.dumps(each)}\n\n" for each in events
    )
    httpx_mock.add_response(
        stream=httpx.ByteStream(text.encode()), headers={"Content-Type": "text/event-stream"}
    )


def test_chunks_of_unknown_type_are_yielded(client: ChatRoutes, httpx_mock: HTTPXMock) -> None:
    unknown = {"type": "thinking", "note": {"deep": True}}
    add_stream(httpx_mock, content_chunk("Hello"), unknown, COMPLETE_CHUNK, "[DONE]")
    with client.messages.stream("conv_1", {"content": "Hi"}) as stream:
        chunks: Any = list(stream)
    empty = {"index": 0, "delta": {}, "finish_reason": None}
    assert chunks[1] == {**unknown, "choices": [empty]}
    assert [each.get("type") for each in chunks] == ["content", "thinking", "complete"]


def test_usage_after_the_finish_reason_is_kept(client: ChatRoutes, httpx_mock: HTTPXMock) -> None:
    usage = documented_chunk({}) | {"choices": [], "usage": USAGE}
    add_stream(httpx_mock, *HELLO_CHUNKS, documented_chunk({}, "stop"), usage, "[DONE]")
    with client.messages.stream("conv_1", {"content": "Hi"}) as stream:
        response = stream.get_final_response()
    assert response.get("usage") == USAGE
    assert response["assistantMessage"]["content"] == "Hello"


@pytest.mark.parametrize(
    "response_json",
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
def test_response_without_a_conversation_raises_response_error(
    client: ChatRoutes, httpx_mock: HTTPXMock, response_json: object
) -> None:
    httpx_mock.add_response(json=response_json)
    with pytest.raises(ResponseError):
        client.conversations.get("conv_1")


# In trio, httpx warns about its own generators when a hook cannot decode a body, so this has no asynchronous version.
def test_body_that_an_event_hook_cannot_decode_raises_response_error() -> None:
    headers = {"Content-Encoding": "gzip"}
    transport = httpx.MockTransport(
        lambda request: httpx.Response(200, headers=headers, stream=httpx.ByteStream(b"{}"))
    )
    with (
        httpx.Client(transport=transport, event_hooks={"response": [httpx.Response.read]}) as own,
        ChatRoutes("key", "http://service.example", http_client=own) as client,
        pytest.raises(ResponseError, match="cannot be decompressed"),
    ):
        client.conversations.get("conv_1")
