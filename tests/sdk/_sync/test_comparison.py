# Derived from tests/sdk/_async/test_comparison.py by scripts/regen.py. Do not edit.

"""`client.compare`: one branch and one reply for each model."""

from __future__ import annotations

import threading
from typing import Any

import pytest

from chatroutes import (
    ChatRoutes,
    NotFoundError,
    RequestTimeoutError,
    ServerError,
    StreamInterruptedError,
    ValidationError,
)
from tests.support.fault_responses import (
    ScriptedResponse,
    counted_response,
    empty_response,
    event_stream,
    stall,
)
from tests.support.fault_server import FaultServer
from tests.support.payloads import (
    BRANCH,
    COMPLETE_STREAM,
    HELLO,
    NOT_FOUND_RESPONSE,
    success_response,
    text_event,
)

from .clients import make_client


def branch_response(branch_id: str, fork_point: str | None = "msg_9") -> ScriptedResponse:
    branch = {**BRANCH, "id": branch_id, "isMain": False, "forkPointMessageId": fork_point}
    return success_response({"branch": branch})


def test_each_model_replies_on_its_own_branch(client: ChatRoutes) -> None:
    conversation_id = (client.conversations.create({"title": "T"}))["id"]
    sent = client.messages.send(conversation_id, HELLO)
    names = ["gpt-5", "claude-opus-4", "gpt-5"]

    results = client.compare(conversation_id, {"content": "Why?", "model": "gpt-4"}, names)

    assert [result.model for result in results] == names
    assert len(client.messages.list(conversation_id)) == 2
    branch_ids: set[str] = set()
    for result in results:
        assert result.branch is not None
        assert result.response is not None
        assert result.error is None
        branch_ids.add(result.branch["id"])
        assert result.branch.get("forkPointMessageId") == sent["assistantMessage"]["id"]
        messages = client.branches.get_messages(conversation_id, result.branch["id"])
        assert [each["content"] for each in messages[2:]] == ["Why?", result.text]
        assert result.text.startswith(f"{result.model} (built-in) sees 3 messages")
        assert result.response["assistantMessage"]["content"] == result.text
        assert result.usage == result.response.get("usage")
        assert result.usage is not None
        assert result.duration > 0
    assert len(branch_ids) == 3


def test_branches_begin_after_the_message(client: ChatRoutes) -> None:
    conversation_id = (client.conversations.create({"title": "T"}))["id"]
    first = client.messages.send(conversation_id, HELLO)
    client.messages.send(conversation_id, {"content": "More"})
    at = first["assistantMessage"]["id"]

    results = client.compare(conversation_id, HELLO, ["gpt-5", "gpt-4"], at=at)

    assert [each.branch and each.branch.get("forkPointMessageId") for each in results] == [at, at]


def test_empty_conversation_can_be_compared(client: ChatRoutes) -> None:
    conversation_id = (client.conversations.create({"title": "T"}))["id"]

    results = client.compare(conversation_id, HELLO, ("gpt-5", "gpt-4"))

    assert all('You wrote: "Hello"' in result.text for result in results)


@pytest.mark.parametrize("key", ["day-1", "k" * 255], ids=["short", "longest"])
def test_repeated_comparison_returns_the_first_results(client: ChatRoutes, key: str) -> None:
    conversation_id = (client.conversations.create({"title": "T"}))["id"]
    client.messages.send(conversation_id, HELLO)
    names = ["gpt-5", "gpt-5", "gpt-4"]

    first = client.compare(conversation_id, HELLO, names, idempotency_key=key)
    client.messages.send(conversation_id, HELLO)
    second = client.compare(conversation_id, HELLO, names, idempotency_key=key)

    assert [each.branch for each in first] == [each.branch for each in second]
    assert [each.response for each in first] == [each.response for each in second]
    assert len(client.branches.list(conversation_id)) == 4


