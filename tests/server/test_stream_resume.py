"""Resuming a stream with Last-Event-ID."""

from __future__ import annotations

import json
import re
import threading
from pathlib import Path

import pytest

from chatroutes_server import LocalServer
from tests.support.server_api import Api, api_with_upstream, new_idempotency_key, post_message
from tests.support.server_events import IdentifiedEvents, parse_event_ids
from tests.support.upstream_server import FakeUpstream, Handler, stream_reply, stream_then_close


@pytest.fixture
def path(api: Api) -> str:
    return f"/conversations/{api.conversation()}/messages/stream"


def test_every_event_has_a_unique_id(api: Api, path: str) -> None:
    events = parse_event_ids(post_message(api, path, new_idempotency_key()).text)

    ids = [event_id for event_id, _ in events]
    reply_id = json.loads(events[0][1])["id"]
    assert len(set(ids)) == len(events) > 20
    assert all(event_id.startswith(f"{reply_id}-") for event_id in ids)


def test_resume_at_any_point_returns_exactly_the_remaining_events(api: Api, path: str) -> None:
    key = new_idempotency_key()
    full_stream = post_message(api, path, key, maxTokens=30).content

    resumed_events: dict[str, IdentifiedEvents] = {}
    for length in range(len(full_stream)):
        received = parse_event_ids(full_stream[:length].decode("utf-8", "ignore"))
        last_event_id = received[-1][0] if received else None
        if last_event_id is None:
            continue
        if last_event_id not in resumed_events:
            resumed_events[last_event_id] = parse_event_ids(
                post_message(api, path, key, last_event_id, maxTokens=30).text
            )
        assert received + resumed_events[last_event_id] == parse_event_ids(full_stream.decode())


def test_resume_after_the_last_event_returns_nothing(api: Api, path: str) -> None:
    key = new_idempotency_key()
    last_event_id, last_data = parse_event_ids(post_message(api, path, key).text)[-1]

    resumed = post_message(api, path, key, last_event_id)

    assert last_data == "[DONE]"
    assert (resumed.status_code, resumed.text) == (200, "")


def test_resume_after_a_restart(tmp_path: Path) -> None:
    database = tmp_path / "kept.db"
    with LocalServer(database=database) as server, Api(server) as api:
        path = f"/conversations/{api.conversation()}/messages/stream"
        full_stream = post_message(api, path, "key", content="Grüße 😀 und mehr").text

    with LocalServer(database=database) as server, Api(server) as api:
        events = parse_event_ids(full_stream)
        for number, (event_id, _) in enumerate(events, 1):
            rest = post_message(api, path, "key", event_id, content="Grüße 😀 und mehr").text
            assert parse_event_ids(rest) == events[number:]


def test_resume_a_running_stream() -> None:
    with LocalServer(word_delay=0.01) as server, Api(server) as api, Api(server) as other:
        path = f"/conversations/{api.conversation()}/messages/stream"
        headers = {"Idempotency-Key": "live"}
        body = {"content": "hello"}
        with api.http.stream("POST", path, json=body, headers=headers) as first:
            lines = first.iter_lines()
            data = next(lines)
            event_id = next(lines).removeprefix("id: ")
            rest = parse_event_ids(post_message(other, path, "live", event_id).text)
            events = parse_event_ids("\n".join([data, f"id: {event_id}", *lines]) + "\n")

    assert events[1:] == rest
    assert rest[-1][1] == "[DONE]"


def test_concurrent_clients_of_one_stream_get_the_same_events(tmp_path: Path) -> None:
    with LocalServer(word_delay=0.005) as server, Api(server) as api:
        path = f"/conversations/{api.conversation()}/messages/stream"
        texts: list[str] = []
        threads = [
            threading.Thread(target=lambda: texts.append(post_message(api, path, "same").text))
            for _ in range(8)
        ]
        for thread in threads:
            thread.start()
        for thread in threads:
            thread.join()

    assert len(texts) == 8
    assert set(texts) == {texts[0]}


