"""Requests that are sent again with the same Idempotency-Key."""

from __future__ import annotations

import asyncio
import uuid
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import Any

import httpx
import pytest
from sqlalchemy import Connection, update

from chatroutes_server import LocalServer
from chatroutes_server.store import messages, schema
from chatroutes_server.store.database import Database
from tests.server.conftest import Api
from tests.server.test_streams import read


def post(api: Api, path: str, body: Any, key: str) -> httpx.Response:
    return api.http.post(path, json=body, headers={"Idempotency-Key": key})


def new_key() -> str:
    return uuid.uuid4().hex


def paths(api: Api) -> dict[str, tuple[str, Any]]:
    conversation_id = api.conversation()
    message_id = api.send(conversation_id, "one")["message"]["id"]
    branch = api.branch(conversation_id, "Aside")
    api.send(conversation_id, "aside", branchId=branch["id"])
    path = f"/conversations/{conversation_id}"
    return {
        "createConversation": ("/conversations", {"title": "x"}),
        "createBranch": (f"{path}/branches", {"title": "x"}),
        "forkConversation": (f"{path}/fork", {"title": "x", "forkPointMessageId": message_id}),
        "sendMessage": (f"{path}/messages", {"content": "hello"}),
        "sendBranchMessage": (f"{path}/branches/{branch['id']}/messages", {"content": "hello"}),
        "mergeBranch": (f"{path}/branches/{branch['id']}/merge", {}),
    }


OPERATIONS = [
    "createConversation",
    "createBranch",
    "forkConversation",
    "sendMessage",
    "sendBranchMessage",
    "mergeBranch",
]


@pytest.mark.parametrize("operation", OPERATIONS)
def test_a_repeated_key_answers_with_the_first_result(api: Api, operation: str) -> None:
    path, body = paths(api)[operation]
    key = new_key()

    first = post(api, path, body, key)
    again = post(api, path, body, key)

    assert first.is_success
    assert (again.status_code, again.json()) == (first.status_code, first.json())
    assert again.headers["x-request-id"] != first.headers["x-request-id"]


@pytest.mark.parametrize("operation", OPERATIONS)
def test_a_repeated_key_with_another_body_is_a_conflict(api: Api, operation: str) -> None:
    path, body = paths(api)[operation]
    key = new_key()
    post(api, path, body, key)

    other = post(api, path, {**body, "title": "other", "content": "other"}, key)

    assert (other.status_code, other.json()["error"]) == (409, "CONFLICT")
    assert other.json()["message"].startswith("Idempotency-Key: ")


@pytest.mark.parametrize("operation", OPERATIONS)
def test_tries_at_the_same_time_do_the_work_once(api: Api, operation: str) -> None:
    path, body = paths(api)[operation]
    key = new_key()

    with ThreadPoolExecutor(8) as pool:
        answers = list(pool.map(lambda _: post(api, path, body, key), range(8)))

    assert {answer.status_code for answer in answers} <= {200, 201}
    assert all(answer.json() == answers[0].json() for answer in answers)


def test_sending_again_while_the_first_is_still_running_waits_for_it() -> None:
    with LocalServer(word_delay=0.005) as server, Api(server) as api:
        conversation_id = api.conversation()
        path = f"/conversations/{conversation_id}/messages"
        with ThreadPoolExecutor(3) as pool:
            tries = pool.map(lambda _: post(api, path, {"content": "hello"}, "same"), range(3))
            answers = [answer.json() for answer in tries]

        assert answers[0]["success"] is True
        assert answers == [answers[0]] * 3
        assert len(api.messages(conversation_id)) == 2


def test_a_stream_is_replayed_from_the_stored_reply(api: Api) -> None:
    conversation_id = api.conversation()
    path = f"/conversations/{conversation_id}/messages/stream"
    key = new_key()

    first = post(api, path, {"content": "hello", "maxTokens": 30}, key)
    again = post(api, path, {"content": "hello", "maxTokens": 30}, key)

    def told(response: httpx.Response) -> Any:
        events = [data for _, data in read(response.text)]
        for event in events[:-1]:
            del event["created"]
        return events

    assert told(again) == told(first)
    assert len(api.messages(conversation_id)) == 2


