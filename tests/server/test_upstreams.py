"""Models elsewhere: what they are asked, what comes of it, and what becomes of their faults."""

from __future__ import annotations

import json
import socket
import threading
from collections.abc import Iterator
from contextlib import ExitStack
from pathlib import Path
from typing import Any

import pytest

from chatroutes_server import LocalServer, StartupError, Upstream
from tests.server.conftest import Api
from tests.server.test_streams import read, stream
from tests.server.upstream import (
    Behaviour,
    FakeUpstream,
    Handler,
    answering,
    cutting,
    sending,
    speaking,
    stalling,
)

KEY = "sk-very-secret"


@pytest.fixture
def patience() -> float:
    """Seconds of silence that the server bears: more than a busy machine makes."""
    return 60


SHORT = pytest.mark.parametrize("patience", [0.5], ids=["soon"])


@pytest.fixture
def talk(upstream: FakeUpstream, patience: float, monkeypatch: pytest.MonkeyPatch) -> Iterator[Api]:
    monkeypatch.setenv("UPSTREAM_KEY", KEY)
    named = f"llama={upstream.url},model=llama3:8b,provider=ollama,key=UPSTREAM_KEY"
    named += f",timeout={patience}"
    with LocalServer(upstreams=[named]) as server, Api(server) as api:
        yield api


def test_a_turn_goes_to_its_upstream_with_all_that_was_said(
    talk: Api, upstream: FakeUpstream
) -> None:
    conversation_id = talk.conversation(
        model="llama", systemPrompt="Be brief.", temperature=0.3, maxTokens=9
    )
    talk.send(conversation_id, "one")
    sent = talk.send(conversation_id, "two", temperature=1.5)

    assert upstream.requests[1].path == "/v1/chat/completions"
    assert upstream.requests[1].headers["Authorization"] == f"Bearer {KEY}"
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


def test_an_unknown_model_falls_to_the_built_in_one(talk: Api, upstream: FakeUpstream) -> None:
    sent = talk.send(talk.conversation(model="gpt-4"), "hello")

    assert "built-in model" in sent["message"]["content"]
    assert upstream.requests == []


def test_the_first_upstream_answers_where_no_model_is_named(talk: Api) -> None:
    assert talk.send(talk.conversation(), "hello")["model"] == "llama"


def test_a_stream_is_passed_through_piece_by_piece(talk: Api, upstream: FakeUpstream) -> None:
    goes_on = threading.Event()

    def speak(handler: Handler) -> None:
        handler.begin()
        handler.piece("Once ")
        assert goes_on.wait(20)
        handler.piece("upon a", finish_reason="length")

    upstream.behaviour = speak
    path = f"/conversations/{talk.conversation(model='llama')}/messages/stream"
    with talk.http.stream("POST", path, json={"content": "tell"}) as response:
        lines = response.iter_lines()
        first = json.loads(next(lines)[len("data: ") :])
        goes_on.set()
        rest = [json.loads(line[6:]) for line in lines if line.startswith("data: {")]

    assert first["content"] == "Once "
    assert [each.get("content") for each in rest] == ["upon a", None]
    assert rest[1]["choices"][0]["finish_reason"] == "length"
    assert rest[1]["message"]["content"] == "Once upon a"


