"""Replies as event streams."""

from __future__ import annotations

import json
import socket
from contextlib import ExitStack
from pathlib import Path
from urllib.parse import urlsplit

import pytest

from chatroutes_server import LocalServer
from tests.support.server_api import Api, stream_message
from tests.support.server_events import parse_events
from tests.support.texts import UNUSUAL_TEXTS


def test_stream_has_chunks_of_both_dialects_a_complete_event_and_done(api: Api) -> None:
    conversation_id = api.conversation(model="gpt-4")

    response = stream_message(api, conversation_id, "What is a fork?")

    assert response.headers["content-type"].startswith("text/event-stream")
    assert response.headers["cache-control"] == "no-store"
    assert response.headers["x-accel-buffering"] == "no"
    *chunks, complete, done = [data for _, data in parse_events(response.text)]
    user, assistant = api.messages(conversation_id)
    assert done == "[DONE]"
    for number, chunk in enumerate(chunks):
        content = chunk["content"]
        delta = {"content": content} if number else {"role": "assistant", "content": content}
        assert chunk == {
            "id": assistant["id"],
            "model": "gpt-4",
            "created": complete["created"],
            "choices": [{"index": 0, "delta": delta, "finish_reason": None}],
            "type": "content",
            "content": content,
        }
    assert complete["choices"] == [{"index": 0, "delta": {}, "finish_reason": "stop"}]
    assert complete["type"] == "complete"
    assert (complete["id"], complete["model"]) == (assistant["id"], "gpt-4")
    assert complete["userMessage"] == user
    assert complete["message"] == complete["assistantMessage"] == assistant
    assert complete["usage"]["completionTokens"] == assistant["tokenCount"]


def test_stream_has_one_word_per_chunk(api: Api) -> None:
    chunks = parse_events(stream_message(api, api.conversation(), "one two").text)[:-2]

    assert len(chunks) > 20
    assert all(len(chunk["content"].split()) <= 1 for _, chunk in chunks)


STREAMED_TEXTS = [*UNUSUAL_TEXTS[:-2], "word " * 5_000, "x" * 1_000_000]


@pytest.mark.parametrize("text", STREAMED_TEXTS, ids=range(len(STREAMED_TEXTS)))
def test_chunks_of_a_stream_are_the_stored_reply(api: Api, text: str) -> None:
    conversation_id = api.conversation()

    events = [data for _, data in parse_events(stream_message(api, conversation_id, text).text)]

    stored = api.messages(conversation_id)[1]["content"]
    assert "".join(chunk["content"] for chunk in events[:-2]) == stored
    assert f'"{text}"' in stored


def test_stream_limited_by_max_tokens_ends_with_length(api: Api) -> None:
    events = parse_events(stream_message(api, api.conversation(), "hello", maxTokens=3).text)

    assert events[-2][1]["choices"][0]["finish_reason"] == "length"
    assert events[-2][1]["message"]["tokenCount"] == 3


def test_stream_to_a_branch(api: Api) -> None:
    conversation_id = api.conversation()
    branch = api.branch(conversation_id, "Aside")

    stream_message(api, conversation_id, "hello", branchId=branch["id"])

    assert api.messages(conversation_id) == []
    assert len(api.messages(conversation_id, branch["id"])) == 2


def test_error_before_the_first_event_is_an_error_response(api: Api) -> None:
    conversation_id = api.conversation()

    unknown = stream_message(api, conversation_id, "hello", branchId="br_none")
    invalid = stream_message(api, conversation_id, "")

    assert (unknown.status_code, unknown.json()["error"]) == (404, "NOT_FOUND")
    assert (invalid.status_code, invalid.json()["error"]) == (400, "VALIDATION_ERROR")


def test_error_after_the_first_event_is_an_error_event() -> None:
    with LocalServer(word_delay=0.02) as server, Api(server) as api:
        conversation_id = api.conversation()
        path = f"/conversations/{conversation_id}"
        body = {"content": "hello"}
        with api.http.stream("POST", f"{path}/messages/stream", json=body) as response:
            lines = response.iter_lines()
            first = next(lines)
            api.data("DELETE", path)
            text = "\n".join([first, *lines]) + "\n"

    events = parse_events(text)
    assert events[0][1]["type"] == "content"
    name, data = events[-1]
    assert name == "error"
    assert (data["type"], data["error"]) == ("error", "NOT_FOUND")
    assert conversation_id in data["message"]


def test_words_arrive_while_the_reply_is_generated() -> None:
    with LocalServer(word_delay=0.02) as server, Api(server) as api:
        conversation_id = api.conversation()
        path = f"/conversations/{conversation_id}/messages/stream"
        with api.http.stream("POST", path, json={"content": "hello"}) as response:
            lines = response.iter_lines()
            assert json.loads(next(lines)[len("data: ") :])["content"] == "This "
            # Only the user's message is stored: the reply is not complete yet.
            assert [each["role"] for each in api.messages(conversation_id)] == ["user"]
            for _ in lines:
                pass
            assert len(api.messages(conversation_id)) == 2


def disconnect_during_stream(server: LocalServer, conversation_id: str, key: str) -> None:
    """Start a stream, and disconnect after the first bytes of the response."""
    address = urlsplit(server.base_url)
    body = b'{"content":"hello"}'
    head = (
        f"POST {address.path}/conversations/{conversation_id}/messages/stream HTTP/1.1\r\n"
        f"Host: localhost\r\nX-API-Key: {server.api_key}\r\nContent-Type: application/json\r\n"
        f"Idempotency-Key: {key}\r\nContent-Length: {len(body)}\r\n\r\n"
    )
    with socket.create_connection((address.hostname, address.port)) as connection:
        connection.sendall(head.encode() + body)
        assert connection.recv(64).startswith(b"HTTP/1.1 200")


def test_reply_is_completed_and_stored_after_a_disconnect() -> None:
    with LocalServer(word_delay=0.005) as server, Api(server) as api:
        conversation_id = api.conversation()
        disconnect_during_stream(server, conversation_id, "key")

        # The repeated request waits for the end of the generation.
        replayed = api.http.post(
            f"/conversations/{conversation_id}/messages/stream",
            content=b'{"content":"hello"}',
            headers={"Content-Type": "application/json", "Idempotency-Key": "key"},
        )
        stored = api.messages(conversation_id)

    assert [each["role"] for each in stored] == ["user", "assistant"]
    assert stored[1]["content"].endswith('"hello"')
    events = [data for _, data in parse_events(replayed.text)][:-1]
    assert {event["id"] for event in events} == {stored[1]["id"]}
    assert events[-1]["message"] == stored[1]


def test_shutdown_stores_the_reply_after_a_disconnect(tmp_path: Path) -> None:
    database = tmp_path / "kept.db"
    with LocalServer(database=database, word_delay=60) as server, Api(server) as api:
        conversation_id = api.conversation()
        disconnect_during_stream(server, conversation_id, "key")

    with LocalServer(database=database) as server, Api(server) as api:
        assert len(api.messages(conversation_id)) == 2


def test_shutdown_completes_open_streams() -> None:
    with ExitStack() as stack:
        with LocalServer(word_delay=60) as server:
            api = stack.enter_context(Api(server))
            path = f"/conversations/{api.conversation()}/messages/stream"
            body = {"content": "hello"}
            response = stack.enter_context(api.http.stream("POST", path, json=body))
            lines = response.iter_lines()
            first = next(lines)
        text = "\n".join([first, *lines]) + "\n"

    assert parse_events(text)[-1][1] == "[DONE]"