def test_error_of_one_model_keeps_the_other_replies(fault_server: FaultServer) -> None:
    fault_server.script(
        branch_response("br_2"),
        branch_response("br_3"),
        empty_response(500),
        branch_response("br_5"),
        event_stream(text_event("Hel"), end="close"),
        empty_response(503),
        COMPLETE_STREAM,
    )

    with make_client(fault_server, retry_attempts=0) as client:
        cut, refused, not_created, complete = client.compare(
            "conv_1", HELLO, ["a", "b", "c", "d"], max_concurrency=1, headers={"X-Trace": "abc"}
        )

    assert isinstance(cut.error, StreamInterruptedError)
    assert (cut.text, cut.response) == ("Hel", None)
    assert isinstance(refused.error, ServerError)
    assert (refused.branch and refused.branch["id"], refused.text) == ("br_3", "")
    assert isinstance(not_created.error, ServerError)
    assert (not_created.branch, not_created.response) == (None, None)
    assert (complete.error, complete.text) == (None, "Hello")
    requests = fault_server.requests
    assert {each.headers["x-trace"] for each in requests} == {"abc"}
    assert len({each.headers["idempotency-key"] for each in requests}) == 7
    assert [each.json().get("baseNodeId") for each in requests[:4]] == [None, *["msg_9"] * 3]
    assert [(each.json()["model"], each.json()["branchId"]) for each in requests[4:]] == [
        ("a", "br_2"),
        ("b", "br_3"),
        ("d", "br_5"),
    ]


def test_error_of_the_first_branch_is_raised(fault_server: FaultServer) -> None:
    fault_server.script(NOT_FOUND_RESPONSE)

    with make_client(fault_server) as client:
        with pytest.raises(NotFoundError):
            client.compare("missing", HELLO, ["a", "b"])

    assert len(fault_server.requests) == 1


@pytest.mark.parametrize(
    ("change", "message"),
    [
        ({"models": []}, "models must be a list"),
        ({"models": "gpt-5"}, "models must be a list"),
        ({"models": ["gpt-5", ""]}, "models must be a list"),
        ({"models": [None]}, "models must be a list"),
        ({"models": None}, "models must be a list"),
        ({"data": "Hello"}, "data must be a dict"),
        ({"data": {}}, "data must have content"),
        ({"data": {"content": ""}}, "data must have content"),
        ({"data": {"content": "\ud800"}}, "cannot be written as JSON"),
        ({"data": {"content": "Hi", "branchId": "b"}}, "branchId"),
        ({"at": {"id": "msg_1"}}, "at must be the id of a message, not dict; pass its 'id'"),
        ({"at": ""}, "at must be the id of a message, not an empty string"),
        ({"max_concurrency": 0}, "max_concurrency"),
        ({"max_concurrency": True}, "max_concurrency"),
        ({"conversation_id": ""}, "Nothing was sent"),
        ({"deadline": -1}, "deadline"),
    ],
)
def test_invalid_arguments_send_nothing(
    fault_server: FaultServer, change: dict[str, Any], message: str
) -> None:
    arguments: dict[str, Any] = {"conversation_id": "c", "data": HELLO, "models": ["a"]}

    with make_client(fault_server) as client:
        with pytest.raises(ValidationError, match=message):
            client.compare(**{**arguments, **change})
        with pytest.raises(TypeError, match="no keyword argument 'timout'"):
            client.compare("c", HELLO, ["a"], timout=3)  # type: ignore[call-arg]

    assert fault_server.requests == []


def test_max_concurrency_limits_the_replies_at_the_same_time(
    fault_server: FaultServer,
) -> None:
    pair = threading.Barrier(2, timeout=60)
    counts: list[int] = []
    reply_in_pairs = counted_response(counts, lambda connection: pair.wait(), COMPLETE_STREAM)
    branches = [branch_response(f"br_{number}") for number in range(6)]
    fault_server.script(*branches, reply_in_pairs, repeat_last=True)

    with make_client(fault_server) as client:
        results = client.compare("c", HELLO, [*"abcdef"], max_concurrency=2)

    assert [each.text for each in results] == ["Hello"] * 6
    assert max(counts) == 2


def test_deadline_limits_the_whole_comparison(fault_server: FaultServer) -> None:
    branches = [branch_response(f"br_{number}") for number in range(3)]
    fault_server.script(*branches, stall(), repeat_last=True)

    with make_client(fault_server) as client:
        results = client.compare("c", HELLO, [*"abc"], deadline=1, max_concurrency=1)

    for result in results:
        assert isinstance(result.error, RequestTimeoutError)
        assert result.error.limit == "deadline"
    assert sum(result.duration for result in results) < 2
