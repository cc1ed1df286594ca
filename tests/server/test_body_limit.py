"""The maximum size of a request body, and the bodies of other requests that are rejected early."""

from __future__ import annotations

import socket
from concurrent.futures import ThreadPoolExecutor
from urllib.parse import urlsplit

import pytest

from tests.support.raw_http import connect, read_response, read_until_closed, request_head
from tests.support.server_api import Api, assert_error_envelope

MEGABYTE = 1024 * 1024


def test_body_of_one_megabyte_is_accepted(api: Api) -> None:
    path = f"/conversations/{api.conversation()}/messages"
    header, tail = b'{"content":"', b'"}'
    body = header + b"x" * (MEGABYTE - len(header + tail)) + tail
    headers = {"Content-Type": "application/json"}

    assert api.http.post(path, content=body, headers=headers).status_code == 200
    rejected = api.http.post(path, content=body + b" ", headers=headers)

    assert assert_error_envelope(rejected, 413, "PAYLOAD_TOO_LARGE")["message"].startswith("body: ")


def test_chunked_body_over_one_megabyte_is_rejected(api: Api) -> None:
    chunks = (b"x" * 65536 for _ in range(MEGABYTE // 65536 + 1))

    assert_error_envelope(api.http.post("/conversations", content=chunks), 413, "PAYLOAD_TOO_LARGE")


@pytest.mark.parametrize(
    "header",
    [b"Content-Length: 9999999999", b"Transfer-Encoding: chunked"],
    ids=["length", "chunks"],
)
def test_large_body_is_rejected_before_it_is_received(api: Api, header: bytes) -> None:
    address = urlsplit(api.server.base_url)
    key = api.server.api_key.encode()
    with socket.create_connection((address.hostname, address.port), timeout=60) as connection:
        connection.sendall(
            b"POST /api/v1/conversations HTTP/1.1\r\nHost: localhost\r\nX-API-Key: " + key + b"\r\n"
            b"Content-Type: application/json\r\n" + header + b"\r\n\r\n"
        )
        if b"chunked" in header:
            connection.sendall(
                b"200000\r\n" + b"x" * 0x180000
            )  # the chunk is announced as larger than what is sent

        assert connection.recv(12) == b"HTTP/1.1 413"


@pytest.mark.parametrize("header", ["", "Connection: close", "Expect: 100-continue"])
@pytest.mark.parametrize(
    ("method", "path", "status"),
    [
        ("POST", "/conversations", 413),
        ("POST", "/unknown", 404),
        ("PUT", "/conversations", 405),
        ("GET", "/models", 413),
    ],
)
def test_early_response_arrives_while_the_client_still_sends(
    api: Api, method: str, path: str, status: int, header: str
) -> None:
    body = b"x" * 8 * MEGABYTE
    headers = [f"Content-Length: {len(body)}", *([header] if header else [])]
    request = request_head(method, path, *headers, key=api.server.api_key) + body

    def send(_: int) -> int:
        with connect(api.server.base_url) as connection:
            connection.sendall(request)
            return read_response(connection)[0].status

    with ThreadPoolExecutor(6) as pool:
        assert list(pool.map(send, range(6))) == [status] * 6


def test_connection_is_kept_when_the_rejected_body_has_ended(api: Api) -> None:
    head = request_head("POST", "/unknown", "Content-Length: 100000")
    with connect(api.server.base_url) as connection:
        for _ in range(2):
            connection.sendall(head)
            response, _ = read_response(connection)
            connection.sendall(b"x" * 100_000)
            assert response.status == 404


def test_invalid_rest_of_a_rejected_body_ends_the_connection(
    api: Api, caplog: pytest.LogCaptureFixture
) -> None:
    head = request_head("POST", "/unknown", "Transfer-Encoding: chunked")
    with connect(api.server.base_url) as connection:
        connection.sendall(head + b"1\r\nx\r\n")
        response, _ = read_response(connection)
        connection.sendall(b"not a chunk\r\n")

        assert response.status == 404
        assert read_until_closed(connection) == b""
    assert [each.message for each in caplog.records] == ["Invalid HTTP request received."]


@pytest.mark.parametrize("encoding", ["gzip", "deflate", "br", "unknown", "identity, gzip", "GZIP"])
def test_compressed_body_is_rejected(api: Api, encoding: str) -> None:
    headers = {"Content-Encoding": encoding, "Content-Type": "application/json"}
    response = api.http.post("/conversations", content=b'{"title": "x"}', headers=headers)

    assert_error_envelope(response, 415, "UNSUPPORTED_MEDIA_TYPE")
    assert response.headers["accept-encoding"] == "identity"


@pytest.mark.parametrize("encoding", ["identity", "Identity", ""])
def test_body_with_identity_encoding_is_accepted(api: Api, encoding: str) -> None:
    headers = {"Content-Encoding": encoding}

    api.data("POST", "/conversations", json={"title": "x"}, headers=headers)
