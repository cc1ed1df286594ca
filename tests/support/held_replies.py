"""Replies of an upstream that pause after their first text, until the test releases them."""

from __future__ import annotations

import select
import socket
import threading
from collections import defaultdict
from typing import Any, Self

from tests.support.upstream_server import Handler


class HeldReply:
    """The reply to one question: a first text, and a second one after `release`."""

    def __init__(self) -> None:
        self.started = threading.Event()
        self.closed = threading.Event()  # by the server, before the end of the reply
        self.finished = threading.Event()  # closed, or sent in full
        self.contexts: list[list[str]] = []  # the messages of each request
        self._gate, self._key = socket.socketpair()

    def release(self) -> None:
        self._key.close()

    def close(self) -> None:
        self._key.close()
        self._gate.close()

    def stream(self, handler: Handler, question: str) -> None:
        self.contexts.append([each["content"] for each in handler.body["messages"]])
        try:
            handler.start_response()
            handler.send_text(partial(question))
            self.started.set()
            readable, _, _ = select.select([handler.connection, self._gate], [], [], 60)
            assert readable
            if handler.connection in readable:
                raise ConnectionResetError
            handler.send_text(", in full.")
            handler.send_text("", "stop")
            handler.send_event("[DONE]")
        except OSError:
            self.closed.set()
        self.finished.set()


class HeldReplies:
    """A behaviour of the fake upstream. `replies["question"]` is the reply to this question.

    Leave the `with` block after the upstream has stopped.
    """

    def __init__(self) -> None:
        self._replies: defaultdict[str, HeldReply] = defaultdict(HeldReply)
        self._lock = threading.Lock()

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *error: object) -> None:
        for reply in self._replies.values():
            reply.close()

    def __getitem__(self, question: str) -> HeldReply:
        with self._lock:
            return self._replies[question]

    def __call__(self, handler: Handler) -> None:
        question: Any = handler.body["messages"][-1]["content"]
        self[question].stream(handler, question)

    def release(self, *questions: str) -> None:
        for question in questions:
            self[question].release()


def partial(question: str) -> str:
    return f"Re: {question}"


def full(question: str) -> str:
    return f"Re: {question}, in full."
