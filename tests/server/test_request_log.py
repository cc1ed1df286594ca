"""The request log of the command line."""

from __future__ import annotations

import logging
import re
import signal
from pathlib import Path
from typing import Any

import httpx
import pytest

from chatroutes_server.config import Timeouts
from tests.support.raw_http import connect, read_until_closed, request_head, run_server
from tests.support.server_command import find_users


def test_request_log_has_one_line_per_request(start_command: Any) -> None:
    command = start_command("--port", "0", "--api-key", "secret-key", "--log-level", "info")
    url, _ = command.read_ready_lines()
    headers = {"X-API-Key": "secret-key"}
    with httpx.Client(base_url=url, headers=headers, verify=False) as client:
        responses = [
            client.post("/conversations", json={"title": "secret body"}),
            client.get("/conversations?limit=secret-query"),
            client.get("/conversations/a%0Ab%20c"),
            client.get("/models", headers={"X-API-Key": "secret-other"}),
            client.get("/models", headers={"Host": "evil.example"}),
        ]
    _, out, err = command.wait_for_exit(signal.SIGTERM)

    fields = [
        re.fullmatch(r"\S+ \S+ INFO (\S+) (\S+) (\d+) \d+\.\d ms (\S+)", line).groups()  # type: ignore[union-attr]
        for line in err.splitlines()
    ]
    ids = [each.headers["x-request-id"] for each in responses]
    assert fields == [
        ("POST", "/api/v1/conversations", "201", ids[0]),
        ("GET", "/api/v1/conversations", "400", ids[1]),
        ("GET", "/api/v1/conversations/a%0Ab%20c", "404", ids[2]),
        ("GET", "/api/v1/models", "401", ids[3]),
        ("GET", "/api/v1/models", "403", ids[4]),
    ]
    assert "secret" not in out + err


INVALID_HEAD = b"GET /secret HTTP/1.1\r\nHost: x\r\nbad header\r\n\r\n"
POST = request_head("POST", "/conversations", "Content-Type: application/json")[:-2]


@pytest.mark.parametrize(
    ("sent", "logged"),
    [
        (b"hello\r\n\r\n", ["- - 400"]),
        (INVALID_HEAD, ["- - 400"]),
        (request_head("GET", "/models") + INVALID_HEAD, ["GET /api/v1/models 200", "- - 400"]),
        (POST + b"Transfer-Encoding: chunked\r\n\r\nzz\r\n", ["POST /api/v1/conversations 400"]),
        (b"GET", ["- - 408"]),
        (POST + b"Content-Length: 9\r\n\r\nx", ["POST /api/v1/conversations 408"]),
    ],
    ids=["no HTTP", "header", "second request", "chunk", "half a head", "half a body"],
)
def test_request_log_has_requests_that_the_parser_rejects(
    tmp_path: Path, caplog: pytest.LogCaptureFixture, sent: bytes, logged: list[str]
) -> None:
    caplog.set_level(logging.INFO, "chatroutes_server.requests")
    timeouts = Timeouts(head=0.2, body=0.2)
    with run_server(tmp_path, timeouts=timeouts) as url, connect(url) as connection:
        connection.sendall(sent)
        received = read_until_closed(connection)
    ids = re.findall(r"(?i)x-request-id: (\S+)", received.decode())
    lines = [each.getMessage() for each in caplog.records if each.name.endswith(".requests")]

    assert len(lines) == len(logged)
    for start, request_id in zip(logged, ids, strict=True):
        line = next(line for line in lines if line.endswith(request_id))
        assert re.fullmatch(rf"{start} \d+\.\d ms {request_id}", line)


def test_request_log_is_off_by_default(start_command: Any) -> None:
    command = start_command("--port", "0", "--api-key", "k")
    url, _ = command.read_ready_lines()
    assert find_users(url, "k") == ["user_local"]

    assert command.wait_for_exit(signal.SIGTERM) == (0, "", "")
