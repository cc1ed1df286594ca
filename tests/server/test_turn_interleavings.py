"""Random interleavings of streams, sends, disconnects and resumes on several branches.

Whatever clients do, a branch reads as turns in the order of arrival, every reply that a client received
in full is stored, and no request to the upstream is open at the end.
"""

from __future__ import annotations

import random
from contextlib import ExitStack
from typing import Any

import pytest

from tests.support.held_replies import HeldReplies, full
from tests.support.open_stream import OpenStream
from tests.support.server_api import Api, api_with_upstream
from tests.support.upstream_server import FakeUpstream

STEPS = 40
LONG = 600  # seconds


class Client:
    """A client that has sent a question, and can reconnect if it has a key."""

    def __init__(self, question: str, branch_id: str, key: str) -> None:
        self.question = question
        self.branch_id = branch_id
        self.key = key
        self.stream: OpenStream | None = None  # None while the client is away
        self.has_disconnected = False  # once, at least
        self.text = ""  # that it received from its earlier streams
        self.event_id = ""
        self.end: Any = None

    def open(self, api: Api, conversation_id: str, stack: ExitStack) -> None:
        self.stream = stack.enter_context(
            OpenStream(
                api,
                conversation_id,
                self.question,
                self.key,
                self.event_id,
                branchId=self.branch_id,
            )
        )
        self.stream.read_first()

    def disconnect(self) -> None:
        assert self.stream is not None
        self.stream.disconnect()
        self.text += self.stream.text
        self.event_id = self.stream.event_id or self.event_id
        self.end = self.stream.end or self.end
        self.stream, self.has_disconnected = None, True


class Session:
    """Clients of one conversation with several branches."""

    def __init__(self, api: Api, replies: HeldReplies, stack: ExitStack, seed: int) -> None:
        self.random = random.Random(seed)
        self.api, self.replies, self.stack = api, replies, stack
        self.conversation_id = api.conversation(model="llama")
        main_id = api.main_branch(self.conversation_id)["id"]
        forks = [api.branch(self.conversation_id, title)["id"] for title in ("one", "two")]
        self.branch_ids = [main_id, *forks]
        self.clients: list[Client] = []
        self.held: list[str] = []  # questions
        self.acknowledged: list[Any] = []  # messages

    def step(self) -> None:
        self.random.choice((self.send, self.send, self.disconnect, self.reconnect, self.release))()

    def send(self) -> None:
        question = f"q{len(self.clients)}"
        key = question if self.random.random() < 0.7 else ""
        client = Client(question, self.random.choice(self.branch_ids), key)
        self.clients.append(client)
        self.held.append(question)
        client.open(self.api, self.conversation_id, self.stack)

    def disconnect(self) -> None:
        if present := [each for each in self.clients if each.stream is not None]:
            self.random.choice(present).disconnect()

    def reconnect(self) -> None:
        if away := [each for each in self.clients if each.stream is None and each.key]:
            self.random.choice(away).open(self.api, self.conversation_id, self.stack)

    def release(self) -> None:
        if self.held:
            question = self.random.choice(self.held)
            self.held.remove(question)
            self.replies.release(question)

    def finish(self) -> None:
        """Let all turns end, and read what the clients get."""
        while self.held:
            self.release()
        # This stops the turns without clients, and waits for the others.
        for branch_id in self.branch_ids:
            self.api.send(self.conversation_id, "the end", branchId=branch_id, model="builtin")
        for client in self.clients:
            if client.stream is not None:
                text = client.text + client.stream.read_all()
                end = client.stream.end or client.end
                assert text == end["message"]["content"]
                self.acknowledged += [end["userMessage"], end["message"]]


@pytest.mark.parametrize("seed", range(4))
@pytest.mark.parametrize("resume_window", [0, LONG])
def test_branches_read_as_turns_in_order(resume_window: float, seed: int) -> None:
    with (
        HeldReplies() as replies,
        FakeUpstream() as upstream,
        api_with_upstream(upstream, keep_alive=0.02, resume_window=resume_window) as api,
        ExitStack() as stack,
    ):
        upstream.behaviour = replies
        session = Session(api, replies, stack, seed)
        for _ in range(STEPS):
            session.step()
        session.finish()
        for branch_id in session.branch_ids:
            assert_turns_in_order(session, branch_id)
        for client in session.clients:
            if replies[client.question].contexts:
                assert replies[client.question].finished.wait(60)


def assert_turns_in_order(session: Session, branch_id: str) -> None:
    stored = session.api.messages(session.conversation_id, branch_id)
    contents = [each["content"] for each in stored]
    questions, answers = contents[0:-2:2], stored[1:-2:2]
    assert [each["role"] for each in stored] == ["user", "assistant"] * (len(stored) // 2)
    assert contents[-2] == "the end"
    clients = {each.question: each for each in session.clients if each.branch_id == branch_id}
    assert len(set(questions)) == len(questions)
    # A turn that was removed while it waited comes back at another place.
    stayed = [each for each in questions if not clients[each].has_disconnected]
    assert stayed == [each for each in clients if not clients[each].has_disconnected]
    for number, (question, answer) in enumerate(zip(questions, answers, strict=True)):
        if answer["metadata"]["finishReason"] == "cancelled":
            assert full(question).startswith(answer["content"])
            assert clients[question].has_disconnected
        else:
            assert answer["content"] == full(question)
        before = [text for text in contents[: 2 * number + 1] if text]
        assert session.replies[question].contexts in ([], [before])
    for message in session.acknowledged:
        assert message["branchId"] != branch_id or message in stored
