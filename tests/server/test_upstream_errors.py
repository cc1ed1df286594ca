"""Upstreams that fail, disconnect or time out: the error names the upstream and the reason."""

from __future__ import annotations

import socket
from contextlib import ExitStack

import pytest

from chatroutes_server import LocalServer
from tests.support.closed_port import closed_port
from tests.support.server_api import Api, stream_message
from tests.support.server_events import parse_events
from tests.support.upstream_server import (
    SHORT_TIMEOUT,
    UPSTREAM_API_KEY,
    Behaviour,
    FakeUpstream,
    Handler,
    respond_with,
    stream_raw,
    stream_reply,
    stream_then_close,
    stream_then_stall,
)


@pytest.mark.parametrize(
    ("behaviour", "expected_text"),
    [
        (respond_with(500, "<html>oh no</html>", "text/html"), "returned status 500"),
        (
            respond_with(401, {"error": {"message": f"no such key {UPSTREAM_API_KEY}"}}),
            "returned status 401: no such key …",
        ),
        (respond_with(404, {"error": "model not found"}), "returned status 404: model not found"),
        (respond_with(302, "", Location="http://127.0.0.1:1/"), "returned status 302"),
        (respond_with(200, "<html>hello</html>", "text/html"), "text/html"),
        (respond_with(200, "not json"), "invalid chat completion"),
        (respond_with(200, ["list"]), "invalid chat completion"),
        (stream_then_close(), "ended the stream before the reply was complete"),
        (stream_raw("data: {garbage\n\n"), "invalid chat completion"),
        (stream_raw("data: 5\n\n"), "invalid chat completion"),
        (stream_raw('data: {"choices": 5}\n\n'), "invalid chat completion"),
        (
            stream_raw('data: {"choices": [{"delta": {"content": 5}}]}\n\n'),
            "invalid chat completion",
        ),
        (
            stream_raw('data: {"error": {"message": "out of memory"}}\n\n'),
            "reported an error: out of memory",
        ),
        (stream_raw("data: \udcff\udcfe\n\n"), "invalid chat completion"),
        (stream_raw("x" * 5_000_000), "too large"),
        (stream_raw(*[f'data: {{"choices": [], "_": "{"x" * 1_000_000}"}}\n'] * 70), "too large"),
        (respond_with(200, {"status": "fine"}), "invalid chat completion"),
        (respond_with(200, {"choices": []}), "invalid chat completion"),
        (respond_with(200, {"choices": [{"text": "x", "finish_reason": "stop"}]}), "invalid chat"),
        (respond_with(204, ""), "returned status 204"),
        (respond_with(403, {"detail": "not for you"}), "returned status 403: not for you"),
        (respond_with(500, [UPSTREAM_API_KEY]), "returned status 500"),
        (
            stream_raw("data: {}\n\n", "data: [DONE]\n\n"),
            "ended the stream before the reply was complete",
        ),
        (stream_raw('data: {"object": "error", "message": "no"}\n\n'), "reported an error: no"),
        (
            stream_raw('error: {"code": 500, "message": "no slot"}\n\n'),
            "reported an error: no slot",
        ),
        (stream_raw('event: error\ndata: {"error": "no luck"}\n\n'), "reported an error: no luck"),
        (lambda handler: None, "incomplete or invalid response"),
        (
            lambda handler: handler.wfile.write(b"no HTTP\r\n\r\n") and None,
            "incomplete or invalid response",
        ),
        (respond_with(200, "no gzip", Content_Encoding="gzip"), "the content encoding gzip"),
        (respond_with(200, "short", Content_Length="99"), "incomplete or invalid response"),
    ],
    ids=range(30),
)
def test_upstream_failure_is_a_502_with_its_name(
    upstream_api: Api, upstream: FakeUpstream, behaviour: Behaviour, expected_text: str
) -> None:
    upstream.behaviour = behaviour
    path = f"/conversations/{upstream_api.conversation(model='llama')}/messages"

    for each in (path, path + "/stream"):
        status, code, message = upstream_api.error("POST", each, json={"content": "hello"})
        assert (status, code) == (502, "UPSTREAM_ERROR")
        assert message.startswith("upstream llama ")
        assert expected_text in message
        assert UPSTREAM_API_KEY not in message


