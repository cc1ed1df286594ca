"""The maximum size of a request body."""

from __future__ import annotations

import socket
from urllib.parse import urlsplit

import pytest

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
    with socket.create_connection((address.hostname, address.port), timeout=20) as connection:
        connection.sendall(
            b"POST /api/v1/conversations HTTP/1.1\r\nHost: x\r\nX-API-Key: " + key + b"\r\n"
            b"Content-Type: application/json\r\n" + header + b"\r\n\r\n"
        )
        if b"chunked" in header:
            connection.sendall(
                b"200000\r\n" + b"x" * 0x180000
            )  # the chunk is announced as larger than what is sent

        assert connection.recv(12) == b"HTTP/1.1 413"
