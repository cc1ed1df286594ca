"""Requests that are sent again with the same Idempotency-Key."""

from __future__ import annotations

import asyncio
import json
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import Any

import httpx
import pytest
from sqlalchemy import Connection, delete, select, update

from chatroutes_server import LocalServer
from chatroutes_server.store import idempotency, messages, pending_replies, schema
from chatroutes_server.store.database import Database
from chatroutes_server.store.idempotency import IdempotentRequest, StoredResponse
from tests.support.server_api import Api, new_idempotency_key


def post(api: Api, path: str, body: Any, key: str) -> httpx.Response:
    return api.http.post(path, json=body, headers={"Idempotency-Key": key})


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
    key = new_idempotency_key()

    first = post(api, path, body, key)
    again = post(api, path, body, key)

    assert first.is_success
    assert (again.status_code, again.json()) == (first.status_code, first.json())
    assert again.headers["x-request-id"] != first.headers["x-request-id"]


@pytest.mark.parametrize("operation", OPERATIONS)
def test_a_repeated_key_with_another_body_is_a_conflict(api: Api, operation: str) -> None:
    path, body = paths(api)[operation]
    key = new_idempotency_key()
    post(api, path, body, key)

    other = post(api, path, {**body, "title": "other", "content": "other"}, key)

    assert (other.status_code, other.json()["error"]) == (409, "CONFLICT")
    assert other.json()["message"].startswith("Idempotency-Key: ")


@pytest.mark.parametrize("operation", OPERATIONS)
def test_tries_at_the_same_time_do_the_work_once(api: Api, operation: str) -> None:
    path, body = paths(api)[operation]
    key = new_idempotency_key()

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
    key = new_idempotency_key()

    first = post(api, path, {"content": "hello", "maxTokens": 30}, key)
    again = post(api, path, {"content": "hello", "maxTokens": 30}, key)

    assert again.text == first.text
    assert len(api.messages(conversation_id)) == 2


def test_without_a_key_the_work_is_done_each_time(api: Api) -> None:
    conversation_id = api.conversation()

    api.send(conversation_id, "hello")
    api.send(conversation_id, "hello")

    assert len(api.messages(conversation_id)) == 4


def test_one_key_may_serve_another_path(api: Api) -> None:
    key = new_idempotency_key()
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
    key = new_idempotency_key()
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


def crash(database: Path, message_id: str) -> None:
    """Leave the file as a crash does: with the user's message, without reply and answer."""

    def work(connection: Connection) -> None:
        reply = connection.execute(
            select(schema.messages).where(schema.messages.c.id == message_id)
        ).one()
        user = connection.execute(
            select(schema.messages).where(schema.messages.c.seq == reply.seq - 1)
        ).one()
        model = json.loads(reply.metadata)["model"]
        pending_replies.create(connection, "user_local", user.id, reply.id, model, None, None)
        connection.execute(delete(schema.messages).where(schema.messages.c.id == message_id))
        connection.execute(update(schema.idempotency_keys).values(status=None, response_body=None))

    change(database, work)


def without_time(reply: Any) -> Any:
    metadata = {
        name: reply["metadata"][name] for name in reply["metadata"] if name != "responseTime"
    }
    return {**reply, "metadata": metadata, "createdAt": None}


@pytest.mark.parametrize("headers", [{}, {"Idempotency-Key": "key"}], ids=["plain", "keyed"])
def test_a_reply_that_a_crash_cut_off_is_finished_at_the_next_start(
    tmp_path: Path, headers: dict[str, str]
) -> None:
    database = tmp_path / "kept.db"
    with LocalServer(database=database) as server, Api(server) as api:
        conversation_id = api.conversation()
        path = f"/conversations/{conversation_id}/messages"
        first = api.data("POST", path, json={"content": "hello"}, headers=headers)
    crash(database, first["message"]["id"])

    with LocalServer(database=database, word_delay=60) as server, Api(server) as api:
        stored = api.messages(conversation_id)
        if headers:
            again = api.data("POST", path, json={"content": "hello"}, headers=headers)
            assert again["message"] == stored[1]

    assert stored[0] == first["userMessage"]
    assert without_time(stored[1]) == without_time(first["message"])
    assert len(stored) == 2


