"""Random requests, valid and malformed: every connection ends, and the server logs no error."""

from __future__ import annotations

import random
import socket
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

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

REQUESTS = 500
SHORT_TIMEOUTS = Timeouts(head=0.5, body=0.2, response=20, rejected=0.2, idle=0.5)

METHODS = ["GET", "POST", "HEAD", "CONNECT", "OPTIONS", "PUT", "post", "TRACE", "PATCH"]
TARGETS = [
    *("/api/v1/models", "/api/v1/conversations", "/api/v1/conversations/%2e%2e/x", "//", "*"),
    *("/%00", "/%ff?%ff", "x:1", "?", "http://", "http://x/api/v1/models"),
    *("http://[::1]/api/v1/models", "http://x:99999/api/v1/models", "http://[/api/v1/models"),
]
HEADERS = [
    *("Transfer-Encoding: chunked", "Content-Length: 14", "Content-Length: 99999999"),
    *("Expect: 100-continue", "Connection: close", "Connection: upgrade", "Upgrade: h2c"),
    *("Content-Encoding: gzip", "X: " + "y" * 20_000, "\0: x", "Host: y", "Content-Length: 0"),
    *("Content-Type: application/json", "Connection: keep-alive, close", "TE: trailers"),
]
BODY = b'{"title": "x"}'
BODIES = [
    *(b"", BODY, BODY + b"\r\n", b"e\r\n" + BODY + b"\r\n0\r\n\r\n", b"e\r\n" + BODY, b"zz\r\n"),
    *(b"0\r\nA: b\r\n\r\n", b"FFFFFFFFFFFFFFFFFF\r\nx", b"e;ext=1\r\n" + BODY + b"\r\n0\r\n\r\n"),
    b"x" * 2_000_000,
]


@pytest.fixture
def base_url(tmp_path: Path) -> Iterator[str]:
    with run_server(tmp_path, timeouts=SHORT_TIMEOUTS) as url:
        yield url


def random_requests(chance: random.Random) -> bytes:
    """Return one to three requests. Some have random bytes in place of others."""
    data = b""
    for _ in range(chance.randint(1, 3)):
        method, target = chance.choice(METHODS), chance.choice(TARGETS)
        version = chance.choice(["1.1", "1.1", "1.0", "1.9"])
        headers = chance.sample(HEADERS, chance.randint(0, 4))
        lines = [
            f"{method} {target} HTTP/{version}",
            "Host: localhost",
            f"X-API-Key: {API_KEY}",
            *headers,
        ]
        data += "\r\n".join([*lines, "", ""]).encode() + chance.choice(BODIES)
    if chance.random() < 0.3:
        start = chance.randrange(len(data))
        data = data[:start] + chance.randbytes(3) + data[start + chance.randint(0, 5) :]
    return data


def send(base_url: str, seed: int) -> None:
    chance = random.Random(seed)
    data = random_requests(chance)
    size = max(1, len(data) // chance.randint(1, 20))
    with connect(base_url) as connection:
        try:
            for start in range(0, len(data), size):
                connection.sendall(data[start : start + size])
            if chance.random() < 0.2:
                connection.shutdown(socket.SHUT_WR)
        except OSError:  # the server has closed the connection
            return
        if chance.random() < 0.9:
            read_until_closed(connection)


def test_every_connection_ends_and_no_error_is_logged(
    base_url: str, caplog: pytest.LogCaptureFixture
) -> None:
    with ThreadPoolExecutor(25) as pool:
        list(pool.map(send, [base_url] * REQUESTS, range(REQUESTS)))
    with connect(base_url) as connection:
        connection.sendall(request_head("GET", "/models"))
        assert read_response(connection)[0].status == 200

    messages = {each.getMessage() for each in caplog.records if "unknown field" not in each.msg}
    assert messages <= {"Invalid HTTP request received."}
