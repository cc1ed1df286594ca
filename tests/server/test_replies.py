"""Replies that a program sets: their order, their forms, their errors, and retries."""

from __future__ import annotations

import asyncio
import itertools
import json
import re
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from queue import SimpleQueue
from threading import Event
from typing import Any
from unittest.mock import AsyncMock, MagicMock, Mock

import httpx
import pytest

from chatroutes_server import LocalServer, Reply, ReplyRequest
from tests.support.server_api import (
    Api,
    assert_error_envelope,
    new_idempotency_key,
    post_message,
    stream_message,
)
from tests.support.server_events import parse_event_ids, parse_events


@contextmanager
def api_with_replies(replies: Any, **options: Any) -> Iterator[Api]:
    with LocalServer(replies=replies, **options) as server, Api(server) as api:
        yield api


def send(api: Api, *contents: str, **fields: Any) -> list[str]:
    """Send each content to a new conversation, and return the replies."""
    return [
        api.send(api.conversation(), content, **fields)["message"]["content"]
        for content in contents or ("hello",)
    ]


def fail(api: Api, content: str = "hello", **fields: Any) -> httpx.Response:
    """Send a message whose reply is an error."""
    path = f"/conversations/{api.conversation()}/messages"
    return api.http.post(path, json={"content": content, **fields})


def error_message(response: httpx.Response) -> str:
    return assert_error_envelope(response, 500, "INTERNAL_ERROR")["message"]


def streamed_texts(response: httpx.Response) -> list[str]:
    events = parse_events(response.text)
    return [data["content"] for _, data in events if isinstance(data, dict) and "content" in data]


@pytest.mark.parametrize("replies", ["same", Reply("same")])
def test_one_reply_is_for_every_request(replies: Any) -> None:
    with api_with_replies(replies) as api:
        assert send(api, "a", "b") == ["same", "same"]


@pytest.mark.parametrize(
    "replies",
    [["one", Reply("two")], ("one", "two"), iter(["one", "two"]), (x for x in ["one", "two"])],
)
def test_list_or_iterator_is_in_the_order_of_the_requests(replies: Any) -> None:
    with api_with_replies(replies) as api:
        assert send(api, "a", "b") == ["one", "two"]


def test_endless_iterator_is_read_as_needed() -> None:
    with api_with_replies(itertools.cycle("ab")) as api:
        assert send(api, *"12345") == [*"ababa"]


def test_iterator_that_blocks_delays_its_requests_only() -> None:
    texts: SimpleQueue[str] = SimpleQueue()
    with api_with_replies(iter(texts.get, "")) as api, ThreadPoolExecutor() as pool:
        first = pool.submit(send, api)
        assert api.http.get("/models").status_code == 200

        texts.put("one")
        assert first.result() == ["one"]


def test_element_of_a_request_that_has_ended_is_for_the_next_one() -> None:
    texts: SimpleQueue[str] = SimpleQueue()
    with api_with_replies(iter(texts.get, ""), keep_alive=0.01) as api:
        conversation = api.conversation()
        path = f"/conversations/{conversation}/messages/stream"
        with api.http.stream("POST", path, json={"content": "x"}) as response:
            assert next(response.iter_lines()).startswith(":")
        while len(api.messages(conversation)) < 2:
            pass  # the server has not stored the cancelled reply yet

        texts.put("one")
        assert send(api) == ["one"]


def test_dict_has_replies_by_model() -> None:
    def echo(request: ReplyRequest) -> str:
        return request.content

    replies = {"gpt-5": ["first", "second"], "my-model": echo, "*": "other"}
    with api_with_replies(replies) as api:
        assert send(api, model="my-model") == ["hello"]
        assert send(api, "a", "b") == ["first", "second"]
        assert send(api, model="claude-opus-4") == ["other"]
        names = [each["id"] for each in api.data("GET", "/models")["models"]]
        assert names[:2] == ["gpt-5", "my-model"]
        assert names.count("gpt-5") == 1


def test_patterns_are_searched_in_the_message_in_order() -> None:
    replies = {re.compile("weather", re.I): "Sunny.", re.compile("e"): "Other."}
    with api_with_replies(replies) as api:
        assert send(api, "The Weather?", "else", "here") == ["Sunny.", "Other.", "Other."]


def test_function_receives_the_context_of_the_branch() -> None:
    requests: list[ReplyRequest] = []

    def reply(request: ReplyRequest) -> str:
        requests.append(request)
        return f"reply {request.number}"

    with api_with_replies(reply) as api:
        conversation_id = api.conversation(systemPrompt="Be brief.", temperature=0.5)
        api.send(conversation_id, "one")
        api.send(conversation_id, "two", model="gpt-4", maxTokens=1)
        branch_id = api.main_branch(conversation_id)["id"]

    messages = [("user", "one"), ("assistant", "reply 1"), ("user", "two")]
    assert requests[1] == ReplyRequest(
        2, "gpt-4", tuple(map(type(requests[1].messages[0])._make, messages)), conversation_id, branch_id,
        "Be brief.", 0.5, 1,
    )  # fmt: skip
    assert requests[1].content == "two"