@pytest.mark.parametrize(
    ("behaviour", "words"),
    [
        (answering(500, "<html>oh no</html>", "text/html"), "answered 500"),
        (
            answering(401, {"error": {"message": f"no such key {KEY}"}}),
            "answered 401: no such key …",
        ),
        (answering(404, {"error": "model not found"}), "answered 404: model not found"),
        (answering(302, "", Location="http://127.0.0.1:1/"), "answered 302"),
        (answering(200, "<html>hello</html>", "text/html"), "text/html"),
        (answering(200, "not json"), "no chat completion"),
        (answering(200, ["list"]), "no chat completion"),
        (cutting(), "stopped before the reply was whole"),
        (sending("data: {garbage\n\n"), "no chat completion"),
        (sending("data: 5\n\n"), "no chat completion"),
        (sending('data: {"choices": 5}\n\n'), "no chat completion"),
        (sending('data: {"choices": [{"delta": {"content": 5}}]}\n\n'), "no chat completion"),
        (sending('data: {"error": {"message": "out of memory"}}\n\n'), "said: out of memory"),
        (sending("data: \udcff\udcfe\n\n"), "no chat completion"),
        (sending("x" * 5_000_000), "too long"),
        (sending(*[f'data: {{"choices": [], "_": "{"x" * 1_000_000}"}}\n'] * 70), "too long"),
        (answering(200, {"status": "fine"}), "no chat completion"),
        (answering(200, {"choices": []}), "no chat completion"),
        (answering(200, {"choices": [{"text": "x", "finish_reason": "stop"}]}), "no chat"),
        (answering(204, ""), "answered 204"),
        (answering(403, {"detail": "not for you"}), "answered 403: not for you"),
        (answering(500, [KEY]), "answered 500"),
        (sending("data: {}\n\n", "data: [DONE]\n\n"), "stopped before the reply was whole"),
        (sending('data: {"object": "error", "message": "no"}\n\n'), "said: no"),
        (sending('error: {"code": 500, "message": "no slot"}\n\n'), "said: no slot"),
        (sending('event: error\ndata: {"error": "no luck"}\n\n'), "said: no luck"),
        (lambda handler: None, "broke off"),
        (lambda handler: handler.wfile.write(b"no HTTP\r\n\r\n") and None, "broke off"),
        (answering(200, "no gzip", Content_Encoding="gzip"), "broke off"),
        (answering(200, "short", Content_Length="99"), "broke off"),
    ],
    ids=range(30),
)
def test_an_upstream_that_fails_is_a_502_with_its_name(
    talk: Api, upstream: FakeUpstream, behaviour: Behaviour, words: str
) -> None:
    upstream.behaviour = behaviour
    path = f"/conversations/{talk.conversation(model='llama')}/messages"

    for each in (path, path + "/stream"):
        status, code, message = talk.refusal("POST", each, json={"content": "hello"})
        assert (status, code) == (502, "UPSTREAM_ERROR")
        assert message.startswith("the upstream llama ")
        assert words in message
        assert KEY not in message


def test_an_upstream_that_says_when_is_quoted(talk: Api, upstream: FakeUpstream) -> None:
    upstream.behaviour = answering(429, {"error": {"message": "slow down"}}, Retry_After="7")
    path = f"/conversations/{talk.conversation(model='llama')}/messages"

    response = talk.http.post(path, json={"content": "hello"})

    assert (response.status_code, response.headers["retry-after"]) == (502, "7")
    assert response.json()["retryAfter"] == 7


def test_a_dead_upstream_is_a_502_with_its_name() -> None:
    with socket.create_server(("127.0.0.1", 0)) as taken:
        port = taken.getsockname()[1]
    with LocalServer(upstreams=[f"dead=http://127.0.0.1:{port}"]) as server, Api(server) as api:
        path = f"/conversations/{api.conversation()}/messages"

        status, code, message = api.refusal("POST", path, json={"content": "hello"})

    assert (status, code) == (502, "UPSTREAM_ERROR")
    assert "dead" in message


def test_an_upstream_that_takes_no_connection_is_a_502_with_its_name() -> None:
    with ExitStack() as open_sockets, socket.create_server(("127.0.0.1", 0), backlog=0) as full:
        for _ in range(4):  # no more fit into the queue of those that are to be accepted
            waiting = open_sockets.enter_context(socket.socket())
            waiting.setblocking(False)
            waiting.connect_ex(full.getsockname())
        named = f"full=http://127.0.0.1:{full.getsockname()[1]},timeout=0.5"
        with LocalServer(upstreams=[named]) as server, Api(server) as api:
            path = f"/conversations/{api.conversation()}/messages"

            refused = api.refusal("POST", path, json={"content": "hello"})

    assert refused[:2] == (502, "UPSTREAM_ERROR")
    assert refused[2].startswith("the upstream full cannot be reached")


