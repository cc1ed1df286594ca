"""The HTTP/1.1 protocol: invalid requests, ambiguous ones, targets, methods and offers to upgrade.

These tests show why `ServerProtocol` overrides uvicorn.
"""

from __future__ import annotations

import json
import socket
from http.client import HTTPResponse
from urllib.parse import urlsplit

import pytest

from chatroutes_server import LocalServer
from tests.support.raw_http import connect, read_response, read_until_closed, request_head
from tests.support.server_api import Api


@pytest.mark.parametrize(
    "raw",
    [
        b"hello\r\n\r\n",
        b"GET / HTTP/1.1\r\nno colon\r\n\r\n",
        b"GET / HTTP/1.1\r\n\r\n",
        b"POST /x HTTP/1.1\r\nHost: localhost\r\nContent-Length: many\r\n\r\n",
        b"GET / HTTP/1.1\r\nHost: localhost\r\nX-Long: " + b"x" * 1_000_000,
        b"PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n",
        b"GET / HTTP/0.9\r\nHost: localhost\r\n\r\n",
    ],
    ids=range(7),
)
def test_invalid_http_request_gets_the_error_envelope(api: Api, raw: bytes) -> None:
    address = urlsplit(api.server.base_url)
    with socket.create_connection((address.hostname, address.port), timeout=60) as connection:
        connection.sendall(raw)
        response = b""
        while chunk := connection.recv(4096):
            response += chunk

    head, _, body = response.partition(b"\r\n\r\n")
    assert head.startswith(b"HTTP/1.1 400 ")
    assert b"content-type: application/json" in head
    assert json.loads(body)["error"] == "VALIDATION_ERROR"


def test_data_after_an_invalid_request_is_discarded(
    caplog: pytest.LogCaptureFixture,
) -> None:
    with LocalServer() as server:
        address = urlsplit(server.base_url)
        with socket.create_connection((address.hostname, address.port), timeout=60) as connection:
            connection.sendall(b"hello\r\n\r\n")
            while connection.recv(4096):
                pass
            for _ in range(2):  # if the connection were closed, the first send would reset it
                connection.sendall(b"more")
                assert connection.recv(1) == b""

    assert [each.message for each in caplog.records] == ["Invalid HTTP request received."]


# Java's client offers h2c with every request over plain HTTP.
@pytest.mark.parametrize("protocol", ["h2c", "websocket"])
def test_upgrade_offer_is_ignored(
    api: Api, caplog: pytest.LogCaptureFixture, protocol: str
) -> None:
    address = urlsplit(api.server.base_url)
    body = b'{"title": "Upgraded"}'
    request = (
        "POST /api/v1/conversations HTTP/1.1\r\nHost: localhost\r\nContent-Type: application/json\r\n"
        f"Authorization: ApiKey {api.server.api_key}\r\nContent-Length: {len(body)}\r\n"
        f"Connection: Upgrade, HTTP2-Settings\r\nUpgrade: {protocol}\r\n"
        "HTTP2-Settings: AAEAAEAAAAIAAAABAAMAAABkAAQBAAAAAAUAAEAA\r\n\r\n"
    ).encode() + body
    with socket.create_connection((address.hostname, address.port), timeout=60) as connection:
        for _ in range(2):  # the connection still uses HTTP/1.1
            connection.sendall(request)
            with HTTPResponse(connection) as response:
                response.begin()
                assert response.status == 201
                assert json.load(response)["data"]["conversation"]["title"] == "Upgraded"

    assert [each.message for each in caplog.records if each.name.startswith("uvicorn")] == []


SECOND_REQUEST = b"GET /api/v1/second HTTP/1.1\r\nHost: localhost\r\n\r\n"


@pytest.mark.parametrize(
    ("headers", "body"),
    [
        (["Content-Length: 6", "Transfer-Encoding: chunked"], b"0\r\n\r\n"),
        (["Transfer-Encoding: chunked", "Content-Length: 6"], b"0\r\n\r\n"),
        (["Transfer-Encoding: CHUNKED", "Content-Length: 0"], b"0\r\n\r\n"),
        (["Transfer-Encoding: identity", "Content-Length: 2"], b"{}"),
        (["Transfer-Encoding: chunked, identity"], b"0\r\n\r\n"),
        (["Transfer-Encoding: chunked", "Transfer-Encoding: chunked"], b"0\r\n\r\n"),
        (["Transfer-Encoding : chunked"], b"0\r\n\r\n"),
        (["Content-Length: 2", "Content-Length: 3"], b"{}"),
        (["Content-Length: +2"], b"{}"),
        (["Content-Length: 0x2"], b"{}"),
        (["Content-Length: 2, 3"], b"{}"),
        (["Transfer-Encoding: chunked"], b"2\r\n{}XX0\r\n\r\n"),
        (["Transfer-Encoding: chunked"], b"-2\r\n{}\r\n0\r\n\r\n"),
        (["Transfer-Encoding: chunked"], b"0x2\r\n{}\r\n0\r\n\r\n"),
    ],
    ids=range(14),
)
def test_ambiguous_body_is_rejected_and_no_second_request_is_read(
    api: Api, headers: list[str], body: bytes
) -> None:
    head = request_head("POST", "/conversations", *headers, key=api.server.api_key)
    with connect(api.server.base_url) as connection:
        connection.sendall(head + body + SECOND_REQUEST)
        connection.shutdown(socket.SHUT_WR)
        received = read_until_closed(connection)

    assert received.startswith(b"HTTP/1.1 400 ")
    assert received.count(b"HTTP/1.1 ") == 1


