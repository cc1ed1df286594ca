"""Replies that a crash interrupted: they are completed at the next start, or by a retry."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest

from chatroutes_server import LocalServer
from chatroutes_server.store import messages, pending_replies
from chatroutes_server.store.connection import Connection
from tests.support.database import write_to_database
from tests.support.server_api import Api, api_with_upstream, post_with_key
from tests.support.upstream_server import FakeUpstream


def simulate_crash(database: Path, message_id: str) -> None:
    """Remove the reply and the stored response, as if the server had crashed before it stored them."""

    def work(connection: Connection) -> None:
        reply = messages.get(connection, message_id)
        user = connection.fetch_one(
            "SELECT * FROM messages WHERE seq = :seq", {"seq": reply.seq - 1}
        )
        assert user is not None
        model = json.loads(reply.metadata)["model"]
        pending_replies.create(connection, "user_local", user.id, reply.id, model, None, None)
        connection.execute("DELETE FROM messages WHERE id = :id", {"id": message_id})
        connection.execute("UPDATE idempotency_keys SET status = NULL, response_body = NULL")

    write_to_database(database, work)


def without_times(reply: Any) -> Any:
    metadata = {
        name: reply["metadata"][name] for name in reply["metadata"] if name != "responseTime"
    }
    return {**reply, "metadata": metadata, "createdAt": None}


@pytest.mark.parametrize(
    "headers", [{}, {"Idempotency-Key": "key"}], ids=["without key", "with key"]
)
def test_interrupted_reply_is_completed_at_the_next_start(
    tmp_path: Path, headers: dict[str, str]
) -> None:
    database = tmp_path / "kept.db"
    with LocalServer(database=database) as server, Api(server) as api:
        conversation_id = api.conversation()
        path = f"/conversations/{conversation_id}/messages"
        first = api.data("POST", path, json={"content": "hello"}, headers=headers)
    simulate_crash(database, first["message"]["id"])

    with LocalServer(database=database, word_delay=60) as server, Api(server) as api:
        stored = api.messages(conversation_id)
        if headers:
            repeated = api.data("POST", path, json={"content": "hello"}, headers=headers)
            assert repeated["message"] == stored[1]

    assert stored[0] == first["userMessage"]
    assert without_times(stored[1]) == without_times(first["message"])
    assert len(stored) == 2


def test_interrupted_reply_is_completed_by_a_retry_if_another_process_is_running(
    tmp_path: Path,
) -> None:
    database = tmp_path / "kept.db"
    with LocalServer(database=database) as server, Api(server) as api:
        conversation_id = api.conversation()
        path = f"/conversations/{conversation_id}/messages"
        first = post_with_key(api, path, {"content": "hello"}, "key").json()["data"]
    with LocalServer(database=database) as other:
        simulate_crash(database, first["message"]["id"])
        with LocalServer(database=database) as server, Api(server) as api:
            before = api.messages(conversation_id)
            conflict = post_with_key(api, path, {"content": "other"}, "key")
            second = post_with_key(api, path, {"content": "hello"}, "key").json()["data"]
            stored = api.messages(conversation_id)
        with Api(other) as api:
            stored_in_other = api.messages(conversation_id)

    assert before == [first["userMessage"]]
    assert conflict.status_code == 409
    assert second["userMessage"] == first["userMessage"]
    assert without_times(second["message"]) == without_times(first["message"])
    assert stored == stored_in_other == [second["userMessage"], second["message"]]


def test_interrupted_reply_to_a_deleted_message_is_dropped_at_the_start(
    tmp_path: Path,
) -> None:
    database = tmp_path / "kept.db"
    with LocalServer(database=database) as server, Api(server) as api:
        conversation_id = api.conversation()
        sent = api.send(conversation_id, "hello")
    simulate_crash(database, sent["message"]["id"])
    write_to_database(
        database, lambda connection: messages.delete(connection, sent["userMessage"]["id"])
    )

    for _ in range(2):
        with LocalServer(database=database) as server, Api(server) as api:
            assert api.messages(conversation_id) == []
    write_to_database(database, assert_no_pending_replies)


def assert_no_pending_replies(connection: Connection) -> None:
    assert pending_replies.list_all(connection) == []


def test_interrupted_turns_of_a_branch_keep_their_order(tmp_path: Path) -> None:
    database = tmp_path / "kept.db"
    with LocalServer(database=database) as server, Api(server) as api:
        conversation_id = api.conversation()
        path = f"/conversations/{conversation_id}/messages"
        sent = [
            post_with_key(api, path, {"content": question}, question).json()["data"]
            for question in ("q0", "q1", "q2")
        ]
    for data in sent:
        simulate_crash(database, data["message"]["id"])

    with LocalServer(database=database) as server, Api(server) as api:
        stored = api.messages(conversation_id)
        repeated = [
            post_with_key(api, path, {"content": question}, question).json()["data"]
            for question in ("q0", "q1", "q2")
        ]

    assert [each["content"] for each in stored[0::2]] == ["q0", "q1", "q2"]
    assert [each["id"] for each in stored[1::2]] == [data["message"]["id"] for data in sent]
    names = ("userMessage", "assistantMessage")
    assert [each["id"] for each in stored] == [
        data[name]["id"] for data in repeated for name in names
    ]


@pytest.mark.parametrize("key", ["", "key"])
def test_interrupted_reply_of_an_upstream_is_stopped_without_its_client(
    upstream: FakeUpstream, tmp_path: Path, key: str
) -> None:
    options: Any = {"database": tmp_path / "kept.db", "resume_window": 0}
    with api_with_upstream(upstream, **options) as api:
        conversation_id = api.conversation(model="llama")
        path = f"/conversations/{conversation_id}/messages"
        headers = {"Idempotency-Key": key} if key else {}
        sent = api.data("POST", path, json={"content": "hello"}, headers=headers)
    simulate_crash(tmp_path / "kept.db", sent["message"]["id"])

    with api_with_upstream(upstream, **options) as api:
        api.send(conversation_id, "next", model="builtin")
        stored = api.messages(conversation_id)

    assert stored[0] == sent["userMessage"]
    assert stored[1]["content"] == ""
    assert stored[1]["metadata"]["finishReason"] == "cancelled"
    assert [each["content"] for each in stored[2::2]] == ["next"]
    assert len(upstream.requests) == 1
    write_to_database(tmp_path / "kept.db", assert_no_pending_replies)
