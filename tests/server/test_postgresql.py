"""A database in PostgreSQL: what can fail, and servers that share it."""

from __future__ import annotations

import threading
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from typing import Any

import httpx
import pytest

from chatroutes_server import LocalServer
from chatroutes_server.store.database import Database
from tests.support.held_replies import HeldReplies
from tests.support.markers import single_python
from tests.support.postgresql import PostgreSQL
from tests.support.server_api import (
    Api,
    api_with_upstream,
    assert_error_envelope,
    post_with_key,
)
from tests.support.server_events import parse_events
from tests.support.upstream_server import FakeUpstream

pytestmark = single_python


@pytest.fixture
def database(postgresql: PostgreSQL) -> str:
    return postgresql.create_database()


@pytest.fixture
def two(database: str) -> Iterator[tuple[Api, Api]]:
    """Run two servers that share a database, and return a client of each."""
    with (
        LocalServer(database=database, rate_limit="1000/hour") as one,
        LocalServer(database=database, rate_limit="1000/hour") as other,
        Api(one) as one_api,
        Api(other) as other_api,
    ):
        assert one.api_key == other.api_key
        yield one_api, other_api


def name(url: str) -> str:
    """Return the name of the database."""
    return url.partition("@/")[2].partition("?")[0]


def in_parallel(works: list[Callable[[], Any]]) -> list[Any]:
    """Run the functions at the same time, and return their results."""
    barrier = threading.Barrier(len(works))

    def run(work: Callable[[], Any]) -> Any:
        barrier.wait(60)
        return work()

    with ThreadPoolExecutor(len(works)) as pool:
        return list(pool.map(run, works))


def test_schemas_of_a_database_are_separate(postgresql: PostgreSQL, database: str) -> None:
    for schema in ("a", "b"):
        postgresql.execute(f"CREATE SCHEMA {schema}", name(database))
    urls = [f"{database}&options=-csearch_path%3D{schema}" for schema in ("a", "b")]

    with LocalServer(database=urls[0]) as one, LocalServer(database=urls[1]) as other:
        assert one.api_key != other.api_key

    assert postgresql.execute("SELECT count(*) FROM a.api_keys", name(database)) == "1"


def test_data_and_key_survive_a_restart(database: str) -> None:
    with LocalServer(database=database) as server, Api(server) as api:
        conversation_id = api.conversation()
        sent = api.send(conversation_id, "hello")
        key = server.api_key

    with LocalServer(database=database) as server, Api(server) as api:
        assert server.api_key == key
        assert api.messages(conversation_id) == [sent["userMessage"], sent["message"]]


def test_servers_that_start_at_once_create_the_tables_once(database: str) -> None:
    def open_database() -> str:
        store = Database(database)
        try:
            return store.generated_key()
        finally:
            store.close()

    keys = in_parallel([open_database] * 4)

    assert len(set(keys)) == 1


def test_only_the_first_server_opens_the_database_exclusively(database: str) -> None:
    first, second = Database(database), Database(database)
    alone = [first.opened_exclusively, second.opened_exclusively]
    first.close()
    second.close()
    third = Database(database)
    alone.append(third.opened_exclusively)
    third.close()

    assert alone == [True, False, True]


@pytest.fixture
def stoppable(postgresql: PostgreSQL) -> Iterator[PostgreSQL]:
    """Run another server, because other tests use the shared one."""
    with PostgreSQL() as running:
        yield running


def test_stopped_database_is_a_503_and_recovers(stoppable: PostgreSQL) -> None:
    with LocalServer(database=stoppable.create_database()) as server, Api(server) as api:
        conversation_id = api.conversation()
        sent = api.send(conversation_id, "before")
        path = f"/conversations/{conversation_id}"
        stoppable.stop()
        responses = [
            api.http.get(path),
            api.http.patch(path, json={"title": "x"}),
            post_with_key(api, f"{path}/messages", {"content": "during"}, "key"),
            api.http.post(f"{path}/messages/stream", json={"content": "during"}),
            api.http.delete(path),
        ]
        stoppable.start()
        after = api.http.get(path)
        repeated = post_with_key(api, f"{path}/messages", {"content": "during"}, "key")
        messages = api.messages(conversation_id)

    for response in responses:
        assert_error_envelope(response, 503, "SERVICE_UNAVAILABLE")
        assert int(response.headers["retry-after"]) > 0
    assert after.status_code == 200
    assert after.json()["data"]["conversation"]["title"] == "Talk"
    data = repeated.json()["data"]
    expected = [sent["userMessage"], sent["message"], data["userMessage"], data["message"]]
    assert messages == expected


