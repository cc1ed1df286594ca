"""Idempotency: repeated requests with the same Idempotency-Key."""

from __future__ import annotations

import asyncio
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import Any

import pytest

from chatroutes_server import LocalServer
from chatroutes_server.store import idempotency
from chatroutes_server.store.connection import Connection
from chatroutes_server.store.database import Database
from chatroutes_server.store.idempotency import IdempotentRequest, StoredResponse
from tests.support.database import write_to_database
from tests.support.server_api import Api, new_idempotency_key, post_with_key

pytestmark = pytest.mark.engine


def prepare_requests(api: Api) -> dict[str, tuple[str, Any]]:
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
def test_repeated_key_returns_the_first_response(api: Api, operation: str) -> None:
    path, body = prepare_requests(api)[operation]
    key = new_idempotency_key()

    first = post_with_key(api, path, body, key)
    repeated = post_with_key(api, path, body, key)

    assert first.is_success
    assert (repeated.status_code, repeated.json()) == (first.status_code, first.json())
    assert "idempotent-replayed" not in first.headers
    assert repeated.headers["idempotent-replayed"] == "true"
    assert repeated.headers["x-request-id"] != first.headers["x-request-id"]


@pytest.mark.parametrize("operation", OPERATIONS)
def test_repeated_key_with_another_body_is_a_conflict(api: Api, operation: str) -> None:
    path, body = prepare_requests(api)[operation]
    key = new_idempotency_key()
    post_with_key(api, path, body, key)

    other = post_with_key(api, path, {**body, "title": "other", "content": "other"}, key)

    assert (other.status_code, other.json()["error"]) == (409, "IDEMPOTENCY_KEY_REUSED")
    assert other.json()["message"].startswith("Idempotency-Key: ")


@pytest.mark.parametrize("operation", OPERATIONS)
def test_concurrent_requests_run_the_operation_once(api: Api, operation: str) -> None:
    path, body = prepare_requests(api)[operation]
    key = new_idempotency_key()

    with ThreadPoolExecutor(8) as pool:
        responses = list(pool.map(lambda _: post_with_key(api, path, body, key), range(8)))

    assert {response.status_code for response in responses} <= {200, 201}
    assert all(response.json() == responses[0].json() for response in responses)


def test_repeated_request_waits_for_the_running_one() -> None:
    with LocalServer(word_delay=0.005) as server, Api(server) as api:
        conversation_id = api.conversation()
        path = f"/conversations/{conversation_id}/messages"
        with ThreadPoolExecutor(3) as pool:
            pending = pool.map(
                lambda _: post_with_key(api, path, {"content": "hello"}, "same"), range(3)
            )
            responses = [response.json() for response in pending]

        assert responses[0]["success"] is True
        assert responses == [responses[0]] * 3
        assert len(api.messages(conversation_id)) == 2


def test_repeated_stream_replays_the_stored_reply(api: Api) -> None:
    conversation_id = api.conversation()
    path = f"/conversations/{conversation_id}/messages/stream"
    key = new_idempotency_key()

    first = post_with_key(api, path, {"content": "hello", "maxTokens": 30}, key)
    repeated = post_with_key(api, path, {"content": "hello", "maxTokens": 30}, key)

    assert repeated.text == first.text
    assert "idempotent-replayed" not in first.headers
    assert repeated.headers["idempotent-replayed"] == "true"
    assert len(api.messages(conversation_id)) == 2


def test_requests_without_a_key_run_each_time(api: Api) -> None:
    conversation_id = api.conversation()

    api.send(conversation_id, "hello")
    api.send(conversation_id, "hello")

    assert len(api.messages(conversation_id)) == 4


def test_same_key_on_another_path_is_independent(api: Api) -> None:
    key = new_idempotency_key()
    ids = [api.conversation(), api.conversation()]

    for conversation_id in ids:
        sent = post_with_key(
            api, f"/conversations/{conversation_id}/messages", {"content": "hello"}, key
        )
        assert sent.status_code == 200

    assert [len(api.messages(conversation_id)) for conversation_id in ids] == [2, 2]


