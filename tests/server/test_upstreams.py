"""Upstreams: the requests that they receive, and the responses that the server accepts."""

from __future__ import annotations

import json
import threading
from pathlib import Path

import pytest

from chatroutes_server import LocalServer
from tests.support.server_api import Api, api_with_upstream
from tests.support.upstream_server import (
    UPSTREAM_API_KEY,
    Behaviour,
    FakeUpstream,
    Handler,
    respond_with,
    stream_raw,
    stream_reply,
)


def test_upstream_receives_the_conversation_and_its_parameters(
    upstream_api: Api, upstream: FakeUpstream
) -> None:
    conversation_id = upstream_api.conversation(
        model="llama", systemPrompt="Be brief.", temperature=0.3, maxTokens=9
    )
    upstream_api.send(conversation_id, "one")
    sent = upstream_api.send(conversation_id, "two", temperature=1.5)

    assert upstream.requests[1].path == "/v1/chat/completions"
    assert upstream.requests[1].headers["Authorization"] == f"Bearer {UPSTREAM_API_KEY}"
    assert upstream.requests[1].body == {
        "model": "llama3:8b",
        "messages": [
            {"role": "system", "content": "Be brief."},
            {"role": "user", "content": "one"},
            {"role": "assistant", "content": "Hello there"},
            {"role": "user", "content": "two"},
        ],
        "stream": True,
        "stream_options": {"include_usage": True},
        "temperature": 1.5,
        "max_tokens": 9,
    }
    assert sent["message"]["content"] == "Hello there"
    assert sent["model"] == sent["message"]["metadata"]["model"] == "llama"
    assert sent["message"]["metadata"]["finishReason"] == "stop"


def test_unknown_model_uses_the_builtin_model(upstream_api: Api, upstream: FakeUpstream) -> None:
    sent = upstream_api.send(upstream_api.conversation(model="gpt-4"), "hello")

    assert "built-in model" in sent["message"]["content"]
    assert upstream.requests == []


def test_first_upstream_is_the_default_model(upstream_api: Api) -> None:
    assert upstream_api.send(upstream_api.conversation(), "hello")["model"] == "llama"


def test_stream_is_forwarded_chunk_by_chunk(upstream_api: Api, upstream: FakeUpstream) -> None:
    released = threading.Event()

    def stream_when_released(handler: Handler) -> None:
        handler.start_response()
        handler.send_text("Once ")
        assert released.wait(60)
        handler.send_text("upon a", finish_reason="length")

    upstream.behaviour = stream_when_released
    path = f"/conversations/{upstream_api.conversation(model='llama')}/messages/stream"
    with upstream_api.http.stream("POST", path, json={"content": "tell"}) as response:
        lines = response.iter_lines()
        first = json.loads(next(lines)[len("data: ") :])
        released.set()
        rest = [json.loads(line[6:]) for line in lines if line.startswith("data: {")]

    assert first["content"] == "Once "
    assert [each.get("content") for each in rest] == ["upon a", None]
    assert rest[1]["choices"][0]["finish_reason"] == "length"
    assert rest[1]["message"]["content"] == "Once upon a"


def complete_reply_then(then: Behaviour) -> Behaviour:
    def finish(handler: Handler) -> None:
        handler.start_response(Content_Length="99999")
        handler.send_text("All of it", "stop")
        then(handler)

    return finish


@pytest.mark.parametrize(
    "behaviour",
    [
        complete_reply_then(lambda handler: None),
        complete_reply_then(Handler.wait_for_disconnect),
        complete_reply_then(lambda handler: handler.repeat(b": ping\n\n")),
        complete_reply_then(lambda handler: handler.repeat(b'data: {"choices": []}\n\n')),
        complete_reply_then(
            lambda handler: handler.send_event({"choices": [], "usage": {"total_tokens": 3}})
        ),
        complete_reply_then(
            lambda handler: handler.send_event({"choices": [], "usage": None, "error": None})
        ),
        stream_raw(
            'data: {"choices": [], "prompt_filter_results": []}\n\n',
            'data: {"choices": [{"delta": {"content": "All of it"}}]}\n\n',
            "data: [DONE]\n\n",
            "data: more of it\n\n",
        ),
        stream_raw('data:{"choices":[{"delta":{"content":"All of it"},"finish_reason":"stop"}]}'),
    ],
    ids=[
        "closed",
        "held open",
        "comments",
        "chunks",
        "usage",
        "null usage",
        "done event",
        "one line",
    ],
)
def test_complete_reply_is_accepted_however_its_stream_ends(
    upstream_api: Api, upstream: FakeUpstream, behaviour: Behaviour
) -> None:
    upstream.behaviour = behaviour

    message = upstream_api.send(upstream_api.conversation(model="llama"), "hello")["message"]

    assert message["content"] == "All of it"
    assert message["metadata"]["finishReason"] == "stop"