def trickle(handler: Handler) -> None:
    handler.begin()
    trickle_on(handler)


def trickle_on(handler: Handler) -> None:
    while True:
        handler.wfile.write(b": still here\n\n")
        handler.owner.left.wait(0.01)


@SHORT
@pytest.mark.parametrize(
    "behaviour", [stalling(), stalling(headers=False), trickle], ids=["silent", "mute", "trickle"]
)
def test_a_silent_upstream_is_a_504_with_its_name_and_let_go(
    talk: Api, upstream: FakeUpstream, behaviour: Behaviour
) -> None:
    upstream.behaviour = behaviour
    path = f"/conversations/{talk.conversation(model='llama')}/messages"

    status, code, message = talk.refusal("POST", path, json={"content": "hello"})

    assert (status, code) == (504, "UPSTREAM_ERROR")
    assert "llama" in message
    assert upstream.left.wait(20)


@SHORT
@pytest.mark.parametrize("behaviour", [cutting("Once "), stalling("Once ")], ids=["cut", "stall"])
def test_what_goes_wrong_after_the_first_piece_is_an_error_event(
    talk: Api, upstream: FakeUpstream, behaviour: Behaviour
) -> None:
    upstream.behaviour = behaviour
    conversation_id = talk.conversation(model="llama")

    events = read(stream(talk, conversation_id, "tell").text)

    assert events[0][1]["content"] == "Once "
    assert (events[1][0], events[1][1]["error"]) == ("error", "UPSTREAM_ERROR")
    assert len(events) == 2
    assert [each["role"] for each in talk.messages(conversation_id)] == ["user"]


def test_the_same_key_tries_a_failed_reply_again(talk: Api, upstream: FakeUpstream) -> None:
    conversation_id = talk.conversation(model="llama")
    path = f"/conversations/{conversation_id}/messages"
    headers = {"Idempotency-Key": "again"}
    upstream.behaviour = answering(503, {})
    failed = talk.http.post(path, json={"content": "hello"}, headers=headers)

    upstream.behaviour = speaking("Better now")
    sent = talk.data("POST", path, json={"content": "hello"}, headers=headers)

    assert failed.status_code == 502
    assert [each["content"] for each in talk.messages(conversation_id)] == ["hello", "Better now"]
    assert talk.messages(conversation_id)[1] == sent["message"]


def finishing(then: Behaviour) -> Behaviour:
    def finish(handler: Handler) -> None:
        handler.begin(Content_Length="99999")
        handler.piece("All of it", "stop")
        then(handler)

    return finish


@pytest.mark.parametrize(
    "behaviour",
    [
        finishing(lambda handler: None),
        finishing(Handler.wait_until_left),
        finishing(trickle_on),
        finishing(lambda handler: handler.event({"choices": [], "usage": {"total_tokens": 3}})),
        finishing(lambda handler: handler.event({"choices": [], "usage": None, "error": None})),
        sending(
            'data: {"choices": [], "prompt_filter_results": []}\n\n',
            'data: {"choices": [{"delta": {"content": "All of it"}}]}\n\n',
            "data: [DONE]\n\n",
            "data: more of it\n\n",
        ),
        sending('data:{"choices":[{"delta":{"content":"All of it"},"finish_reason":"stop"}]}'),
    ],
    ids=["cut", "held open", "commenting", "usage", "nothing new", "done", "one line"],
)
def test_a_whole_reply_is_taken_however_its_stream_ends(
    talk: Api, upstream: FakeUpstream, behaviour: Behaviour
) -> None:
    upstream.behaviour = behaviour

    message = talk.send(talk.conversation(model="llama"), "hello")["message"]

    assert message["content"] == "All of it"
    assert message["metadata"]["finishReason"] == "stop"


