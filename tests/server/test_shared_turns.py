"""Turns of servers that share a database in PostgreSQL."""

from __future__ import annotations

import signal
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import ExitStack
from types import SimpleNamespace
from typing import Any, cast

import pytest

from chatroutes_server import LocalServer
from tests.support.held_replies import HeldReplies, full, partial
from tests.support.markers import single_python
from tests.support.open_stream import OpenStream
from tests.support.postgresql import PostgreSQL
from tests.support.server_api import Api, post_with_key
from tests.support.server_command import Command
from tests.support.upstream_server import FakeUpstream

pytestmark = single_python

KEEP_ALIVE = 0.02  # seconds; streams that wait are known by their comments


@pytest.fixture
def database(postgresql: PostgreSQL) -> str:
    return postgresql.create_database()


@pytest.fixture
def servers(replies: HeldReplies, database: str) -> Iterator[tuple[Api, Api]]:
    """Run two servers with the same upstream and database, and return a client of each."""
    with ExitStack() as stack:
        upstream = stack.enter_context(FakeUpstream())
        upstream.behaviour = replies
        yield cast(
            "tuple[Api, Api]",
            tuple(
                stack.enter_context(
                    Api(
                        stack.enter_context(
                            LocalServer(
                                database=database,
                                upstreams=[f"llama={upstream.url}"],
                                keep_alive=KEEP_ALIVE,
                                resume_window=600,
                            )
                        )
                    )
                )
                for _ in range(2)
            ),
        )


@pytest.fixture
def processes(
    database: str, start_command: Callable[..., Command]
) -> Iterator[tuple[Command, Api, Api]]:
    """Start two servers with the same database. Return the first one, and a client of each."""
    options = ["--port", "0", "--api-key", "k", "--database", database, "--word-delay"]
    commands = [start_command(*options, word_delay) for word_delay in ("3600", "0")]
    servers = [
        SimpleNamespace(base_url=command.read_ready_lines()[0], api_key="k") for command in commands
    ]
    with Api(cast("Any", servers[0])) as one, Api(cast("Any", servers[1])) as other:
        yield commands[0], one, other


def contents(api: Api, conversation_id: str) -> list[str]:
    return [each["content"] for each in api.messages(conversation_id)]


def test_concurrent_sends_to_two_servers_are_replied_to_one_after_the_other(
    servers: tuple[Api, Api],
) -> None:
    conversation_id = servers[0].conversation(model="builtin")

    with ThreadPoolExecutor(8) as pool:
        sent = list(
            pool.map(
                lambda number: servers[number % 2].send(conversation_id, f"q{number}"), range(8)
            )
        )

    stored = servers[0].messages(conversation_id)
    assert [each["role"] for each in stored] == ["user", "assistant"] * 8
    for data in sent:
        position = stored.index(data["userMessage"])
        assert stored[position + 1] == data["message"]
        assert data["message"]["metadata"]["context_message_count"] == position + 1


def test_message_waits_for_the_reply_of_another_server(
    servers: tuple[Api, Api], replies: HeldReplies
) -> None:
    one, other = servers
    conversation_id = one.conversation(model="llama")
    fork = one.branch(conversation_id, "Fork")
    with OpenStream(one, conversation_id, "first") as first:
        first.read_text()
        with OpenStream(other, conversation_id, "second") as second:
            second.read_first()
            assert contents(other, conversation_id) == ["first"]
            # Another branch does not wait.
            other.send(conversation_id, "aside", branchId=fork["id"], model="builtin")

            replies.release("first", "second")

            assert first.read_all() == full("first")
            assert second.read_all() == full("second")
    assert contents(one, conversation_id) == ["first", full("first"), "second", full("second")]


def test_merge_waits_for_the_reply_of_another_server(
    servers: tuple[Api, Api], replies: HeldReplies
) -> None:
    one, other = servers
    conversation_id = one.conversation(model="llama")
    fork = one.branch(conversation_id, "Fork")
    one.send(conversation_id, "aside", branchId=fork["id"], model="builtin")
    path = f"/conversations/{conversation_id}/branches/{fork['id']}/merge"
    with ThreadPoolExecutor(1) as pool, OpenStream(one, conversation_id, "first") as first:
        first.read_text()
        merging = pool.submit(lambda: other.data("POST", path))
        assert contents(other, conversation_id) == ["first"]

        replies.release("first")

        merging.result(20)
        first.read_all()
    assert contents(one, conversation_id)[:3] == ["first", full("first"), "aside"]


def test_request_with_the_same_key_gets_the_reply_of_the_other_server(
    servers: tuple[Api, Api], replies: HeldReplies
) -> None:
    one, other = servers
    conversation_id = one.conversation(model="llama")
    path = f"/conversations/{conversation_id}/messages"
    with OpenStream(one, conversation_id, "first", key="key") as first:
        first.read_text()
        with (
            OpenStream(other, conversation_id, "first", key="key") as same,
            OpenStream(other, conversation_id, "first", "key", first.event_id) as resumed,
        ):
            same.read_first()
            resumed.read_first()

            replies.release("first")

            assert first.read_all() == same.read_all() == full("first")
            assert partial("first") + resumed.read_all() == full("first")
    assert len(replies["first"].contexts) == 1
    assert contents(other, conversation_id) == ["first", full("first")]
    for api in servers:
        conflict = post_with_key(api, f"{path}/stream", {"content": "other"}, "key")
        assert conflict.status_code == 409