def test_chunks_without_text_reset_the_timeout(upstream: FakeUpstream) -> None:
    def stream_reasoning(handler: Handler) -> None:
        handler.start_response()
        for _ in range(15):
            handler.send_event({"choices": [{"delta": {"reasoning_content": "Hm"}}]})
            handler.upstream.client_disconnected.wait(
                0.1
            )  # the whole reply takes longer than the timeout
        handler.send_text("42", "stop")

    upstream.behaviour = stream_reasoning
    upstream_option = f"thinker={upstream.url},timeout=1"
    with LocalServer(upstreams=[upstream_option]) as server, Api(server) as api:
        assert api.send(api.conversation(), "hello")["message"]["content"] == "42"


def test_temperature_zero_is_sent_and_the_system_prompt_is_first(
    upstream_api: Api, upstream: FakeUpstream
) -> None:
    upstream_api.send(
        upstream_api.conversation(
            model="llama", systemPrompt="Be brief.", temperature=0, maxTokens=1
        ),
        "x",
    )

    sent_body = upstream.requests[0].body
    assert (sent_body["temperature"], sent_body["max_tokens"]) == (0, 1)
    assert [each["role"] for each in sent_body["messages"]] == ["system", "user"]


def test_rejected_max_tokens_is_retried_as_max_completion_tokens(
    upstream_api: Api, upstream: FakeUpstream
) -> None:
    def reject_max_tokens(handler: Handler) -> None:
        if "max_tokens" in handler.body:
            message = "'max_tokens' is not supported. Use 'max_completion_tokens' instead."
            respond_with(400, {"error": {"message": message}})(handler)
        else:
            stream_reply("Fine")(handler)

    upstream.behaviour = reject_max_tokens

    sent = upstream_api.send(upstream_api.conversation(model="llama", maxTokens=7), "hello")

    assert sent["message"]["content"] == "Fine"
    assert [each.body.get("max_completion_tokens") for each in upstream.requests] == [None, 7]


def test_rejected_max_completion_tokens_is_not_retried(
    upstream_api: Api, upstream: FakeUpstream
) -> None:
    upstream.behaviour = respond_with(400, {"error": "max_completion_tokens is wrong"})
    path = f"/conversations/{upstream_api.conversation(model='llama', maxTokens=7)}/messages"

    assert upstream_api.error("POST", path, json={"content": "hello"})[0] == 502
    assert len(upstream.requests) == 2


def test_response_that_is_not_streamed_is_accepted(
    upstream_api: Api, upstream: FakeUpstream
) -> None:
    choice = {"message": {"role": "assistant", "content": "All at once"}, "finish_reason": "length"}
    upstream.behaviour = respond_with(200, {"choices": [choice]})

    message = upstream_api.send(upstream_api.conversation(model="llama"), "hello")["message"]

    assert message["content"] == "All at once"
    assert message["metadata"]["finishReason"] == "length"


def test_unusual_characters_are_kept_and_lone_surrogates_replaced(
    upstream_api: Api, upstream: FakeUpstream
) -> None:
    text = "a\u2028b\x85c\r\n😀"
    surrogate_event = (
        r'data: {"choices": [{"delta": {"content": "\ud83d"}, "finish_reason": "\ud83d"}]}'
    )
    completion = {"choices": [{"delta": {"content": text}, "finish_reason": "stop"}]}
    upstream.behaviour = stream_raw(
        f"data:{json.dumps(completion, ensure_ascii=False)}\r\n\r\n",
        f"{surrogate_event}\n\n",
        "data: [DONE]\n\n",
    )

    message = upstream_api.send(upstream_api.conversation(model="llama"), "hello")["message"]

    assert message["content"] == text + "�"


def test_replayed_stream_has_the_original_chunks(upstream: FakeUpstream, tmp_path: Path) -> None:
    upstream.behaviour = stream_reply("On", "ce 😀", " upon a", " time")
    headers = {"Idempotency-Key": "k"}
    database = tmp_path / "kept.db"
    with api_with_upstream(upstream, database=database) as api:
        path = f"/conversations/{api.conversation()}/messages/stream"
        first = api.http.post(path, json={"content": "tell"}, headers=headers)

    with api_with_upstream(upstream, database=database) as api:
        replayed = api.http.post(path, json={"content": "tell"}, headers=headers)

    assert replayed.text == first.text
    assert "ce 😀" in first.text