@pytest.mark.parametrize(
    ("event_id", "status", "code"),
    [
        ("nonsense", 409, "CONFLICT"),
        ("msg_0-", 409, "CONFLICT"),
        ("msg_0--1", 409, "CONFLICT"),
        ("", 400, "VALIDATION_ERROR"),
        ("x" * 256, 400, "VALIDATION_ERROR"),
        ("msg_0-5", 409, "CONFLICT"),
    ],
)
def test_invalid_event_id_is_rejected(
    api: Api, path: str, event_id: str, status: int, code: str
) -> None:
    key = new_idempotency_key()
    new = post_message(api, path, key, event_id)
    post_message(api, path, key)
    known = post_message(api, path, key, event_id)

    for response in (new, known):
        assert (response.status_code, response.json()["error"]) == (status, code)
        assert response.json()["message"].startswith("Last-Event-ID: ")
    assert len(api.messages(path.split("/")[2])) == 2


def test_event_id_without_a_key_is_a_conflict(api: Api, path: str) -> None:
    response = api.http.post(path, json={"content": "x"}, headers={"Last-Event-ID": "msg_0-5"})

    assert response.status_code == 409
    assert response.json()["message"].startswith("Last-Event-ID: ")


def test_another_body_with_the_key_of_a_running_stream_is_a_conflict() -> None:
    with LocalServer(word_delay=60) as server, Api(server) as api:
        path = f"/conversations/{api.conversation()}/messages/stream"
        headers = {"Idempotency-Key": "live"}
        with api.http.stream("POST", path, json={"content": "a"}, headers=headers) as first:
            next(first.iter_lines())
            other = post_message(api, path, "live", content="b")

    assert (other.status_code, other.json()["error"]) == (409, "IDEMPOTENCY_KEY_REUSED")
    assert other.json()["message"].startswith("Idempotency-Key: ")


def test_resume_an_upstream_stream_at_any_position(upstream: FakeUpstream) -> None:
    upstream.behaviour = stream_reply("one", " two 😀", "three", " four")
    with api_with_upstream(upstream) as api:
        path = f"/conversations/{api.conversation()}/messages/stream"
        full_stream = post_message(api, path, "key").text
        reply_id = json.loads(parse_event_ids(full_stream)[0][1])["id"]
        text = "one two 😀three four"
        for position in range(len(text)):
            response = post_message(api, path, "key", f"{reply_id}-{position}")
            rest = parse_event_ids(response.text)[:-2]
            contents = [json.loads(data)["content"] for _, data in rest]
            assert "".join(contents) == text[position:]

    assert len(upstream.requests) == 1


def test_resume_of_a_failed_reply_is_a_conflict(
    upstream: FakeUpstream,
) -> None:
    upstream.behaviour = stream_then_close("one", "two")
    with api_with_upstream(upstream) as api:
        path = f"/conversations/{api.conversation()}/messages/stream"
        interrupted = parse_event_ids(post_message(api, path, "key").text)
        upstream.behaviour = stream_reply("something else")
        conflict = post_message(api, path, "key", interrupted[0][0])
        request_count = len(upstream.requests)
        restarted = post_message(api, path, "key")

    assert conflict.status_code == 409
    assert request_count == 1
    assert "something else" in restarted.text


def test_upstream_reply_interrupted_by_a_shutdown_is_generated_at_the_next_start(
    upstream: FakeUpstream, tmp_path: Path
) -> None:
    database = tmp_path / "kept.db"

    def stall(handler: Handler) -> None:
        handler.start_response()
        handler.send_text("incomplete")
        handler.wait_for_disconnect()

    upstream.behaviour = stall
    with api_with_upstream(upstream, database=database) as api:
        path = f"/conversations/{api.conversation()}/messages/stream"
        headers = {"Idempotency-Key": "key"}
        with api.http.stream("POST", path, json={"content": "hello"}, headers=headers) as first:
            next(first.iter_lines())
    assert upstream.client_disconnected.wait(60)

    upstream.behaviour = stream_reply("complete")
    with api_with_upstream(upstream, database=database) as api:
        retried = post_message(api, path, "key").text
        stored = api.messages(path.split("/")[2])

    assert "incomplete" not in retried
    assert [each["content"] for each in stored] == ["hello", "complete"]
    assert re.findall("-done", retried) == ["-done"]
