# Derived from tests/sdk/_async/test_comparison_stream.py by scripts/regen.py. Do not edit.

"""`client.compare_stream`: the events of several replies, as they arrive."""

from __future__ import annotations

from typing import Any

import httpx
import pytest

from chatroutes import ChatRoutes, NotFoundError, ServerError, ValidationError
from chatroutes.events import ComparisonEvent, DoneEvent, ErrorEvent, TextEvent
from tests.support.fault_responses import empty_response, event_stream
from tests.support.fault_server import FaultServer
from tests.support.idle import wait_until_idle
from tests.support.payloads import (
    BRANCH,
    COMPLETE_STREAM,
    HELLO,
    NOT_FOUND_RESPONSE,
    OPEN_STREAM,
    success_response,
    text_event,
)

from .clients import make_client

BRANCHES = [
    success_response({"branch": {**BRANCH, "id": f"br_{number}", "isMain": False}})
    for number in range(4)
]


def test_events_and_results_are_those_of_the_replies(client: ChatRoutes) -> None:
    conversation_id = (client.conversations.create({"title": "T"}))["id"]
    client.messages.send(conversation_id, HELLO)
    names = ["gpt-5", "claude-opus-4", "gpt-5"]
    events: list[ComparisonEvent] = []

    with client.compare_stream(conversation_id, {"content": "Why?"}, names) as comparison:
        assert [each.model for each in comparison.results] == names
        for item in comparison:
            events.append(item)
        results = comparison.results

    assert results == comparison.get_final_results()
    for index, result in enumerate(results):
        own = [each.event for each in events if each.index == index]
        assert "".join(each.text for each in own if isinstance(each, TextEvent)) == result.text
        assert own[-1] == DoneEvent(result.response, "stop")  # type: ignore[arg-type]
        assert [each.usage for each in own if each.type == "usage"] == [result.usage]
        assert result.branch is not None
        messages = client.branches.get_messages(conversation_id, result.branch["id"])
        assert [each["content"] for each in messages[2:]] == ["Why?", result.text]
    assert {(each.index, each.model) for each in events} == set(enumerate(names))


def test_events_of_one_model_do_not_wait_for_another(fault_server: FaultServer) -> None:
    fault_server.script(*BRANCHES[:2], OPEN_STREAM, COMPLETE_STREAM)

    with make_client(fault_server) as client:
        with client.compare_stream("c", HELLO, ["a", "b"]) as comparison:
            for item in comparison:
                if item.event.type == "done":
                    break
            done, waiting = sorted(comparison.results, key=lambda each: each.response is None)
            assert (done.text, done.error) == ("Hello", None)
            assert (waiting.response, waiting.error) == (None, None)
        wait_until_idle(fault_server, remaining=1)

    waiting = comparison.results[waiting.model == "b"]
    assert waiting.error is not None
    assert waiting.response is None
    assert [each for each in comparison] == []


def test_failed_model_keeps_the_others(fault_server: FaultServer) -> None:
    fault_server.script(BRANCHES[0], empty_response(500), BRANCHES[1], BRANCHES[2])
    fault_server.script(COMPLETE_STREAM, event_stream(text_event("Hel"), end="close"))
    fault_server.script(COMPLETE_STREAM)
    last: dict[int, Any] = {}

    with make_client(fault_server, retry_attempts=0) as client:
        with client.compare_stream("c", HELLO, [*"abcd"], max_concurrency=1) as comparison:
            for item in comparison:
                last[item.index] = item.event
        results = comparison.results

    assert [each.text for each in results] == ["Hello", "", "Hel", "Hello"]
    assert [type(last[index]) for index in range(4)] == [
        DoneEvent,
        ErrorEvent,
        ErrorEvent,
        DoneEvent,
    ]
    assert isinstance(last[1].error, ServerError)
    assert [each.error for each in results] == [None, last[1].error, last[2].error, None]


@pytest.mark.transport
def test_close_ends_all_replies(fault_server: FaultServer) -> None:
    fault_server.script(*BRANCHES[:3], OPEN_STREAM, repeat_last=True)

    with make_client(fault_server) as client:
        with client.compare_stream("c", HELLO, [*"abc"], max_concurrency=2) as comparison:
            first = next(iter(comparison))
            assert first.event.type == "text"
            comparison.close()
            assert [each for each in comparison] == []
        wait_until_idle(fault_server, remaining=1)

    replies = [each.json()["model"] for each in fault_server.requests[3:]]
    assert {*replies} <= {"a", "b"}  # the third reply was not requested
    for result in comparison.results:
        assert result.error is not None
        assert result.branch is not None


@pytest.mark.transport
def test_error_in_the_block_is_raised_as_it_is(fault_server: FaultServer) -> None:
    fault_server.script(*BRANCHES[:2], OPEN_STREAM, repeat_last=True)

    with make_client(fault_server) as client:
        with pytest.raises(KeyError, match="mine"):
            with client.compare_stream("c", HELLO, ["a", "b"]):
                raise KeyError("mine")
        wait_until_idle(fault_server, remaining=1)


def test_error_that_is_not_of_the_sdk_is_raised(fault_server: FaultServer) -> None:
    fault_server.script(*BRANCHES[:2], OPEN_STREAM, repeat_last=True)

    def refuse_model(request: httpx.Request) -> None:
        if b'"model":"b"' in request.content:
            raise KeyError("mine")

    hooks = {"request": [refuse_model]}
    with httpx.Client(event_hooks=hooks) as http_client:
        client = make_client(fault_server, http_client=http_client)
        with pytest.raises(KeyError, match="mine"):
            client.compare("c", HELLO, ["a", "b"])


def test_error_of_the_first_branch_is_raised_on_entering(fault_server: FaultServer) -> None:
    fault_server.script(NOT_FOUND_RESPONSE)

    with make_client(fault_server) as client:
        manager = client.compare_stream("missing", HELLO, ["a", "b"])
        with pytest.raises(NotFoundError):
            with manager:
                pytest.fail("the block must not run")


def test_invalid_arguments_raise_before_the_block(fault_server: FaultServer) -> None:
    with make_client(fault_server) as client:
        with pytest.raises(ValidationError, match="models must be a list"):
            client.compare_stream("c", HELLO, [])

    assert fault_server.requests == []
