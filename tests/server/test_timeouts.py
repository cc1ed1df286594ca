"""Clients that send slowly, or not at all, or that do not read: their connections are closed."""

from __future__ import annotations

import socket
from collections.abc import Iterator
from pathlib import Path

import httpx
import pytest

from chatroutes_server.config import Timeouts
from tests.support.raw_http import (
    API_KEY,
    connect,
    read_response,
    read_until_closed,
    request_head,
    run_server,
)

LONG = 60  # seconds; a test that waits for this timeout fails
POST = request_head("POST", "/conversations", "Content-Type: application/json")
BODY = b'{"title": "x"}'


@pytest.fixture
def timeouts() -> Timeouts:
    """The timeouts of the server; each test shortens the one that it waits for."""
    return Timeouts(*[LONG] * len(Timeouts.__annotations__))


@pytest.fixture
def base_url(tmp_path: Path, timeouts: Timeouts) -> Iterator[str]:
    with run_server(tmp_path, timeouts=timeouts) as url:
        yield url


def with_timeouts(**values: float) -> pytest.MarkDecorator:
    timeouts = Timeouts(**dict.fromkeys(Timeouts.__annotations__, LONG) | values)
    return pytest.mark.parametrize("timeouts", [timeouts], ids=["short timeout"])


def send_forever(connection: socket.socket) -> None:
    while True:
        connection.sendall(b"x" * 65536)


@with_timeouts(idle=0.2)
def test_connection_that_is_idle_after_a_response_is_closed(base_url: str) -> None:
    with connect(base_url) as connection:
        connection.sendall(request_head("GET", "/models"))

        response, _ = read_response(connection)
        assert response.status == 200
        assert read_until_closed(connection) == b""


def test_idle_connections_stay_open_longer_than_clients_use_them() -> None:
    assert Timeouts().idle > (httpx.Limits().keepalive_expiry or 0) + 60


@with_timeouts(head=0.2)
def test_silent_connection_is_closed(base_url: str) -> None:
    with connect(base_url) as connection:
        assert read_until_closed(connection) == b""


@with_timeouts(head=0.2)
@pytest.mark.parametrize("sent", [b"G", POST[:-2], POST[:-1]], ids=range(3))
def test_incomplete_head_gets_408(base_url: str, sent: bytes) -> None:
    with connect(base_url) as connection:
        connection.sendall(sent)

        response, body = read_response(connection)
        assert (response.status, body["error"]) == (408, "REQUEST_TIMEOUT")
        assert body["message"] == "request: the headers did not arrive within 0.2 s"
        assert connection.recv(1) == b""


@with_timeouts(head=0.3)
def test_bytes_do_not_extend_the_time_for_the_head(base_url: str) -> None:
    with connect(base_url) as connection:
        connection.settimeout(0.02)
        received = b""
        for byte in request_head("GET", "/models", "X-Long: " + "x" * 10_000):
            connection.sendall(bytes([byte]))
            try:
                received = connection.recv(100)
                break
            except TimeoutError:
                pass

    assert received.startswith(b"HTTP/1.1 408 ")


@with_timeouts(head=1)
def test_second_head_of_a_connection_has_the_same_time(base_url: str) -> None:
    with connect(base_url) as connection:
        for rest in (b"", b"GET"):  # the second head begins in the packet of the first one
            connection.sendall(request_head("GET", "/models") + rest)
            assert read_response(connection)[0].status == 200

        assert read_response(connection)[0].status == 408


@with_timeouts(body=0.2)
@pytest.mark.parametrize(
    "sent",
    [
        b"Content-Length: 14\r\n\r\n",
        b"Content-Length: 14\r\n\r\n" + BODY[:-1],
        b"Transfer-Encoding: chunked\r\n\r\n",
        b"Transfer-Encoding: chunked\r\n\r\ne\r\n" + BODY + b"\r\n",
    ],
    ids=["no body", "half a body", "no chunk", "no last chunk"],
)
def test_incomplete_body_gets_408(base_url: str, sent: bytes) -> None:
    with connect(base_url) as connection:
        connection.sendall(POST[:-2] + sent)

        response, body = read_response(connection)
        assert (response.status, body["error"]) == (408, "REQUEST_TIMEOUT")
        assert body["message"] == "body: nothing arrived for 0.2 s"
        assert connection.recv(1) == b""
    headers = {"X-API-Key": API_KEY}
    listed = httpx.get(f"{base_url}/conversations", headers=headers, verify=False).json()
    assert listed["data"]["total"] == 0


@with_timeouts(head=1, body=1)
def test_body_may_arrive_slowly(base_url: str) -> None:
    body = b'{"title": "%b"}' % (b"x" * 100)  # which takes longer than the timeout
    with connect(base_url) as connection:
        connection.sendall(POST[:-2] + b"Content-Length: %d\r\n\r\n" % len(body))
        connection.settimeout(0.012)
        for byte in body:
            with pytest.raises(TimeoutError):
                connection.recv(1)
            connection.sendall(bytes([byte]))
        connection.settimeout(60)

        assert read_response(connection)[0].status == 201


@with_timeouts(rejected=0.2)
@pytest.mark.parametrize("header", [b"", b"Connection: close\r\n"], ids=["keep-alive", "close"])
def test_rejected_body_that_does_not_end_is_disconnected(base_url: str, header: bytes) -> None:
    with connect(base_url) as connection:
        connection.sendall(POST[:-2] + header + b"Content-Length: 999999999\r\n\r\nx")

        assert read_response(connection)[0].status == 413
        with pytest.raises((ConnectionResetError, BrokenPipeError)):
            send_forever(connection)


@with_timeouts(rejected=0.2)
def test_client_that_sends_more_after_an_invalid_request_is_disconnected(base_url: str) -> None:
    with connect(base_url) as connection:
        connection.sendall(b"hello\r\n\r\n")

        assert read_response(connection)[0].status == 400
        with pytest.raises((ConnectionResetError, BrokenPipeError)):
            send_forever(connection)


@with_timeouts(response=0.2, head=1)
def test_client_that_does_not_read_is_disconnected(base_url: str) -> None:
    headers = {"X-API-Key": API_KEY}
    with httpx.Client(base_url=base_url, headers=headers, verify=False) as client:
        created = client.post("/conversations", json={"title": "x"}).json()
        path = f"/conversations/{created['data']['conversation']['id']}/messages"
        for _ in range(12):  # more than the buffers of the two sockets hold
            assert client.post(path, json={"content": "x" * 500_000}).status_code == 200
    with connect(base_url) as connection:
        connection.sendall(request_head("GET", path))
        received = connection.recv(1)  # the response has begun
        with connect(base_url) as silent:
            assert read_until_closed(silent) == b""  # which takes longer than the timeout

        received += read_until_closed(connection)
    head, _, body = received.partition(b"\r\n\r\n")
    length = next(
        int(line.partition(b":")[2])
        for line in head.split(b"\r\n")
        if line.lower().startswith(b"content-length:")
    )
    assert 0 < len(body) < length