@pytest.mark.parametrize("function", [Mock, MagicMock, AsyncMock])
def test_function_can_be_a_mock(function: Any) -> None:
    mock = function(side_effect=["one", "two"])
    with api_with_replies(mock) as api:
        assert send(api, "a", "b") == ["one", "two"]

    assert [call.args[0].content for call in mock.call_args_list] == ["a", "b"]


def test_async_function_runs_in_the_event_loop_of_the_server() -> None:
    async def reply(request: ReplyRequest) -> Reply:
        await asyncio.sleep(0)
        return Reply(json.dumps({"length": len(request.content)}))

    with api_with_replies(reply) as api:
        assert send(api, "four") == ['{"length": 4}']


def test_function_may_send_requests_to_its_server() -> None:
    with LocalServer() as server, Api(server) as api:
        server.set_replies(lambda request: str(len(api.messages(request.conversation_id))))

        assert send(api) == ["1"]


@pytest.mark.parametrize("is_iterator", [False, True], ids=["function", "iterator"])
def test_reply_that_never_comes_does_not_keep_the_server_running(is_iterator: bool) -> None:
    never = Event()

    def reply(_request: ReplyRequest | None) -> str:
        never.wait()
        return "late"

    replies = map(reply, itertools.repeat(None)) if is_iterator else reply
    try:
        with api_with_replies(replies, keep_alive=0.01) as api:
            path = f"/conversations/{api.conversation()}/messages/stream"
            with api.http.stream("POST", path, json={"content": "x"}) as response:
                assert next(response.iter_lines()).startswith(":")
    finally:
        never.set()


def test_replies_can_be_replaced_and_removed_while_the_server_runs() -> None:
    with api_with_replies(["one", "never"]) as api:
        assert send(api) == ["one"]
        api.server.set_replies(["two"])
        assert send(api) == ["two"]
        api.server.set_replies(None)
        assert "built-in" in send(api)[0]


def test_stream_is_word_by_word_or_whole() -> None:
    with api_with_replies(["one two", Reply("one two", whole=True), Reply("")]) as api:
        conversation_id = api.conversation()
        streams = [stream_message(api, conversation_id, "x") for _ in range(3)]
        assert list(map(streamed_texts, streams)) == [["one ", "two"], ["one two"], []]
        assert api.messages(conversation_id)[-1]["content"] == ""


def test_usage_and_finish_reason_are_those_of_the_reply() -> None:
    stated = Reply("x", prompt_tokens=1234, completion_tokens=567, finish_reason="content_filter")
    with api_with_replies([stated, "counted"]) as api:
        first, second = (api.send(api.conversation(), "hello") for _ in range(2))

    assert first["usage"] == {"promptTokens": 1234, "completionTokens": 567, "totalTokens": 1801}
    assert first["message"]["metadata"]["finishReason"] == "content_filter"
    assert second["usage"] == {"promptTokens": 2, "completionTokens": 2, "totalTokens": 4}


def test_reply_is_not_shortened_to_max_tokens() -> None:
    with api_with_replies('{"a": "long enough"}') as api:
        assert send(api, maxTokens=1) == ['{"a": "long enough"}']


def test_word_delay_of_a_reply_replaces_that_of_the_server() -> None:
    # A word of the server is due after the end of this test.
    with api_with_replies(Reply("one two three", word_delay=0), word_delay=1000) as api:
        assert send(api) == ["one two three"]


def test_error_without_a_text_is_the_response() -> None:
    reply = Reply(status=503, code="OVERLOADED", message="Try later.", retry_after=7)
    with api_with_replies(reply) as api:
        for response in (fail(api), stream_message(api, api.conversation(), "x")):
            body = assert_error_envelope(response, 503, "OVERLOADED")
            assert (body["message"], body["retryAfter"]) == ("Try later.", 7)
            assert response.headers["retry-after"] == "7"


def test_error_follows_the_text() -> None:
    with api_with_replies(Reply("half of", status=502)) as api:
        conversation_id = api.conversation()
        response = stream_message(api, conversation_id, "x")

        assert streamed_texts(response) == ["half ", "of"]
        event, data = parse_events(response.text)[-1]
        assert (event, data["type"], data["error"]) == ("error", "error", "BAD_GATEWAY")
        assert [each["role"] for each in api.messages(conversation_id)] == ["user"]
        assert fail(api).status_code == 502


