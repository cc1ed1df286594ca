"""A full disk: every request ends with an error, and succeeds when there is space again."""

from __future__ import annotations

import threading
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import ExitStack
from pathlib import Path
from typing import Any

import pytest

from chatroutes_server import LocalServer, StartupError
from tests.support.full_disk import full_disk, log_size
from tests.support.server_api import (
    Api,
    assert_error_envelope,
    new_idempotency_key,
    post_message,
    post_with_key,
)
from tests.support.server_events import parse_event_ids, parse_events
from tests.support.upstream_server import FakeUpstream, Handler

LONG_TEXT = "x" * 50_000


@pytest.fixture
def database(tmp_path: Path) -> Path:
    return tmp_path / "chat.db"


@pytest.fixture
def api(database: Path, upstream: FakeUpstream) -> Iterator[Api]:
    upstreams = [f"llama={upstream.url}"]
    with LocalServer(database=database, upstreams=upstreams) as server, Api(server) as client:
        yield client


@pytest.fixture(autouse=True)
def assert_no_lost_exception(caplog: pytest.LogCaptureFixture) -> Iterator[None]:
    yield
    assert [record for record in caplog.get_records("call") if record.name == "asyncio"] == []


def size_with_message_only(api: Api, database: Path, conversation_id: str) -> int:
    """Return a size of the log that has room for the user's message, and not for the reply too.

    The reply of the built-in model contains the message, so it needs at least as much space.
    """
    before = log_size(database)
    api.send(conversation_id, LONG_TEXT, model="builtin")
    after = log_size(database)
    return after + (after - before) * 3 // 4


def assert_failed(response: Any, log: pytest.LogCaptureFixture) -> None:
    """Check the error, and that the log has the details of the request that it names."""
    message = assert_error_envelope(response, 500, "INTERNAL_ERROR")["message"]
    assert response.headers["x-request-id"] in message
    assert_logged(message, log)


def assert_logged(message: str, log: pytest.LogCaptureFixture) -> None:
    request_id = message.rpartition(" ")[2]
    assert request_id.startswith("req_")
    record = next(each for each in log.records if request_id in each.getMessage())
    assert record.exc_info is not None


def stored_texts(api: Api, conversation_id: str) -> list[tuple[str, str]]:
    return [(each["role"], each["content"]) for each in api.messages(conversation_id)]


@pytest.mark.parametrize("with_key", [True, False])
def test_send_whose_reply_cannot_be_stored_fails(
    api: Api, database: Path, caplog: pytest.LogCaptureFixture, with_key: bool
) -> None:
    conversation_id = api.conversation(model="builtin")
    size = size_with_message_only(api, database, conversation_id)
    path = f"/conversations/{conversation_id}/messages"
    headers = {"Idempotency-Key": "key"} if with_key else {}
    body = {"content": LONG_TEXT}
    before = stored_texts(api, conversation_id)

    with full_disk(size):
        failed = api.http.post(path, json=body, headers=headers)
        readable = stored_texts(api, conversation_id)

    assert_failed(failed, caplog)
    assert readable == [*before, ("user", LONG_TEXT)]
    if with_key:
        sent = api.data("POST", path, json=body, headers=headers)
        assert stored_texts(api, conversation_id)[2:] == [
            ("user", LONG_TEXT),
            ("assistant", sent["message"]["content"]),
        ]


@pytest.mark.parametrize("with_key", [True, False])
def test_stream_whose_reply_cannot_be_stored_ends_with_an_error_event(
    api: Api, database: Path, caplog: pytest.LogCaptureFixture, with_key: bool
) -> None:
    conversation_id = api.conversation(model="builtin")
    size = size_with_message_only(api, database, conversation_id)
    path = f"/conversations/{conversation_id}/messages/stream"
    headers = {"Idempotency-Key": "key"} if with_key else {}
    body = {"content": LONG_TEXT}

    with full_disk(size):
        failed = api.http.post(path, json=body, headers=headers)

    *chunks, (kind, error) = parse_events(failed.text)
    assert failed.status_code == 200
    assert LONG_TEXT in "".join(chunk["content"] for _, chunk in chunks)
    assert (kind, error["error"]) == ("error", "INTERNAL_ERROR")
    assert failed.headers["x-request-id"] in error["message"]
    assert_logged(error["message"], caplog)
    if with_key:
        retried = parse_events(api.http.post(path, json=body, headers=headers).text)
        assert retried[-1] == ("", "[DONE]")
        assert len(stored_texts(api, conversation_id)) == 4


def test_failed_stream_can_be_resumed_when_there_is_space_again(
    api: Api, database: Path, caplog: pytest.LogCaptureFixture
) -> None:
    conversation_id = api.conversation(model="builtin")
    size = size_with_message_only(api, database, conversation_id)
    path = f"/conversations/{conversation_id}/messages/stream"
    key = new_idempotency_key()

    with full_disk(size):
        failed = parse_event_ids(post_message(api, path, key, content=LONG_TEXT).text)
        last_event_id = failed[-2][0]
        failed_again = post_message(api, path, key, last_event_id, content=LONG_TEXT)
    resumed = post_message(api, path, key, last_event_id, content=LONG_TEXT)

    ((kind, error),) = parse_events(failed_again.text)
    assert kind == "error"
    assert_logged(error["message"], caplog)
    (_, complete), done = parse_events(resumed.text)
    assert complete["type"] == "complete"
    assert done == ("", "[DONE]")
    assert len(stored_texts(api, conversation_id)) == 4


