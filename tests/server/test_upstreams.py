"""Models elsewhere: what they are asked, what comes of it, and what becomes of their faults."""

from __future__ import annotations

import json
import socket
import threading
from collections.abc import Iterator
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

import pytest

from chatroutes_server import LocalServer, StartupError, Upstream
from tests.server.conftest import Api
from tests.server.test_streams import leave_a_stream, read, stream
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
def upstream() -> Iterator[FakeUpstream]:
    with FakeUpstream() as running:
        yield running


@pytest.fixture
def talk(upstream: FakeUpstream, monkeypatch: pytest.MonkeyPatch) -> Iterator[Api]:
    monkeypatch.setenv("UPSTREAM_KEY", KEY)
    named = f"llama={upstream.url},model=llama3:8b,provider=ollama,key=UPSTREAM_KEY,timeout=0.5"
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
    ],
    ids=range(15),
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


def trickle(handler: Handler) -> None:
    handler.begin()
    while True:
        handler.wfile.write(b": still here\n\n")
        handler.owner.left.wait(0.01)


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


def leave(server: LocalServer, path: str, upstream: FakeUpstream, seen: bytes) -> None:
    """Ask without an Idempotency-Key, and hang up once the upstream was asked and this was seen."""
    address = urlsplit(server.base_url)
    body = b'{"content":"go"}'
    head = (
        f"POST {address.path}{path} HTTP/1.1\r\nHost: x\r\nX-API-Key: {server.api_key}\r\n"
        f"Content-Type: application/json\r\nContent-Length: {len(body)}\r\n\r\n"
    )
    with socket.create_connection((address.hostname, address.port), timeout=20) as connection:
        connection.sendall(head.encode() + body)
        assert upstream.asked.wait(20)
        received = b""
        while seen not in received:
            received += connection.recv(4096)


def stored_in(api: Api, conversation_id: str, count: int) -> Any:
    """Ask for the messages until there are so many."""
    while len(found := api.messages(conversation_id)) < count:
        pass
    return found


@pytest.fixture
def patient(upstream: FakeUpstream) -> Iterator[Api]:
    with LocalServer(upstreams=[f"llama={upstream.url}"]) as server, Api(server) as api:
        yield api


def test_without_a_key_the_upstream_is_let_go_when_the_reader_leaves(
    patient: Api, upstream: FakeUpstream
) -> None:
    conversation_id = patient.conversation()
    upstream.behaviour = stalling("Once ", "upon")

    leave(patient.server, f"/conversations/{conversation_id}/messages/stream", upstream, b'"upon"')

    assert upstream.left.wait(20)
    stored = stored_in(patient, conversation_id, 2)
    assert [each["content"] for each in stored] == ["go", "Once upon"]
    assert stored[1]["metadata"]["finishReason"] == "cancelled"


def test_who_waits_for_the_whole_and_leaves_lets_the_upstream_go_too(
    patient: Api, upstream: FakeUpstream
) -> None:
    conversation_id = patient.conversation()
    upstream.behaviour = stalling()

    leave(patient.server, f"/conversations/{conversation_id}/messages", upstream, b"")

    assert upstream.left.wait(20)
    assert [each["role"] for each in patient.messages(conversation_id)] == ["user"]


def test_with_a_key_the_reply_is_finished_although_the_reader_left(
    patient: Api, upstream: FakeUpstream
) -> None:
    conversation_id = patient.conversation()
    goes_on = threading.Event()

    def speak(handler: Handler) -> None:
        handler.begin()
        handler.piece("Once ")
        assert goes_on.wait(20)
        handler.piece("upon", "stop")

    upstream.behaviour = speak
    leave_a_stream(patient.server, conversation_id, "gone")
    goes_on.set()
    again = patient.http.post(
        f"/conversations/{conversation_id}/messages/stream",
        content=b'{"content":"hello"}',
        headers={"Content-Type": "application/json", "Idempotency-Key": "gone"},
    )

    assert read(again.text)[-2][1]["message"]["content"] == "Once upon"
    assert len(upstream.requests) == 1
    assert not upstream.left.is_set()


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