def test_retry_after_of_the_upstream_is_returned(upstream_api: Api, upstream: FakeUpstream) -> None:
    upstream.behaviour = respond_with(429, {"error": {"message": "slow down"}}, Retry_After="7")
    path = f"/conversations/{upstream_api.conversation(model='llama')}/messages"

    response = upstream_api.http.post(path, json={"content": "hello"})

    assert (response.status_code, response.headers["retry-after"]) == (502, "7")
    assert response.json()["retryAfter"] == 7


def test_closed_port_is_a_502_with_the_name_of_the_upstream() -> None:
    with (
        closed_port() as port,
        LocalServer(upstreams=[f"dead=http://127.0.0.1:{port}"]) as server,
        Api(server) as api,
    ):
        path = f"/conversations/{api.conversation()}/messages"

        status, code, message = api.error("POST", path, json={"content": "hello"})

    assert (status, code) == (502, "UPSTREAM_ERROR")
    assert "dead" in message


def test_connection_timeout_is_a_502_with_the_name_of_the_upstream() -> None:
    with ExitStack() as open_sockets, socket.create_server(("127.0.0.1", 0), backlog=0) as full:
        for _ in range(4):  # fills the queue of connections to accept
            connection = open_sockets.enter_context(socket.socket())
            connection.setblocking(False)
            connection.connect_ex(full.getsockname())
        upstream_option = f"full=http://127.0.0.1:{full.getsockname()[1]},timeout=0.5"
        with LocalServer(upstreams=[upstream_option]) as server, Api(server) as api:
            path = f"/conversations/{api.conversation()}/messages"

            error = api.error("POST", path, json={"content": "hello"})

    assert error[:2] == (502, "UPSTREAM_ERROR")
    assert error[2].startswith("upstream full could not be reached")


def repeat_forever(data: bytes) -> Behaviour:
    def stream(handler: Handler) -> None:
        handler.start_response()
        handler.repeat(data)

    return stream


@SHORT_TIMEOUT
@pytest.mark.parametrize(
    "behaviour",
    [
        stream_then_stall(),
        stream_then_stall(headers=False),
        repeat_forever(b": ping\n\n"),
        repeat_forever(b"\n"),
        repeat_forever(b"event: ping\r\n\r\n"),
        lambda handler: handler.repeat(b"HTTP/1.1 100 Continue\r\n\r\n"),
    ],
    ids=["headers sent", "no headers", "comments", "empty lines", "other fields", "100 Continue"],
)
def test_silent_upstream_is_a_504_and_its_request_is_cancelled(
    upstream_api: Api, upstream: FakeUpstream, behaviour: Behaviour
) -> None:
    upstream.behaviour = behaviour
    path = f"/conversations/{upstream_api.conversation(model='llama')}/messages"

    status, code, message = upstream_api.error("POST", path, json={"content": "hello"})

    assert (status, code) == (504, "UPSTREAM_ERROR")
    assert "llama" in message
    assert upstream.client_disconnected.wait(60)


@SHORT_TIMEOUT
@pytest.mark.parametrize(
    "behaviour", [stream_then_close("Once "), stream_then_stall("Once ")], ids=["cut", "stall"]
)
def test_error_after_the_first_chunk_is_an_error_event(
    upstream_api: Api, upstream: FakeUpstream, behaviour: Behaviour
) -> None:
    upstream.behaviour = behaviour
    conversation_id = upstream_api.conversation(model="llama")

    events = parse_events(stream_message(upstream_api, conversation_id, "tell").text)

    assert events[0][1]["content"] == "Once "
    assert (events[1][0], events[1][1]["error"]) == ("error", "UPSTREAM_ERROR")
    assert len(events) == 2
    assert [each["role"] for each in upstream_api.messages(conversation_id)] == ["user"]


def test_retry_with_the_same_key_generates_a_failed_reply_again(
    upstream_api: Api, upstream: FakeUpstream
) -> None:
    conversation_id = upstream_api.conversation(model="llama")
    path = f"/conversations/{conversation_id}/messages"
    headers = {"Idempotency-Key": "key"}
    upstream.behaviour = respond_with(503, {})
    failed = upstream_api.http.post(path, json={"content": "hello"}, headers=headers)

    upstream.behaviour = stream_reply("Better now")
    sent = upstream_api.data("POST", path, json={"content": "hello"}, headers=headers)

    assert failed.status_code == 502
    assert [each["content"] for each in upstream_api.messages(conversation_id)] == [
        "hello",
        "Better now",
    ]
    assert upstream_api.messages(conversation_id)[1] == sent["message"]