@pytest.fixture
def replies(upstream: FakeUpstream) -> Iterator[HeldReplies]:
    """Let the model pause in each reply until the test releases it."""
    with HeldReplies() as held:
        upstream.behaviour = held
        yield held


def test_database_that_stops_during_a_stream_ends_it_with_an_error(
    stoppable: PostgreSQL, upstream: FakeUpstream, replies: HeldReplies
) -> None:
    url = stoppable.create_database()
    with api_with_upstream(upstream, database=url) as api:
        conversation_id = api.conversation()
        path = f"/conversations/{conversation_id}/messages"
        headers = {"Idempotency-Key": "key"}
        body = {"content": "hello"}
        request = api.http.build_request("POST", f"{path}/stream", json=body, headers=headers)
        response = api.http.send(request, stream=True)
        lines = response.iter_lines()
        first = next(lines)
        stoppable.stop()
        replies.release("hello")
        rest = list(lines)
        stoppable.start()
        repeated = post_with_key(api, f"{path}/stream", body, "key")
        messages = api.messages(conversation_id)

    events = parse_events("\n".join([first, *rest]) + "\n")
    assert events[-1][1]["error"] == "SERVICE_UNAVAILABLE"
    assert "[DONE]" not in rest
    # A retry generates the same reply.
    reply = "".join(each["content"] for _, each in parse_events(repeated.text) if "content" in each)
    assert [each["content"] for each in messages] == [body["content"], reply]


def test_database_that_stops_during_streams_and_sends_leaves_nothing_half_written(
    stoppable: PostgreSQL,
    upstream: FakeUpstream,
    replies: HeldReplies,
    caplog: pytest.LogCaptureFixture,
) -> None:
    url = stoppable.create_database()
    questions = [f"hello hello {number}" for number in range(6)]
    with api_with_upstream(upstream, database=url) as api:
        paths = [f"/conversations/{api.conversation()}/messages" for _ in questions]
        paths[::2] = [f"{path}/stream" for path in paths[::2]]

        def request(number: int) -> httpx.Response:
            return post_with_key(api, paths[number], {"content": questions[number]}, f"{number}")

        with ThreadPoolExecutor(len(paths)) as pool:
            responses = [pool.submit(request, number) for number in range(len(paths))]
            for question in questions:
                assert replies[question].started.wait(60)
            stoppable.stop()
            replies.release(*questions)
            texts = [each.result(60).text for each in responses]
        stoppable.start()
        repeated = [request(number) for number in range(len(paths))]
        stored = [api.data("GET", path.removesuffix("/stream"))["messages"] for path in paths]

    assert all("SERVICE_UNAVAILABLE" in text and "[DONE]" not in text for text in texts)
    for response, messages in zip(repeated, stored, strict=True):
        assert response.status_code == 200
        assert [each["role"] for each in messages] == ["user", "assistant"]
        assert messages[1]["id"] in response.text
    assert "hello hello" not in caplog.text


def test_rate_limit_of_a_stopped_database_is_a_503(stoppable: PostgreSQL) -> None:
    url = stoppable.create_database()
    with LocalServer(database=url, rate_limit="9/hour") as server, Api(server) as api:
        stoppable.stop()
        response = api.http.get("/models")
        stoppable.start()
        after = api.http.get("/models")

    assert (response.status_code, after.status_code) == (503, 200)


def test_closed_connections_are_not_noticed(postgresql: PostgreSQL, database: str) -> None:
    with LocalServer(database=database) as server, Api(server) as api:
        conversation_id = api.conversation()
        for number in range(3):
            api.messages(conversation_id)
            postgresql.execute(
                "SELECT count(pg_terminate_backend(pid)) FROM pg_stat_activity "
                f"WHERE datname = '{name(database)}' AND pid <> pg_backend_pid()"
            )
            sent = api.send(conversation_id, f"{number}")
            assert api.messages(conversation_id)[-1] == sent["message"]
        # The server holds its lock again.
        other = Database(database)
        assert not other.opened_exclusively
        other.close()


def test_missing_tables_are_a_503_and_keep_the_session(
    postgresql: PostgreSQL, database: str
) -> None:
    with LocalServer(database=database) as server, Api(server) as api:
        conversation_id = api.conversation()
        postgresql.execute("ALTER TABLE branches RENAME TO other", name(database))
        response = api.http.get(f"/conversations/{conversation_id}")
        postgresql.execute("ALTER TABLE other RENAME TO branches", name(database))
        sessions = postgresql.execute(
            "SELECT count(*) FROM pg_locks WHERE locktype = 'advisory' AND database = "
            f"(SELECT oid FROM pg_database WHERE datname = '{name(database)}')"
        )
        after = api.http.get(f"/conversations/{conversation_id}")

    assert_error_envelope(response, 503, "SERVICE_UNAVAILABLE")
    assert sessions == "1"
    assert after.status_code == 200


