"""The HTTP/1.1 protocol: invalid requests and offers to upgrade. These tests show why `ServerProtocol` overrides uvicorn."""

from __future__ import annotations

import json
import socket
from http.client import HTTPResponse
from urllib.parse import urlsplit

import pytest

from chatroutes_server import LocalServer
from tests.support.server_api import Api


@pytest.mark.parametrize(
    "raw",
    [
        b"hello\r\n\r\n",
        b"GET / HTTP/1.1\r\nno colon\r\n\r\n",
        b"GET / HTTP/1.1\r\n\r\n",
        b"POST /x HTTP/1.1\r\nHost: x\r\nContent-Length: many\r\n\r\n",
        b"GET / HTTP/1.1\r\nHost: x\r\nX-Long: " + b"x" * 1_000_000,
    ],
    ids=range(5),
)
def test_invalid_http_request_gets_the_error_envelope(api: Api, raw: bytes) -> None:
    address = urlsplit(api.server.base_url)
    with socket.create_connection((address.hostname, address.port), timeout=20) as connection:
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
        with socket.create_connection((address.hostname, address.port), timeout=20) as connection:
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
        "POST /api/v1/conversations HTTP/1.1\r\nHost: x\r\nContent-Type: application/json\r\n"
        f"Authorization: ApiKey {api.server.api_key}\r\nContent-Length: {len(body)}\r\n"
        f"Connection: Upgrade, HTTP2-Settings\r\nUpgrade: {protocol}\r\n"
        "HTTP2-Settings: AAEAAEAAAAIAAAABAAMAAABkAAQBAAAAAAUAAEAA\r\n\r\n"
    ).encode() + body
    with socket.create_connection((address.hostname, address.port), timeout=20) as connection:
        for _ in range(2):  # the connection still uses HTTP/1.1
            connection.sendall(request)
            with HTTPResponse(connection) as response:
                response.begin()
                assert response.status == 201
                assert json.load(response)["data"]["conversation"]["title"] == "Upgraded"

    assert [each.message for each in caplog.records if each.name.startswith("uvicorn")] == []