def test_chunks_without_text_are_no_silence(upstream: FakeUpstream) -> None:
    def reason(handler: Handler) -> None:
        handler.begin()
        for _ in range(15):
            handler.event({"choices": [{"delta": {"reasoning_content": "Hm"}}]})
            handler.owner.left.wait(0.1)  # all of it takes longer than the silence that is borne
        handler.piece("42", "stop")

    upstream.behaviour = reason
    named = f"thinker={upstream.url},timeout=1"
    with LocalServer(upstreams=[named]) as server, Api(server) as api:
        assert api.send(api.conversation(), "hello")["message"]["content"] == "42"


def test_zero_is_a_temperature_and_the_systems_word_comes_first(
    talk: Api, upstream: FakeUpstream
) -> None:
    talk.send(
        talk.conversation(model="llama", systemPrompt="Be brief.", temperature=0, maxTokens=1), "x"
    )

    asked = upstream.requests[0].body
    assert (asked["temperature"], asked["max_tokens"]) == (0, 1)
    assert [each["role"] for each in asked["messages"]] == ["system", "user"]


def test_an_upstream_that_wants_the_limit_by_its_newer_name_is_given_it(
    talk: Api, upstream: FakeUpstream
) -> None:
    def choosy(handler: Handler) -> None:
        if "max_tokens" in handler.body:
            said = "'max_tokens' is not supported. Use 'max_completion_tokens' instead."
            answering(400, {"error": {"message": said}})(handler)
        else:
            speaking("Fine")(handler)

    upstream.behaviour = choosy

    sent = talk.send(talk.conversation(model="llama", maxTokens=7), "hello")

    assert sent["message"]["content"] == "Fine"
    assert [each.body.get("max_completion_tokens") for each in upstream.requests] == [None, 7]


def test_an_upstream_that_refuses_both_names_of_the_limit_is_asked_no_more(
    talk: Api, upstream: FakeUpstream
) -> None:
    upstream.behaviour = answering(400, {"error": "max_completion_tokens is wrong"})
    path = f"/conversations/{talk.conversation(model='llama', maxTokens=7)}/messages"

    assert talk.refusal("POST", path, json={"content": "hello"})[0] == 502
    assert len(upstream.requests) == 2


@pytest.mark.parametrize(
    ("path", "asked"),
    [
        ("", "/chat/completions"),
        ("/v1/", "/v1/chat/completions"),
        ("/v1/chat/completions", "/v1/chat/completions"),
        ("/deployed?api-version=2024", "/deployed/chat/completions?api-version=2024"),
    ],
)
def test_the_base_of_a_url_is_enough(upstream: FakeUpstream, path: str, asked: str) -> None:
    named = "llama=" + upstream.url.removesuffix("/v1") + path
    with LocalServer(upstreams=[named]) as server, Api(server) as api:
        api.send(api.conversation(), "hello")

    assert upstream.requests[0].path == asked


def test_an_upstream_may_answer_whole(talk: Api, upstream: FakeUpstream) -> None:
    choice = {"message": {"role": "assistant", "content": "All at once"}, "finish_reason": "length"}
    upstream.behaviour = answering(200, {"choices": [choice]})

    message = talk.send(talk.conversation(model="llama"), "hello")["message"]

    assert message["content"] == "All at once"
    assert message["metadata"]["finishReason"] == "length"


