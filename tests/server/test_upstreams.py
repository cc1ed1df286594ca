"""Models elsewhere: what they are asked, and what comes of it, however oddly they say it."""

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


def test_a_turn_goes_to_its_upstream_with_all_that_was_said(
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
        "temperature": 1.5,
        "max_tokens": 9,
    }
    assert sent["message"]["content"] == "Hello there"
    assert sent["model"] == sent["message"]["metadata"]["model"] == "llama"
    assert sent["message"]["metadata"]["finishReason"] == "stop"


def test_an_unknown_model_falls_to_the_built_in_one(
    upstream_api: Api, upstream: FakeUpstream
) -> None:
    sent = upstream_api.send(upstream_api.conversation(model="gpt-4"), "hello")

    assert "built-in model" in sent["message"]["content"]
    assert upstream.requests == []


def test_the_first_upstream_answers_where_no_model_is_named(upstream_api: Api) -> None:
    assert upstream_api.send(upstream_api.conversation(), "hello")["model"] == "llama"


def test_a_stream_is_passed_through_piece_by_piece(
    upstream_api: Api, upstream: FakeUpstream
) -> None:
    goes_on = threading.Event()

    def speak(handler: Handler) -> None:
        handler.start_response()
        handler.send_text("Once ")
        assert goes_on.wait(20)
        handler.send_text("upon a", finish_reason="length")

    upstream.behaviour = speak
    path = f"/conversations/{upstream_api.conversation(model='llama')}/messages/stream"
    with upstream_api.http.stream("POST", path, json={"content": "tell"}) as response:
        lines = response.iter_lines()
        first = json.loads(next(lines)[len("data: ") :])
        goes_on.set()
        rest = [json.loads(line[6:]) for line in lines if line.startswith("data: {")]

    assert first["content"] == "Once "
    assert [each.get("content") for each in rest] == ["upon a", None]
    assert rest[1]["choices"][0]["finish_reason"] == "length"
    assert rest[1]["message"]["content"] == "Once upon a"


def finishing(then: Behaviour) -> Behaviour:
    def finish(handler: Handler) -> None:
        handler.start_response(Content_Length="99999")
        handler.send_text("All of it", "stop")
        then(handler)

    return finish


@pytest.mark.parametrize(
    "behaviour",
    [
        finishing(lambda handler: None),
        finishing(Handler.wait_for_disconnect),
        finishing(Handler.send_comments),
        finishing(
            lambda handler: handler.send_event({"choices": [], "usage": {"total_tokens": 3}})
        ),
        finishing(
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
    ids=["cut", "held open", "commenting", "usage", "nothing new", "done", "one line"],
)
def test_a_whole_reply_is_taken_however_its_stream_ends(
    upstream_api: Api, upstream: FakeUpstream, behaviour: Behaviour
) -> None:
    upstream.behaviour = behaviour

    message = upstream_api.send(upstream_api.conversation(model="llama"), "hello")["message"]

    assert message["content"] == "All of it"
    assert message["metadata"]["finishReason"] == "stop"


def test_chunks_without_text_are_no_silence(upstream: FakeUpstream) -> None:
    def reason(handler: Handler) -> None:
        handler.start_response()
        for _ in range(15):
            handler.send_event({"choices": [{"delta": {"reasoning_content": "Hm"}}]})
            handler.upstream.client_disconnected.wait(
                0.1
            )  # all of it takes longer than the silence that is borne
        handler.send_text("42", "stop")

    upstream.behaviour = reason
    named = f"thinker={upstream.url},timeout=1"
    with LocalServer(upstreams=[named]) as server, Api(server) as api:
        assert api.send(api.conversation(), "hello")["message"]["content"] == "42"


def test_zero_is_a_temperature_and_the_systems_word_comes_first(
    upstream_api: Api, upstream: FakeUpstream
) -> None:
    upstream_api.send(
        upstream_api.conversation(
            model="llama", systemPrompt="Be brief.", temperature=0, maxTokens=1
        ),
        "x",
    )

    asked = upstream.requests[0].body
    assert (asked["temperature"], asked["max_tokens"]) == (0, 1)
    assert [each["role"] for each in asked["messages"]] == ["system", "user"]


def test_an_upstream_that_wants_the_limit_by_its_newer_name_is_given_it(
    upstream_api: Api, upstream: FakeUpstream
) -> None:
    def choosy(handler: Handler) -> None:
        if "max_tokens" in handler.body:
            said = "'max_tokens' is not supported. Use 'max_completion_tokens' instead."
            respond_with(400, {"error": {"message": said}})(handler)
        else:
            stream_reply("Fine")(handler)

    upstream.behaviour = choosy

    sent = upstream_api.send(upstream_api.conversation(model="llama", maxTokens=7), "hello")

    assert sent["message"]["content"] == "Fine"
    assert [each.body.get("max_completion_tokens") for each in upstream.requests] == [None, 7]


def test_an_upstream_that_refuses_both_names_of_the_limit_is_asked_no_more(
    upstream_api: Api, upstream: FakeUpstream
) -> None:
    upstream.behaviour = respond_with(400, {"error": "max_completion_tokens is wrong"})
    path = f"/conversations/{upstream_api.conversation(model='llama', maxTokens=7)}/messages"

    assert upstream_api.error("POST", path, json={"content": "hello"})[0] == 502
    assert len(upstream.requests) == 2


def test_an_upstream_may_answer_whole(upstream_api: Api, upstream: FakeUpstream) -> None:
    choice = {"message": {"role": "assistant", "content": "All at once"}, "finish_reason": "length"}
    upstream.behaviour = respond_with(200, {"choices": [choice]})

    message = upstream_api.send(upstream_api.conversation(model="llama"), "hello")["message"]

    assert message["content"] == "All at once"
    assert message["metadata"]["finishReason"] == "length"


def test_odd_characters_come_through_and_halves_of_pairs_do_no_harm(
    upstream_api: Api, upstream: FakeUpstream
) -> None:
    odd = "a\u2028b\x85c\r\n😀"
    half = r'data: {"choices": [{"delta": {"content": "\ud83d"}, "finish_reason": "\ud83d"}]}'
    whole = {"choices": [{"delta": {"content": odd}, "finish_reason": "stop"}]}
    upstream.behaviour = stream_raw(
        f"data:{json.dumps(whole, ensure_ascii=False)}\r\n\r\n", f"{half}\n\n", "data: [DONE]\n\n"
    )

    message = upstream_api.send(upstream_api.conversation(model="llama"), "hello")["message"]

    assert message["content"] == odd + "�"


def test_a_replay_tells_a_streams_pieces_as_they_came(
    upstream: FakeUpstream, tmp_path: Path
) -> None:
    upstream.behaviour = stream_reply("On", "ce 😀", " upon a", " time")
    headers = {"Idempotency-Key": "k"}
    kept = tmp_path / "kept.db"
    with api_with_upstream(upstream, database=kept) as api:
        path = f"/conversations/{api.conversation()}/messages/stream"
        first = api.http.post(path, json={"content": "tell"}, headers=headers)

    with api_with_upstream(upstream, database=kept) as api:
        again = api.http.post(path, json={"content": "tell"}, headers=headers)

    assert again.text == first.text
    assert "ce 😀" in first.text