def test_followers_of_a_generation_get_its_error(
    api: Api, database: Path, upstream: FakeUpstream, caplog: pytest.LogCaptureFixture
) -> None:
    conversations = [api.conversation(model="llama") for _ in range(2)]
    path = f"/conversations/{conversations[0]}/messages"
    stream_path = f"/conversations/{conversations[1]}/messages/stream"
    body, headers = {"content": "hello"}, {"Idempotency-Key": "key"}
    disk_is_full = threading.Event()

    def reply_on_a_full_disk(handler: Handler) -> None:
        handler.start_response()
        handler.send_text("Hello")
        assert disk_is_full.wait(60)
        handler.send_text("", "stop")
        handler.send_event("[DONE]")

    upstream.behaviour = reply_on_a_full_disk
    with ThreadPoolExecutor() as threads, ExitStack() as stack:
        sending = [threads.submit(post_with_key, api, path, body, "key") for _ in range(2)]
        assert upstream.request_received.wait(60)
        streams = [
            stack.enter_context(
                api.http.stream("POST", stream_path, json=body, headers=headers)
            ).iter_lines()
            for _ in range(2)
        ]
        first_lines = [next(line for line in lines if "Hello" in line) for lines in streams]
        stack.enter_context(full_disk(log_size(database)))
        disk_is_full.set()
        sent = [each.result(20) for each in sending]
        streamed = [
            "\n".join([first, *rest, ""]) for first, rest in zip(first_lines, streams, strict=True)
        ]

    for response in sent:
        assert_logged(assert_error_envelope(response, 500, "INTERNAL_ERROR")["message"], caplog)
    for text in streamed:
        kind, error = parse_events(text)[-1]
        assert (kind, error["error"]) == ("error", "INTERNAL_ERROR")
        assert_logged(error["message"], caplog)
    retried = post_with_key(api, path, body, "key").json()["data"]
    retried_stream = post_with_key(api, stream_path, body, "key").text
    assert retried["message"]["content"] == "Hello"
    assert parse_events(retried_stream)[-1] == ("", "[DONE]")
    for conversation_id in conversations:
        assert stored_texts(api, conversation_id) == [("user", "hello"), ("assistant", "Hello")]


def test_start_on_a_full_disk_keeps_interrupted_replies(
    database: Path, caplog: pytest.LogCaptureFixture
) -> None:
    server = LocalServer(database=database, api_key="k")
    with server, Api(server) as api:
        conversation_id = api.conversation()
        size = size_with_message_only(api, database, conversation_id)
        path = f"/conversations/{conversation_id}/messages"
        with full_disk(size):
            api.http.post(path, json={"content": LONG_TEXT})
    with full_disk(len(LONG_TEXT)), server, Api(server) as api:
        before = stored_texts(api, conversation_id)
    with server, Api(server) as api:
        after = stored_texts(api, conversation_id)

    assert len([each for each in caplog.messages if "generating the reply" in each]) == 2
    assert [role for role, _ in before] == ["user", "assistant", "user"]
    assert [role for role, _ in after] == ["user", "assistant", "user", "assistant"]


@pytest.mark.parametrize("size", [2_000, 5_000, 30_000, 100_000])
def test_start_that_cannot_create_the_database_fails_with_one_sentence(
    database: Path, size: int
) -> None:
    server = LocalServer(database=database)

    with full_disk(size), pytest.raises(StartupError, match="cannot use the database"):
        server.__enter__()

    with server, Api(server) as api:
        api.conversation()


@pytest.mark.parametrize("size", [2_000, 4_096, 5_000])
def test_start_that_cannot_store_a_new_key_fails_with_one_sentence(
    database: Path, size: int
) -> None:
    with LocalServer(database=database, api_key="k") as server, Api(server) as api:
        conversation_id = api.conversation()

    with full_disk(size), pytest.raises(StartupError, match="cannot use the database"):
        LocalServer(database=database).__enter__()

    with LocalServer(database=database, api_key="k") as server, Api(server) as api:
        assert api.messages(conversation_id) == []


OPERATIONS = ["createConversation", "createBranch", "mergeBranch", "createCheckpoint", "suggest"]


@pytest.mark.parametrize("operation", OPERATIONS)
def test_other_operations_fail_and_succeed_later_with_the_same_key(
    api: Api, database: Path, caplog: pytest.LogCaptureFixture, operation: str
) -> None:
    conversation_id = api.conversation(model="builtin")
    conversation = f"/conversations/{conversation_id}"
    anchor_id = api.send(conversation_id, "hello")["message"]["id"]
    branch_id = api.branch(conversation_id, "Aside", anchor_id)["id"]
    anchor = {"branchId": branch_id, "anchorMessageId": anchor_id}
    path, body = {
        "createConversation": ("/conversations", {"title": "x"}),
        "createBranch": (f"{conversation}/branches", {"title": "x"}),
        "mergeBranch": (f"{conversation}/branches/{branch_id}/merge", {}),
        "createCheckpoint": (f"{conversation}/checkpoints", anchor),
        "suggest": ("/autobranch/suggest-branches", {"text": "One. But what about two?"}),
    }[operation]

    with full_disk(log_size(database)):
        failed = post_with_key(api, path, body, "key")
    succeeded = post_with_key(api, path, body, "key")
    repeated = post_with_key(api, path, body, "key")

    assert_failed(failed, caplog)
    assert succeeded.is_success
    assert repeated.text == succeeded.text