def test_chunked_body_in_http_1_0_is_rejected(api: Api) -> None:
    head = request_head("POST", "/conversations", "Transfer-Encoding: chunked")
    with connect(api.server.base_url) as connection:
        connection.sendall(head.replace(b"HTTP/1.1", b"HTTP/1.0") + b"0\r\n\r\n" + SECOND_REQUEST)
        received = read_until_closed(connection)

    assert received.startswith(b"HTTP/1.1 400 ")
    assert received.count(b"HTTP/1.1 ") == 1


def test_rejected_head_request_has_no_body(api: Api, caplog: pytest.LogCaptureFixture) -> None:
    headers = ["Content-Length: 6", "Transfer-Encoding: chunked"]
    with connect(api.server.base_url) as connection:
        connection.sendall(request_head("HEAD", "/models", *headers))
        received = read_until_closed(connection)

    assert received.startswith(b"HTTP/1.1 400 ")
    assert received.endswith(b"\r\n\r\n")
    assert [each.message for each in caplog.records] == ["Invalid HTTP request received."]


def test_rejected_request_that_expects_100_gets_one_response(
    api: Api, caplog: pytest.LogCaptureFixture
) -> None:
    headers = ["Expect: 100-continue", "Transfer-Encoding: chunked"]
    with connect(api.server.base_url) as connection:
        connection.sendall(request_head("POST", "/conversations", *headers) + b"not a chunk\r\n")
        received = read_until_closed(connection)

    assert received.startswith(b"HTTP/1.1 400 ")
    assert received.count(b"HTTP/1.1 ") == 1
    assert [each.message for each in caplog.records] == ["Invalid HTTP request received."]


@pytest.mark.parametrize(
    ("target", "status"),
    [
        ("http://x/api/v1/conversations?limit=1", 200),
        ("HTTP://other:80/api/v1/conversations?limit=1", 200),
        ("https://x/api/v1/conversations?limit=0", 400),
        ("http://x/other", 404),
        ("ftp://x/api/v1/conversations", 404),
        ("http:/api/v1/conversations", 404),
        ("http://[/api/v1/conversations", 400),
        ("*", 404),
    ],
)
def test_absolute_target_is_the_same_as_its_path(api: Api, target: str, status: int) -> None:
    with connect(api.server.base_url) as connection:
        connection.sendall(request_head("GET", target, key=api.server.api_key))

        assert read_response(connection)[0].status == status


@pytest.mark.parametrize("target", ["http://x", "http://x?limit=1", "http://x/"])
def test_absolute_target_without_a_path_is_the_home_page(api: Api, target: str) -> None:
    with connect(api.server.base_url) as connection:
        connection.sendall(request_head("GET", target, "Connection: close"))

        assert read_until_closed(connection).startswith(b"HTTP/1.1 200 ")


@pytest.mark.parametrize("method", ["get", "Get", "gET", "GETX", "CONNECT", "TRACE"])
def test_methods_are_case_sensitive(api: Api, method: str) -> None:
    with connect(api.server.base_url) as connection:
        connection.sendall(request_head(method, "/models", key=api.server.api_key))
        response, body = read_response(connection)

    assert (response.status, body["error"]) == (405, "METHOD_NOT_ALLOWED")
    assert response.headers["Allow"] == "GET"


def test_forwarding_headers_change_nothing(api: Api) -> None:
    headers = ["X-Forwarded-For: 203.0.113.1", "X-Forwarded-Proto: https", "Forwarded: for=x"]
    request = request_head("GET", "/models", *headers, key=api.server.api_key)
    for fault in ("listModels:stall=0.01", "listModels:cut_after=0"):
        api.server.faults.add(fault)
        with connect(api.server.base_url) as connection:
            connection.sendall(request)
            received = read_until_closed(connection)
        assert received.partition(b"\r\n\r\n")[2] == b""