def test_without_a_key_the_work_is_done_each_time(api: Api) -> None:
    conversation_id = api.conversation()

    api.send(conversation_id, "hello")
    api.send(conversation_id, "hello")

    assert len(api.messages(conversation_id)) == 4


def test_one_key_may_serve_another_path(api: Api) -> None:
    key = new_key()
    ids = [api.conversation(), api.conversation()]

    for conversation_id in ids:
        sent = post(api, f"/conversations/{conversation_id}/messages", {"content": "hello"}, key)
        assert sent.status_code == 200

    assert [len(api.messages(conversation_id)) for conversation_id in ids] == [2, 2]


@pytest.mark.parametrize("key", ["", "x" * 256])
def test_a_key_must_have_1_to_255_characters(api: Api, key: str) -> None:
    response = post(api, "/conversations", {"title": "x"}, key)

    assert response.status_code == 400
    assert response.json()["message"].startswith("Idempotency-Key: ")


def test_a_refusal_is_not_remembered(api: Api) -> None:
    conversation_id = api.conversation()
    branch = api.branch(conversation_id, "Aside")
    child = api.branch(
        conversation_id,
        "Child",
        api.send(conversation_id, "x", branchId=branch["id"])["message"]["id"],
    )
    path = f"/conversations/{conversation_id}/branches/{child['id']}"
    key = new_key()
    merge = f"/conversations/{conversation_id}/branches/br_none/merge"

    refused = [post(api, merge, {}, key).status_code, post(api, merge, {}, key).status_code]
    invalid = post(api, "/conversations", {"title": ""}, key).status_code
    valid = post(api, "/conversations", {"title": "x"}, key).status_code

    assert refused == [404, 404]
    assert (invalid, valid) == (400, 201)
    assert api.data("POST", f"{path}/merge")["branch"]["id"] == branch["id"]


def test_the_first_result_is_answered_after_a_restart(tmp_path: Path) -> None:
    database = tmp_path / "kept.db"
    with LocalServer(database=database) as server, Api(server) as api:
        conversation_id = api.conversation()
        path = f"/conversations/{conversation_id}/messages"
        first = post(api, path, {"content": "hello"}, "key").json()
        created = post(api, "/conversations", {"title": "x"}, "key").json()

    with LocalServer(database=database) as server, Api(server) as api:
        assert post(api, path, {"content": "hello"}, "key").json() == first
        assert post(api, "/conversations", {"title": "x"}, "key").json() == created
        assert post(api, path, {"content": "other"}, "key").status_code == 409
        assert len(api.messages(conversation_id)) == 2


def change(database: Path, work: Callable[[Connection], Any]) -> None:
    opened = Database(database)
    asyncio.run(opened.write(work))
    opened.close()


def test_a_reply_that_a_crash_cut_off_is_made_by_the_next_try(tmp_path: Path) -> None:
    database = tmp_path / "kept.db"
    with LocalServer(database=database) as server, Api(server) as api:
        conversation_id = api.conversation()
        path = f"/conversations/{conversation_id}/messages"
        first = post(api, path, {"content": "hello"}, "key").json()["data"]

    def crash(connection: Connection) -> None:
        # As a crash leaves it: the user's message is there, the reply and the answer are not.
        messages.remove(connection, first["message"]["id"])
        connection.execute(update(schema.first_tries).values(status=None, answer=None))

    change(database, crash)

    with LocalServer(database=database) as server, Api(server) as api:
        other = post(api, path, {"content": "other"}, "key")
        second = post(api, path, {"content": "hello"}, "key").json()["data"]
        stored = api.messages(conversation_id)

    assert other.status_code == 409
    assert second["userMessage"] == first["userMessage"]
    assert stored == [second["userMessage"], second["message"]]
