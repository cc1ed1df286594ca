"""The fault server sends the scripted responses and faults."""

import socket
import threading
import time
from collections.abc import Iterator

import httpx
import pytest

from tests.support.fault_responses import (
    ScriptedResponse,
    close_connection,
    empty_response,
    event_stream,
    json_response,
    raw_response,
    reset_connection,
    stall,
    text_response,
    truncated_body,
)
from tests.support.fault_server import FaultServer


@pytest.fixture(scope="module")
def client() -> Iterator[httpx.Client]:
    with httpx.Client(trust_env=False, verify=False, timeout=20) as client:
        yield client


def test_requests_are_recorded_and_get_responses_in_order(client: httpx.Client) -> None:
    with FaultServer() as server:
        server.script(
            json_response(201, {"a": "ä"}, {"X-Request-Id": "r1"}),
            text_response(502, "<p>Bad", "text/html"),
            empty_response(204),
            empty_response(500),
        )
        url = server.base_url
        created = client.post(f"{url}/things?x=1", json={"b": [1]}, headers={"X-Two": "2"})
        broken = client.get(url)
        no_content = client.delete(url)
        empty = client.get(url)
        requests = server.wait_for_requests(4)

    assert (created.status_code, created.json()) == (201, {"a": "ä"})
    assert created.headers["x-request-id"] == "r1"
    assert (broken.status_code, broken.text) == (502, "<p>Bad")
    assert broken.headers["content-type"] == "text/html"
    assert (no_content.status_code, no_content.content) == (204, b"")
    assert (empty.status_code, empty.content) == (500, b"")
    first = requests[0]
    assert (first.method, first.target, first.path) == (
        "POST",
        "/api/v1/things?x=1",
        "/api/v1/things",
    )
    assert first.headers["x-two"] == "2"
    assert first.json() == {"b": [1]}
    assert [request.method for request in requests] == ["POST", "GET", "DELETE", "GET"]


def test_chunked_request_body_is_read_completely(client: httpx.Client) -> None:
    with FaultServer() as server:
        server.script(empty_response(200), repeat_last=True)
        client.post(server.base_url, content=iter([b"one ", b"two " * 10_000, b"three"]))
        client.get(server.base_url)
        assert server.requests[0].body == b"one " + b"two " * 10_000 + b"three"
        assert len(server.requests) == 2


def test_complete_responses_keep_the_connection() -> None:
    with FaultServer() as server, httpx.Client(trust_env=False, verify=False) as client:
        server.script(
            json_response(200, {}),
            event_stream(b"data: 1\n\n"),
            empty_response(204),
            text_response(200, "ok"),
        )
        for _ in range(4):
            client.get(server.base_url).read()
        assert server.connection_count == 1
        assert server.open_connections == 1
        client.close()
        server.wait_until_idle()
        assert server.open_connections == 0


def test_connection_close_closes_the_connection() -> None:
    with FaultServer() as server:
        server.script(empty_response(200))
        with socket.create_connection(server.address, timeout=60) as sock:
            sock.sendall(b"GET / HTTP/1.1\r\nConnection: close\r\n\r\n")
            response = b"".join(iter(lambda: sock.recv(100), b""))
    assert response == b"HTTP/1.1 200 OK\r\nContent-Length: 0\r\n\r\n"


def test_repeat_last_repeats_the_last_response(client: httpx.Client) -> None:
    with FaultServer() as server:
        server.script(empty_response(500), empty_response(200), repeat_last=True)
        statuses = [client.get(server.base_url).status_code for _ in range(4)]
        server.script(empty_response(418))
        statuses.append(client.get(server.base_url).status_code)
    assert statuses == [500, 200, 200, 200, 418]


def test_unscripted_request_fails_the_block(client: httpx.Client) -> None:
    def block() -> None:
        with FaultServer() as server:
            server.script(empty_response(200))
            assert client.get(server.base_url).status_code == 200
            assert client.get(f"{server.base_url}/extra").status_code == 599

    with pytest.raises(AssertionError, match="no response is scripted for GET /api/v1/extra"):
        block()


def test_error_of_the_block_is_not_replaced(client: httpx.Client) -> None:
    def block() -> None:
        with FaultServer() as server:
            client.get(server.base_url)
            raise KeyError("raised in the block")

    with pytest.raises(KeyError, match="raised in the block"):
        block()


def test_error_in_a_response_fails_the_block(client: httpx.Client) -> None:
    def block() -> None:
        with FaultServer() as server:
            server.script(lambda _: bool("☃".encode("latin-1")))
            with pytest.raises(httpx.RemoteProtocolError):
                client.get(server.base_url)

    with pytest.raises(AssertionError, match="the server failed: UnicodeEncodeError"):
        block()