def test_stream_of_a_killed_server_is_resumed_by_another(
    processes: tuple[Command, Api, Api],
) -> None:
    killed, one, other = processes
    conversation_id = one.conversation()
    untouched = other.send(other.conversation(), "acknowledged")
    with OpenStream(one, conversation_id, "hello", key="key") as stream:
        stream.read_text()
        killed.process.send_signal(signal.SIGKILL)
        killed.wait_for_exit()
        with OpenStream(other, conversation_id, "hello", "key", stream.event_id) as resumed:
            rest = resumed.read_all()

    following = other.send(conversation_id, "next")
    messages = other.messages(conversation_id)
    assert [each["content"] for each in messages[:2]] == ["hello", stream.text + rest]
    assert messages[2:] == [following["userMessage"], following["message"]]
    listed = other.data("GET", "/conversations")["conversations"]
    assert untouched["userMessage"]["conversationId"] in [each["id"] for each in listed]


def test_reply_with_another_context_does_not_continue_a_stream(
    processes: tuple[Command, Api, Api],
) -> None:
    killed, one, other = processes
    conversation_id = one.conversation()
    with OpenStream(one, conversation_id, "hello", key="key") as stream:
        stream.read_text()
        killed.process.send_signal(signal.SIGKILL)
        killed.wait_for_exit()
    # This message waits for no turn of the killed server. The interrupted one moves behind it.
    other.send(conversation_id, "next")
    path = f"/conversations/{conversation_id}/messages/stream"
    headers = {"Idempotency-Key": "key", "Last-Event-ID": stream.event_id}

    resumed = other.http.post(path, json={"content": "hello"}, headers=headers)
    with OpenStream(other, conversation_id, "hello", key="key") as repeated:
        text = repeated.read_all()

    assert resumed.status_code == 409
    assert contents(other, conversation_id)[2:] == ["hello", text]


def test_message_to_another_server_ends_an_abandoned_reply(
    servers: tuple[Api, Api], replies: HeldReplies
) -> None:
    one, other = servers
    conversation_id = one.conversation(model="llama")
    with OpenStream(one, conversation_id, "first", key="key") as first:
        first.read_text()
    # The resume window of the reply is ten minutes.
    other.send(conversation_id, "second", model="builtin")

    assert replies["first"].closed.wait(60)
    stored = one.messages(conversation_id)
    assert [each["content"] for each in stored[:3]] == ["first", partial("first"), "second"]
    assert stored[1]["metadata"]["finishReason"] == "cancelled"


def test_client_on_another_server_keeps_the_reply_running(
    servers: tuple[Api, Api], replies: HeldReplies
) -> None:
    one, other = servers
    conversation_id = one.conversation(model="llama")
    with OpenStream(one, conversation_id, "first", key="key") as first:
        first.read_text()
        with OpenStream(other, conversation_id, "first", "key", first.event_id) as resumed:
            resumed.read_first()
            first.disconnect()
            with OpenStream(one, conversation_id, "second") as second:
                second.read_first()
                replies.release("first", "second")
                assert partial("first") + resumed.read_all() == full("first")
                assert second.read_all() == full("second")
    assert len(replies["first"].contexts) == 1


@pytest.mark.parametrize("deleted", ["conversation", "branch", "message"])
def test_delete_on_another_server_ends_the_reply(
    servers: tuple[Api, Api], replies: HeldReplies, deleted: str
) -> None:
    one, other = servers
    conversation_id = one.conversation(model="llama")
    path = f"/conversations/{conversation_id}"
    fork = one.branch(conversation_id, "Fork")
    with OpenStream(one, conversation_id, "first", branchId=fork["id"]) as stream:
        stream.read_text()
        if deleted == "branch":
            path += f"/branches/{fork['id']}"
        elif deleted == "message":
            listed = other.data("GET", f"{path}/messages?branchId={fork['id']}")["messages"]
            path = f"/messages/{listed[-1]['id']}"
        other.data("DELETE", path)
        stream.read_all()

    assert stream.end["error"] == "NOT_FOUND"
    assert f"{deleted}Id: {deleted} {path.rpartition('/')[2]} was deleted" in stream.end["message"]
    assert replies["first"].closed.wait(60)


def test_reply_of_a_killed_server_is_completed_by_another(
    database: str, start_command: Callable[..., Command]
) -> None:
    options = [
        "--port",
        "0",
        "--api-key",
        "k",
        "--database",
        database,
        "--rate-limit",
        "9999/second",
    ]
    killed = start_command(*options, "--word-delay", "3600")
    others = [start_command(*options) for _ in range(2)]
    apis = [
        Api(cast("Any", SimpleNamespace(base_url=command.read_ready_lines()[0], api_key="k")))
        for command in (killed, *others)
    ]
    conversations = [apis[0].conversation() for _ in range(3)]
    with ExitStack() as stack:
        for number, conversation_id in enumerate(conversations):
            key = "key" if number == 0 else ""
            stack.enter_context(OpenStream(apis[0], conversation_id, "hello", key)).read_text()
        killed.process.send_signal(signal.SIGKILL)
        killed.wait_for_exit()

    import psycopg  # has the extra `dev`, and this file is imported without it

    with psycopg.connect(database, autocommit=True) as connection:
        connection.execute("LISTEN chatroutes")
        pending = "SELECT count(*) FROM pending_replies"
        while connection.execute(pending).fetchone() != (0,):
            assert list(connection.notifies(timeout=60, stop_after=1)), "no server has taken over"
    for conversation_id in conversations:
        stored = apis[1].messages(conversation_id)
        assert [each["role"] for each in stored] == ["user", "assistant"]
        assert stored[1]["metadata"]["finishReason"] == "stop"
    for api in apis:
        api.http.close()
