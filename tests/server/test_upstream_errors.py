"""Models elsewhere that fail, break off or fall silent: which of them it was, and what came of it, is told."""

from __future__ import annotations

import socket
from contextlib import ExitStack

import pytest

from chatroutes_server import LocalServer
from tests.support.server_api import Api, stream_message
from tests.support.server_events import parse_events
from tests.support.upstream_server import (
    KEY,
    SHORT,
    Behaviour,
    FakeUpstream,
    Handler,
    answering,
    cutting,
    sending,
    speaking,
    stalling,
)


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
        status, code, message = talk.error("POST", each, json={"content": "hello"})
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

        status, code, message = api.error("POST", path, json={"content": "hello"})

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

            refused = api.error("POST", path, json={"content": "hello"})

    assert refused[:2] == (502, "UPSTREAM_ERROR")
    assert refused[2].startswith("the upstream full cannot be reached")


def trickle(handler: Handler) -> None:
    handler.begin()
    handler.trickle()


@SHORT
@pytest.mark.parametrize(
    "behaviour", [stalling(), stalling(headers=False), trickle], ids=["silent", "mute", "trickle"]
)
def test_a_silent_upstream_is_a_504_with_its_name_and_let_go(
    talk: Api, upstream: FakeUpstream, behaviour: Behaviour
) -> None:
    upstream.behaviour = behaviour
    path = f"/conversations/{talk.conversation(model='llama')}/messages"

    status, code, message = talk.error("POST", path, json={"content": "hello"})

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

    events = parse_events(stream_message(talk, conversation_id, "tell").text)

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
