"""Streams that were cut, and readers that come back with the id of the last event they read."""

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


def test_every_event_has_an_id_of_its_own(api: Api, path: str) -> None:
    events = parse_event_ids(post_message(api, path, new_idempotency_key()).text)

    ids = [event_id for event_id, _ in events]
    reply_id = json.loads(events[0][1])["id"]
    assert len(set(ids)) == len(events) > 20
    assert all(event_id.startswith(f"{reply_id}-") for event_id in ids)


def test_whoever_comes_back_gets_the_rest_and_nothing_twice_wherever_it_was_cut(
    api: Api, path: str
) -> None:
    key = new_idempotency_key()
    whole = post_message(api, path, key, maxTokens=30).content

    answers: dict[str, IdentifiedEvents] = {}
    for cut in range(len(whole)):
        seen = parse_event_ids(whole[:cut].decode("utf-8", "ignore"))
        last = seen[-1][0] if seen else None
        if last is None:
            continue
        if last not in answers:
            answers[last] = parse_event_ids(post_message(api, path, key, last, maxTokens=30).text)
        assert seen + answers[last] == parse_event_ids(whole.decode())


def test_after_the_last_event_there_is_nothing(api: Api, path: str) -> None:
    key = new_idempotency_key()
    last = parse_event_ids(post_message(api, path, key).text)[-1]

    again = post_message(api, path, key, last[0])

    assert last[1] == "[DONE]"
    assert (again.status_code, again.text) == (200, "")


def test_a_stream_is_gone_on_with_after_a_restart(tmp_path: Path) -> None:
    database = tmp_path / "kept.db"
    with LocalServer(database=database) as server, Api(server) as api:
        path = f"/conversations/{api.conversation()}/messages/stream"
        whole = post_message(api, path, "key", content="Grüße 😀 und mehr").text

    with LocalServer(database=database) as server, Api(server) as api:
        events = parse_event_ids(whole)
        for number, (event_id, _) in enumerate(events, 1):
            rest = post_message(api, path, "key", event_id, content="Grüße 😀 und mehr").text
            assert parse_event_ids(rest) == events[number:]


def test_a_stream_that_is_still_running_is_joined_live() -> None:
    with LocalServer(word_delay=0.01) as server, Api(server) as api, Api(server) as other:
        path = f"/conversations/{api.conversation()}/messages/stream"
        headers = {"Idempotency-Key": "live"}
        body = {"content": "hello"}
        with api.http.stream("POST", path, json=body, headers=headers) as first:
            lines = first.iter_lines()
            data = next(lines)
            event_id = next(lines).removeprefix("id: ")
            rest = parse_event_ids(post_message(other, path, "live", event_id).text)
            told = parse_event_ids("\n".join([data, f"id: {event_id}", *lines]) + "\n")

    assert told[1:] == rest
    assert rest[-1][1] == "[DONE]"


def test_many_readers_of_one_stream_read_the_same(tmp_path: Path) -> None:
    with LocalServer(word_delay=0.005) as server, Api(server) as api:
        path = f"/conversations/{api.conversation()}/messages/stream"
        texts: list[str] = []
        readers = [
            threading.Thread(target=lambda: texts.append(post_message(api, path, "same").text))
            for _ in range(8)
        ]
        for reader in readers:
            reader.start()
        for reader in readers:
            reader.join()

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
def test_an_event_id_that_leads_nowhere_is_refused_by_its_name(
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


def test_an_event_id_without_a_key_is_refused(api: Api, path: str) -> None:
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

    assert (other.status_code, other.json()["error"]) == (409, "CONFLICT")
    assert other.json()["message"].startswith("Idempotency-Key: ")


def test_a_reader_goes_on_with_an_upstreams_stream_at_any_place(upstream: FakeUpstream) -> None:
    upstream.behaviour = stream_reply("one", " two 😀", "three", " four")
    with api_with_upstream(upstream) as api:
        path = f"/conversations/{api.conversation()}/messages/stream"
        whole = post_message(api, path, "key").text
        reply_id = json.loads(parse_event_ids(whole)[0][1])["id"]
        text = "one two 😀three four"
        for place in range(len(text)):
            rest = parse_event_ids(post_message(api, path, "key", f"{reply_id}-{place}").text)[:-2]
            pieces = [json.loads(data)["content"] for _, data in rest]
            assert "".join(pieces) == text[place:]

    assert len(upstream.requests) == 1


def test_a_reply_that_failed_and_was_begun_anew_cannot_be_gone_on_with(
    upstream: FakeUpstream,
) -> None:
    upstream.behaviour = stream_then_close("one", "two")
    with api_with_upstream(upstream) as api:
        path = f"/conversations/{api.conversation()}/messages/stream"
        cut = parse_event_ids(post_message(api, path, "key").text)
        upstream.behaviour = stream_reply("something else")
        refused = post_message(api, path, "key", cut[0][0])
        asked = len(upstream.requests)
        anew = post_message(api, path, "key")

    assert refused.status_code == 409
    assert asked == 1
    assert "something else" in anew.text


def test_a_server_that_stops_leaves_an_upstreams_reply_to_the_next_start(
    upstream: FakeUpstream, tmp_path: Path
) -> None:
    database = tmp_path / "kept.db"

    def hang(handler: Handler) -> None:
        handler.start_response()
        handler.send_text("never whole")
        handler.wait_for_disconnect()

    upstream.behaviour = hang
    with api_with_upstream(upstream, database=database) as api:
        path = f"/conversations/{api.conversation()}/messages/stream"
        headers = {"Idempotency-Key": "key"}
        with api.http.stream("POST", path, json={"content": "hello"}, headers=headers) as first:
            next(first.iter_lines())
    assert upstream.client_disconnected.wait(20)

    upstream.behaviour = stream_reply("whole")
    with api_with_upstream(upstream, database=database) as api:
        again = post_message(api, path, "key").text
        stored = api.messages(path.split("/")[2])

    assert "never" not in again
    assert [each["content"] for each in stored] == ["hello", "whole"]
    assert re.findall("-done", again) == ["-done"]