def test_raw_response_closes_the_connection(client: httpx.Client) -> None:
    with FaultServer() as server:
        server.script(raw_response(b"HTTP/1.1 299 Odd\r\nX: y\r\n\r\nup to the end"))
        response = client.get(server.base_url)
        server.wait_until_idle()
    assert (response.status_code, response.headers["x"]) == (299, "y")
    assert response.text == "up to the end"


@pytest.mark.parametrize(
    ("response", "error", "message"),
    [
        (reset_connection(), httpx.ReadError, "reset|10054|104|54"),
        (close_connection(), httpx.RemoteProtocolError, "without sending a response"),
        (
            truncated_body(b"{", missing=7),
            httpx.RemoteProtocolError,
            "received 1 bytes, expected 8",
        ),
        (raw_response(b"SSH-2.0-x\r\n\r\n"), httpx.RemoteProtocolError, "illegal"),
        (event_stream(b"x", end="close"), httpx.RemoteProtocolError, "incomplete chunked read"),
        (event_stream(b"x", end="reset"), httpx.ReadError, "reset|10054|104|54"),
    ],
    ids=["reset", "close", "truncated body", "invalid HTTP", "stream closed", "stream reset"],
)
def test_faults_raise_in_the_client(
    client: httpx.Client, response: ScriptedResponse, error: type[Exception], message: str
) -> None:
    with FaultServer() as server:
        server.script(response)
        with pytest.raises(error, match=message):
            client.get(server.base_url)
        server.wait_until_idle()
        assert len(server.requests) == 1


@pytest.mark.parametrize(
    "response", [stall(), event_stream(b"x", end="stall"), event_stream(threading.Event())]
)
def test_stalled_response_ends_when_the_client_disconnects(response: ScriptedResponse) -> None:
    with FaultServer() as server:
        server.script(response)
        with (
            httpx.Client(trust_env=False, verify=False, timeout=0.05) as client,
            pytest.raises(httpx.ReadTimeout),
        ):
            client.get(server.base_url)
        server.wait_until_idle()


@pytest.mark.parametrize(
    "response", [stall(), event_stream(b"x", end="stall"), event_stream(threading.Event())]
)
def test_end_of_the_block_ends_stalled_responses(response: ScriptedResponse) -> None:
    failures: list[Exception] = []

    def send_request(url: str) -> None:
        with httpx.Client(trust_env=False, verify=False, timeout=120) as client:
            try:
                client.get(url)
            except httpx.HTTPError as error:
                failures.append(error)

    with FaultServer() as server:
        server.script(response)
        client_thread = threading.Thread(target=send_request, args=(server.base_url,))
        client_thread.start()
        server.wait_for_requests(1)
        start = time.monotonic()
    assert time.monotonic() - start < 60
    client_thread.join()
    assert len(failures) == 1


def test_gate_delays_the_following_parts(client: httpx.Client) -> None:
    gate = threading.Event()
    with FaultServer() as server:
        server.script(event_stream(b"data: 1\n\n", gate, b"data: 2\n\n"))
        with client.stream("GET", server.base_url) as response:
            assert response.headers["content-type"] == "text/event-stream"
            chunks = response.iter_raw()
            assert next(chunks) == b"data: 1\n\n"
            gate.set()
            assert b"".join(chunks) == b"data: 2\n\n"


def test_event_stream_has_status_content_type_and_headers(client: httpx.Client) -> None:
    with FaultServer() as server:
        server.script(event_stream(b"{}", status=203, content_type="a/b", headers={"X": "y"}))
        response = client.get(server.base_url)
    assert response.status_code == 203
    assert (response.headers["content-type"], response.headers["x"]) == ("a/b", "y")


def test_empty_part_raises_value_error() -> None:
    with pytest.raises(ValueError, match="last chunk"):
        event_stream(b"")


def test_clients_are_served_concurrently() -> None:
    gate = threading.Event()
    statuses: list[int] = []

    def send_request(url: str) -> None:
        with httpx.Client(trust_env=False, verify=False, timeout=20) as client:
            statuses.append(client.get(url).status_code)

    with FaultServer() as server:
        server.script(event_stream(gate, b"x"), repeat_last=True)
        client_threads = [
            threading.Thread(target=send_request, args=(server.base_url,)) for _ in range(20)
        ]
        for client_thread in client_threads:
            client_thread.start()
        server.wait_for_requests(20)
        assert server.open_connections == 20
        gate.set()
        for client_thread in client_threads:
            client_thread.join()
        server.wait_until_idle()
    assert statuses == [200] * 20


def test_stop_ends_threads_and_closes_sockets(client: httpx.Client) -> None:
    before = set(threading.enumerate())
    with FaultServer() as server:
        server.script(empty_response(200))
        client.get(server.base_url)
        url = server.base_url
    assert set(threading.enumerate()) <= before
    with pytest.raises(httpx.ConnectError):
        client.get(url)