@pytest.mark.parametrize(
    ("replies", "fields", "message"),
    [
        (["one"], {}, "replies has no reply for request 2: the list has 1"),
        (iter(["one"]), {}, "replies has no reply for request 2: the iterator has ended"),
        ({"gpt-5": ["one"]}, {}, "replies['gpt-5'] has no reply for request 2: the list has 1"),
        (
            {"gpt-5": "one", "my-modell": "x"},
            {"model": "my-model"},
            "replies has no reply for request 2 to the model my-model; did you mean my-modell?",
        ),
        (
            {"gpt-5": "one", "zzz": "x"},
            {"model": "my-model"},
            "replies has no reply for request 2 to the model my-model; it has gpt-5, zzz",
        ),
        (
            {re.compile("hello"): "one"},
            {"content": "What?"},
            "replies has no reply for request 2: no pattern matches 'What?'; it has 'hello'",
        ),
        (iter(["one", None]), {}, "replies, request 2: expected a str or a Reply, not None"),
        (iter(["one", 42]), {}, "replies, request 2: expected a str or a Reply, not int 42"),
    ],
)
def test_request_without_a_reply_names_replies_and_the_request(
    replies: Any, fields: Any, message: str
) -> None:
    with api_with_replies(replies) as api:
        assert send(api) == ["one"]
        response = fail(api, **fields)

    assert error_message(response) == message
    assert response.headers["retry-after"] == "0"


@pytest.mark.parametrize(
    ("value", "message"),
    [
        (None, "not None"),
        (42, "not int 42"),
        ({"a": 1}, "not dict {'a': 1}; pass JSON as text, with json.dumps"),
        ((x for x in "ab"), "not generator <generator object"),
    ],
)
def test_function_that_returns_no_reply_is_named(value: Any, message: str) -> None:
    def reply(_request: ReplyRequest) -> Any:
        return value

    with api_with_replies(reply) as api:
        text = error_message(fail(api))

    assert text.startswith(f"replies, request 1: expected a str or a Reply, {message}")


class NoException(BaseException):
    """Such as that of pytest.fail."""


@pytest.mark.parametrize(
    "kind", [ValueError, StopIteration, AssertionError, NoException, SystemExit]
)
@pytest.mark.parametrize("is_async", [False, True])
def test_exception_of_a_function_is_named_and_its_traceback_logged(
    kind: type[BaseException], is_async: bool, caplog: pytest.LogCaptureFixture
) -> None:
    def reply(_request: ReplyRequest) -> str:
        raise kind("of the test")

    async def reply_async(request: ReplyRequest) -> str:
        return reply(request)

    with api_with_replies(reply_async if is_async else reply) as api:
        text = error_message(fail(api))
        assert api.conversation()  # the server still runs

    name = "RuntimeError" if kind is StopIteration else kind.__name__
    assert text.startswith(f"replies raised {name} for request 1: ")
    assert text.endswith("; the server's log has the traceback")
    assert len(caplog.records) == 1
    assert "in reply" in caplog.text


def test_exception_with_any_text_is_an_error_response() -> None:
    def reply(_request: ReplyRequest) -> str:
        raise ValueError("lone surrogate \ud800,\nsecond line " + "x" * 1000)

    with api_with_replies(reply) as api:
        text = error_message(fail(api))

    assert text.startswith(
        "replies raised ValueError for request 1: lone surrogate ?, second line x"
    )
    assert len(text) < 400


@pytest.mark.parametrize("suffix", ["messages", "messages/stream"])
def test_retry_with_the_same_key_takes_no_second_reply(suffix: str) -> None:
    with api_with_replies([Reply("one", status=503), "two", "three"]) as api:
        path = f"/conversations/{api.conversation()}/{suffix}"
        first_key, second_key = new_idempotency_key(), new_idempotency_key()

        failed = [post_message(api, path, first_key) for _ in range(3)]
        succeeded = [post_message(api, path, second_key) for _ in range(2)]

        assert all("SERVICE_UNAVAILABLE" in response.text for response in failed)
        assert all("two" in response.text for response in succeeded)
        assert send(api) == ["three"]


def test_retry_calls_no_function_twice() -> None:
    numbers: list[int] = []

    def reply(request: ReplyRequest) -> str:
        numbers.append(request.number)
        raise ValueError

    with api_with_replies(reply) as api:
        path, key = f"/conversations/{api.conversation()}/messages", new_idempotency_key()
        messages = {error_message(post_message(api, path, key)) for _ in range(3)}

    assert messages == {
        "replies raised ValueError for request 1; the server's log has the traceback"
    }
    assert numbers == [1]


def test_resumed_stream_is_the_rest_of_the_same_reply() -> None:
    with api_with_replies(["one two three", "other"]) as api:
        path, key = f"/conversations/{api.conversation()}/messages/stream", new_idempotency_key()
        whole = parse_event_ids(post_message(api, path, key).text)
        resumed = parse_event_ids(post_message(api, path, key, whole[0][0]).text)

        assert resumed == whole[1:]
        assert send(api) == ["other"]


def test_requests_without_a_key_take_one_reply_each() -> None:
    with api_with_replies([Reply(status=500), "two"]) as api:
        assert fail(api).status_code == 500
        assert send(api) == ["two"]