def test_odd_characters_come_through_and_halves_of_pairs_do_no_harm(
    talk: Api, upstream: FakeUpstream
) -> None:
    odd = "a\u2028b\x85c\r\n😀"
    half = r'data: {"choices": [{"delta": {"content": "\ud83d"}, "finish_reason": "\ud83d"}]}'
    whole = {"choices": [{"delta": {"content": odd}, "finish_reason": "stop"}]}
    upstream.behaviour = sending(
        f"data:{json.dumps(whole, ensure_ascii=False)}\r\n\r\n", f"{half}\n\n", "data: [DONE]\n\n"
    )

    message = talk.send(talk.conversation(model="llama"), "hello")["message"]

    assert message["content"] == odd + "�"


def test_a_replay_tells_a_streams_pieces_as_they_came(
    upstream: FakeUpstream, tmp_path: Path
) -> None:
    upstream.behaviour = speaking("On", "ce 😀", " upon a", " time")
    named = [f"llama={upstream.url}"]
    headers = {"Idempotency-Key": "k"}
    kept = tmp_path / "kept.db"
    with LocalServer(upstreams=named, database=kept) as server, Api(server) as api:
        path = f"/conversations/{api.conversation()}/messages/stream"
        first = api.http.post(path, json={"content": "tell"}, headers=headers)

    with LocalServer(upstreams=named, database=kept) as server, Api(server) as api:
        again = api.http.post(path, json={"content": "tell"}, headers=headers)

    assert again.text == first.text
    assert "ce 😀" in first.text


def test_the_listing_names_what_is_served(talk: Api, api: Api) -> None:
    assert talk.data("GET", "/models")["models"] == [
        {"id": "llama", "provider": "ollama", "isDefault": True},
        {"id": "builtin", "provider": "local", "isDefault": False},
    ]
    assert api.data("GET", "/models")["models"] == [
        {"id": "builtin", "provider": "local", "isDefault": True}
    ]


def test_strict_models_refuse_other_names_by_their_field(upstream: FakeUpstream) -> None:
    named = [f"llama={upstream.url}"]
    with LocalServer(upstreams=named, strict_models=True) as server, Api(server) as api:
        conversation_id = api.conversation()
        path = f"/conversations/{conversation_id}"
        refused: list[Any] = [
            api.refusal("POST", "/conversations", json={"title": "x", "model": "gpt-4"}),
            api.refusal("PATCH", path, json={"model": "gpt-4"}),
            api.refusal("POST", f"{path}/messages", json={"content": "x", "model": "gpt-4"}),
            api.refusal("POST", f"{path}/messages/stream", json={"content": "x", "model": "gpt-4"}),
        ]

        assert {each[:2] for each in refused} == {(400, "VALIDATION_ERROR")}
        assert {each[2] for each in refused} == {
            "model: there is no model gpt-4 here, only llama, builtin"
        }
        assert api.messages(conversation_id) == []
        assert api.send(conversation_id, "x")["model"] == "llama"
        assert "built-in" in api.send(conversation_id, "x", model="builtin")["message"]["content"]


@pytest.mark.parametrize(
    ("text", "words"),
    [
        ("llama", "needs a URL"),
        ("=http://x", "needs a name"),
        ("llama=ftp://x", "needs a URL"),
        ("llama=http://", "needs a URL"),
        ("llama=http://[::", "needs a URL"),
        ("llama=http://x:99999", "needs a URL"),
        ("llama=http://x:port", "needs a URL"),
        ("llama=http://x y", "needs a URL"),
        ("llama=http://x\n", "needs a URL"),
        ("llama=http://x,colour=red", "no option colour"),
        ("llama=http://x,timeout=soon", "timeout"),
        ("llama=http://x,timeout=0", "timeout"),
        ("llama=http://x,key=NOT_THERE", "NOT_THERE"),
    ],
)
def test_an_upstream_that_cannot_be_is_one_sentence(text: str, words: str) -> None:
    with pytest.raises(StartupError, match=words):
        Upstream.parse(text)


def test_two_upstreams_of_one_name_are_refused() -> None:
    with pytest.raises(StartupError, match="two upstreams named a"):
        LocalServer(upstreams=["a=http://x", Upstream("a", "http://y")]).__enter__()