def test_where_another_process_may_still_write_it_the_next_try_makes_it(tmp_path: Path) -> None:
    database = tmp_path / "kept.db"
    with LocalServer(database=database) as server, Api(server) as api:
        conversation_id = api.conversation()
        path = f"/conversations/{conversation_id}/messages"
        first = post(api, path, {"content": "hello"}, "key").json()["data"]
    with LocalServer(database=database) as other:
        crash(database, first["message"]["id"])
        with LocalServer(database=database) as server, Api(server) as api:
            before = api.messages(conversation_id)
            refused = post(api, path, {"content": "other"}, "key")
            second = post(api, path, {"content": "hello"}, "key").json()["data"]
            stored = api.messages(conversation_id)
        with Api(other) as api:
            seen_there = api.messages(conversation_id)

    assert before == [first["userMessage"]]
    assert refused.status_code == 409
    assert second["userMessage"] == first["userMessage"]
    assert without_time(second["message"]) == without_time(first["message"])
    assert stored == seen_there == [second["userMessage"], second["message"]]


def test_a_reply_left_behind_that_cannot_be_made_does_not_keep_the_server_from_starting(
    tmp_path: Path,
) -> None:
    database = tmp_path / "kept.db"
    with LocalServer(database=database) as server, Api(server) as api:
        conversation_id = api.conversation()
        sent = api.send(conversation_id, "hello")
    crash(database, sent["message"]["id"])
    change(database, lambda connection: messages.delete(connection, sent["userMessage"]["id"]))

    for _ in range(2):
        with LocalServer(database=database) as server, Api(server) as api:
            assert api.messages(conversation_id) == []
    change(database, none_is_left)


def none_is_left(connection: Connection) -> None:
    assert pending_replies.list_all(connection) == []


def test_a_key_is_forgotten_after_a_day(tmp_path: Path) -> None:
    database = tmp_path / "kept.db"
    with LocalServer(database=database) as server, Api(server) as api:
        created = [post(api, "/conversations", {"title": "x"}, key).json() for key in "ab"]

    def age(connection: Connection) -> None:
        day = 24 * 60 * 60 * 1000
        of = schema.idempotency_keys.c
        for key, by in (("a", day), ("b", day - 600_000)):
            connection.execute(
                update(schema.idempotency_keys)
                .where(of.key == key)
                .values(created_at=of.created_at - by)
            )

    with LocalServer(database=database) as server, Api(server) as api:
        change(database, age)
        again = [post(api, "/conversations", {"title": "x"}, key).json() for key in "ab"]

    assert again[0] != created[0]
    assert again[1] == created[1]


def test_what_is_forgotten_is_swept_up_in_batches(tmp_path: Path) -> None:
    def work(connection: Connection) -> list[int]:
        for number in range(1200):
            this = IdempotentRequest("user", str(number), "x", "/x", "hash")
            idempotency.save(connection, this, StoredResponse(200, "{}"))
        of = schema.idempotency_keys.c
        connection.execute(
            update(schema.idempotency_keys).values(created_at=0).where(of.key != "7")
        )
        return [idempotency.delete_expired(connection) for _ in range(4)]

    opened = Database(tmp_path / "kept.db")
    swept = asyncio.run(opened.write(work))
    opened.close()

    assert swept == [500, 500, 199, 0]


def test_a_start_sweeps(tmp_path: Path) -> None:
    database = tmp_path / "kept.db"
    with LocalServer(database=database) as server, Api(server) as api:
        post(api, "/conversations", {"title": "x"}, "key")
    change(database, lambda connection: connection.execute(age_all))

    with LocalServer(database=database) as server, Api(server) as api:
        api.conversation()

    def count(connection: Connection) -> int:
        return len(connection.execute(select(schema.idempotency_keys)).all())

    opened = Database(database)
    assert asyncio.run(opened.read(count)) == 0
    opened.close()


age_all = update(schema.idempotency_keys).values(created_at=0)