@pytest.mark.parametrize("key", ["", "x" * 256])
def test_key_must_have_1_to_255_characters(api: Api, key: str) -> None:
    response = post_with_key(api, "/conversations", {"title": "x"}, key)

    assert response.status_code == 400
    assert response.json()["message"].startswith("Idempotency-Key: ")


def test_errors_are_not_stored(api: Api) -> None:
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

    statuses = [
        post_with_key(api, merge, {}, key).status_code,
        post_with_key(api, merge, {}, key).status_code,
    ]
    invalid = post_with_key(api, "/conversations", {"title": ""}, key).status_code
    valid = post_with_key(api, "/conversations", {"title": "x"}, key).status_code

    assert statuses == [404, 404]
    assert (invalid, valid) == (400, 201)
    assert api.data("POST", f"{path}/merge")["branch"]["id"] == branch["id"]


def test_stored_response_survives_a_restart(tmp_path: Path) -> None:
    database = tmp_path / "kept.db"
    with LocalServer(database=database) as server, Api(server) as api:
        conversation_id = api.conversation()
        path = f"/conversations/{conversation_id}/messages"
        first = post_with_key(api, path, {"content": "hello"}, "key").json()
        created = post_with_key(api, "/conversations", {"title": "x"}, "key").json()

    with LocalServer(database=database) as server, Api(server) as api:
        assert post_with_key(api, path, {"content": "hello"}, "key").json() == first
        assert post_with_key(api, "/conversations", {"title": "x"}, "key").json() == created
        assert post_with_key(api, path, {"content": "other"}, "key").status_code == 409
        assert len(api.messages(conversation_id)) == 2


def test_key_expires_after_a_day(tmp_path: Path) -> None:
    database = tmp_path / "kept.db"
    with LocalServer(database=database) as server, Api(server) as api:
        created = [post_with_key(api, "/conversations", {"title": "x"}, key).json() for key in "ab"]

    def make_older(connection: Connection) -> None:
        day = 24 * 60 * 60 * 1000
        for key, age in (("a", day), ("b", day - 600_000)):
            connection.execute(
                "UPDATE idempotency_keys SET created_at = created_at - :age WHERE key = :key",
                {"age": age, "key": key},
            )

    with LocalServer(database=database) as server, Api(server) as api:
        write_to_database(database, make_older)
        repeated = [
            post_with_key(api, "/conversations", {"title": "x"}, key).json() for key in "ab"
        ]

    assert repeated[0] != created[0]
    assert repeated[1] == created[1]


def test_expired_keys_are_deleted_in_batches(tmp_path: Path) -> None:
    def work(connection: Connection) -> list[int]:
        for number in range(1200):
            request = IdempotentRequest("user", str(number), "x", "/x", "hash")
            idempotency.save(connection, request, StoredResponse(200, "{}"))
        connection.execute("UPDATE idempotency_keys SET created_at = 0 WHERE key <> '7'")
        return [idempotency.delete_expired(connection) for _ in range(4)]

    store = Database(tmp_path / "kept.db")
    deleted_counts = asyncio.run(store.write(work))
    store.close()

    assert deleted_counts == [500, 500, 199, 0]


def test_start_deletes_expired_keys(tmp_path: Path) -> None:
    database = tmp_path / "kept.db"
    with LocalServer(database=database) as server, Api(server) as api:
        post_with_key(api, "/conversations", {"title": "x"}, "key")
    write_to_database(database, lambda connection: connection.execute(EXPIRE_ALL))

    with LocalServer(database=database) as server, Api(server) as api:
        api.conversation()

    def count(connection: Connection) -> int:
        value: int = connection.fetch_value("SELECT count(*) FROM idempotency_keys")
        return value

    store = Database(database)
    assert asyncio.run(store.read(count)) == 0
    store.close()


EXPIRE_ALL = "UPDATE idempotency_keys SET created_at = 0"