def test_repeated_request_to_another_server_has_one_reply(two: tuple[Api, Api]) -> None:
    one, other = two
    body = {"title": "x"}

    created = in_parallel(
        [lambda api=api: post_with_key(api, "/conversations", body, "key") for api in two * 3]
    )

    assert {each.status_code for each in created} == {201}
    assert len({each.text for each in created}) == 1
    path = f"/conversations/{created[0].json()['data']['conversation']['id']}/messages"
    sent = in_parallel(
        [lambda api=api: post_with_key(api, path, {"content": "hi"}, "send") for api in two * 3]
    )
    assert {each.status_code for each in sent} == {200}
    assert len({each.text for each in sent}) == 1
    again = post_with_key(other, path, {"content": "hi"}, "send")
    assert again.text == sent[0].text
    assert len(one.data("GET", path)["messages"]) == 2


def test_deleted_conversation_is_gone_on_every_server(two: tuple[Api, Api]) -> None:
    one, other = two
    conversation_id = one.conversation()
    other.send(conversation_id, "hello")
    assert other.messages(conversation_id)

    one.data("DELETE", f"/conversations/{conversation_id}")

    assert other.http.get(f"/conversations/{conversation_id}").status_code == 404
    path = f"/conversations/{conversation_id}/messages"
    assert other.http.post(path, json={"content": "hello"}).status_code == 404


def test_deletes_and_messages_at_once_leave_nothing_half_done(
    two: tuple[Api, Api], postgresql: PostgreSQL, database: str
) -> None:
    for _ in range(5):
        conversation_id = two[0].conversation()
        path = f"/conversations/{conversation_id}"
        works: list[Callable[[], Any]] = [
            lambda api=api, path=path: api.http.post(f"{path}/messages", json={"content": "hi"})
            for api in two * 2
        ]
        works.append(lambda path=path: two[1].http.delete(path))
        responses = in_parallel(works)

        assert {each.status_code for each in responses[:-1]} <= {200, 404}
        assert responses[-1].status_code == 200
    for table in ("conversations", "branches", "messages", "pending_replies"):
        assert postgresql.execute(f"SELECT count(*) FROM {table}", name(database)) == "0"


def test_concurrent_changes_of_a_branch_are_in_one_order(two: tuple[Api, Api]) -> None:
    conversation_id = two[0].conversation()

    in_parallel(
        [
            lambda api=api, number=number: api.send(conversation_id, f"{number}")
            for number, api in enumerate(two * 4)
        ]
    )

    messages = two[0].messages(conversation_id)
    assert messages == two[1].messages(conversation_id)
    assert len(messages) == 16
    parents = [each["parentMessageId"] for each in messages]
    assert parents == [None, *(each["id"] for each in messages[:-1])]
    pages = two[0].pages(f"/conversations/{conversation_id}/messages", "messages", 3)
    assert pages == messages


def test_rate_limit_counts_the_requests_to_all_servers(database: str) -> None:
    with (
        LocalServer(database=database, rate_limit="5/hour") as one,
        LocalServer(database=database, rate_limit="5/hour") as other,
        Api(one) as one_api,
        Api(other) as other_api,
    ):
        responses = in_parallel(
            [lambda api=api: api.http.get("/models") for api in (one_api, other_api) * 4]
        )

    statuses = sorted(each.status_code for each in responses)
    assert statuses == [200] * 5 + [429] * 3
    remaining = sorted(
        int(each.headers["x-ratelimit-remaining"]) for each in responses if each.status_code == 200
    )
    assert remaining == [0, 1, 2, 3, 4]


def test_errors_have_no_texts_of_users(
    database: str, postgresql: PostgreSQL, caplog: pytest.LogCaptureFixture
) -> None:
    with LocalServer(database=database) as server, Api(server) as api:
        conversation_id = api.conversation()
        postgresql.execute(
            "ALTER TABLE messages ADD CHECK (content <> 'private text')", name(database)
        )
        path = f"/conversations/{conversation_id}/messages"
        response = api.http.post(path, json={"content": "private text"})

    assert response.status_code == 500
    assert "CheckViolation" in caplog.text
    assert "private text" not in caplog.text
