"""The request log of the command line."""

from __future__ import annotations

import re
import signal
from typing import Any

import httpx

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


def test_request_log_is_off_by_default(start_command: Any) -> None:
    command = start_command("--port", "0", "--api-key", "k")
    url, _ = command.read_ready_lines()
    assert find_users(url, "k") == ["user_local"]

    assert command.wait_for_exit(signal.SIGTERM) == (0, "", "")
