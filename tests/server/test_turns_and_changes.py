"""The effect of other operations on the running turn and the waiting turns of a branch."""

from __future__ import annotations

from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import ExitStack
from pathlib import Path
from typing import Any

import pytest

from chatroutes_server import LocalServer
from tests.support.held_replies import HeldReplies, full, partial
from tests.support.open_stream import OpenStream
from tests.support.server_api import Api, api_with_upstream, post_with_key
from tests.support.upstream_server import FakeUpstream


@pytest.fixture
def api(held_upstream: FakeUpstream) -> Iterator[Api]:
    with api_with_upstream(held_upstream, keep_alive=0.02, resume_window=600) as client:
        yield client


class Branch:
    """A branch with a running turn `q0` and a waiting turn `q1`."""

    def __init__(self, api: Api, stack: ExitStack, **fields: Any) -> None:
        self.api = api
        self.conversation_id = api.conversation(model="llama")
        self.path = f"/conversations/{self.conversation_id}"
        self.first = api.send(self.conversation_id, "start", model="builtin")
        self.id = api.branch(self.conversation_id, "fork", self.first["message"]["id"])["id"]
        self.branch_path = f"{self.path}/branches/{self.id}"
        self.running = self._open(stack, "q0")
        self.running.read_text()
        self.waiting = self._open(stack, "q1")
        self.waiting.read_until(":")

    def _open(self, stack: ExitStack, question: str) -> OpenStream:
        return stack.enter_context(
            OpenStream(self.api, self.conversation_id, question, key=question, branchId=self.id)
        )

    def contents(self, branch_id: str | None = None) -> list[str]:
        """Return the contents of the messages after the first turn."""
        stored = self.api.messages(self.conversation_id, branch_id or self.id)
        return [each["content"] for each in stored[2:]]


@pytest.fixture
def branch(api: Api) -> Iterator[Branch]:
    with ExitStack() as stack:
        yield Branch(api, stack)


@pytest.mark.parametrize("deleted", ["branch", "conversation"])
def test_delete_ends_the_running_turn_and_those_that_wait(
    branch: Branch, replies: HeldReplies, deleted: str
) -> None:
    branch.api.data("DELETE", branch.branch_path if deleted == "branch" else branch.path)

    assert replies["q0"].closed.wait(60)
    for stream in (branch.running, branch.waiting):
        stream.read_all()
        assert (stream.end["type"], stream.end["error"]) == ("error", "NOT_FOUND")
        assert "was deleted" in stream.end["message"]
    assert not replies["q1"].contexts


def test_deleting_the_message_of_a_running_turn_ends_the_turn(
    branch: Branch, replies: HeldReplies
) -> None:
    message = branch.api.messages(branch.conversation_id, branch.id)[-1]
    branch.api.data("DELETE", f"/messages/{message['id']}")
    assert replies["q0"].closed.wait(60)
    branch.running.read_all()
    replies.release("q1")
    branch.waiting.read_all()

    assert branch.running.end["error"] == "NOT_FOUND"
    assert branch.contents() == ["q1", full("q1")]


def test_deleting_another_message_does_not_end_a_turn(branch: Branch, replies: HeldReplies) -> None:
    branch.api.data("DELETE", f"/messages/{branch.first['message']['id']}")
    replies.release("q0", "q1")

    assert branch.running.read_all() == full("q0")
    assert branch.waiting.read_all() == full("q1")
    assert replies["q1"].contexts == [["start", "q0", full("q0"), "q1"]]


def test_waiting_turn_uses_changed_messages_and_settings(
    branch: Branch, replies: HeldReplies
) -> None:
    message = branch.api.messages(branch.conversation_id, branch.id)[-1]
    branch.api.data("PATCH", f"/messages/{message['id']}", json={"content": "changed"})
    branch.api.data("PATCH", branch.branch_path, json={"contextMode": "MINIMAL"})
    replies.release("q0", "q1")
    branch.waiting.read_all()

    assert branch.contents() == ["changed", full("q0"), "q1", full("q1")]
    assert replies["q1"].contexts == [
        [branch.first["message"]["content"], "changed", full("q0"), "q1"]
    ]


def test_fork_during_a_turn_shows_neither_its_reply_nor_waiting_messages(
    branch: Branch, replies: HeldReplies
) -> None:
    message = branch.api.messages(branch.conversation_id, branch.id)[-1]
    fork = branch.api.branch(branch.conversation_id, "fork of fork", message["id"])
    replies.release("q0", "q1")
    branch.waiting.read_all()

    assert fork["messageCount"] == 3
    assert branch.contents(fork["id"]) == ["q0"]


def test_merge_waits_for_earlier_turns_and_later_ones_wait_for_the_merge(
    branch: Branch, replies: HeldReplies
) -> None:
    def merge() -> Any:
        return branch.api.http.post(f"{branch.branch_path}/merge", headers={"Idempotency-Key": "m"})

    with ThreadPoolExecutor(2) as pool, ExitStack() as stack:
        on_parent = stack.enter_context(OpenStream(branch.api, branch.conversation_id, "p0"))
        on_parent.read_text()
        merges = [pool.submit(merge)]
        replies.release("q0", "q1")
        assert branch.waiting.read_all() == full("q1")
        assert not merges[0].done()
        replies.release("p0")
        merged = merges[0].result().json()["data"]["branch"]
        repeated = merge()
        later = branch.api.http.post(f"{branch.branch_path}/messages", json={"content": "late"})

    expected = ["p0", full("p0"), "q0", full("q0"), "q1", full("q1")]
    assert branch.contents(merged["id"]) == expected
    assert repeated.json()["data"]["branch"] == merged
    assert repeated.headers["idempotent-replayed"] == "true"
    assert later.status_code == 409


def test_merge_ends_an_abandoned_turn(branch: Branch, replies: HeldReplies) -> None:
    replies.release("q0")
    branch.running.read_all()
    branch.waiting.read_text()
    branch.waiting.disconnect()
    merged = branch.api.data("POST", f"{branch.branch_path}/merge")["branch"]

    assert replies["q1"].closed.wait(60)
    assert branch.contents(merged["id"]) == ["q0", full("q0"), "q1", partial("q1")]


def test_shutdown_rejects_waiting_messages_and_a_retry_sends_them(
    held_upstream: FakeUpstream, replies: HeldReplies, tmp_path: Path
) -> None:
    options: Any = {"database": tmp_path / "kept.db", "upstreams": [f"llama={held_upstream.url}"]}
    with ExitStack() as streams:
        with LocalServer(keep_alive=0.02, **options) as server:
            api = streams.enter_context(Api(server))
            conversation_id = api.conversation(model="llama")
            opened = [
                streams.enter_context(OpenStream(api, conversation_id, each, key=each))
                for each in ("q0", "q1")
            ]
            opened[0].read_text()
            opened[1].read_until(":")
        opened[1].read_all()
    replies.release("q0", "q1")
    path = f"/conversations/{conversation_id}/messages/stream"
    with LocalServer(resume_window=600, **options) as server, Api(server) as api:
        for each in ("q0", "q1"):
            post_with_key(api, path, {"content": each}, each)
        stored = api.messages(conversation_id)

    assert opened[1].end["error"] == "SERVICE_UNAVAILABLE"
    assert len(replies["q1"].contexts) == 1
    assert [each["content"] for each in stored] == ["q0", full("q0"), "q1", full("q1")]
