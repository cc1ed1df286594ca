"""Limits: requests in a window of time, and the size of a body."""

from __future__ import annotations

import socket
from collections.abc import Iterator
from urllib.parse import urlsplit

import pytest

from chatroutes_server import LocalServer, StartupError
from chatroutes_server.rate_limit import RateLimit, RateLimiter
from tests.support.server_api import Api, assert_error_envelope

MEGABYTE = 1024 * 1024


@pytest.mark.parametrize(
    ("at", "allowed", "remaining", "wait"),
    [
        ([0], True, 1, 60),
        ([0, 0], True, 0, 60),
        ([0, 0, 0], False, 0, 60),
        ([0, 10, 20.5], False, 0, 40),
        ([0, 10, 59.9], False, 0, 1),
        ([0, 10, 60], True, 1, 60),
        ([0, 10, 20, 30, 60, 61], True, 0, 59),
        ([5, 64, 65], True, 1, 60),
    ],
)
def test_a_window_takes_so_many_requests_and_then_the_next_one_begins(
    at: list[float], allowed: bool, remaining: int, wait: int
) -> None:
    clock = iter(at)
    limiter = RateLimiter(RateLimit(2, 60), lambda: next(clock))

    last = [limiter.acquire("user") for _ in at][-1]

    assert (last.allowed, last.remaining, last.reset_after) == (allowed, remaining, wait)


@pytest.mark.parametrize(
    ("text", "count", "seconds"),
    [("1/second", 1, 1), ("60/minute", 60, 60), ("1000/hour", 1000, 3600)],
)
def test_a_limit_is_a_number_and_a_period(text: str, count: int, seconds: int) -> None:
    assert RateLimit.parse(text) == RateLimit(count, seconds)


@pytest.mark.parametrize("text", ["", "60", "0/minute", "-1/minute", "1.5/hour", "60/day", "x/y"])
def test_a_limit_that_is_none_raises(text: str) -> None:
    with pytest.raises(StartupError, match="rate limit"):
        LocalServer(rate_limit=text).__enter__()


@pytest.fixture
def limited() -> Iterator[Api]:
    with (
        LocalServer(rate_limit="3/hour", api_keys=["other"]) as server,
        Api(server) as api,
    ):
        yield api


def test_every_answer_says_what_is_left_and_429_when_to_come_again(limited: Api) -> None:
    answers = [limited.http.get(path) for path in ["/conversations", "/messages", "/x"]]
    answers += [limited.http.get("/conversations/none") for _ in range(3)]

    named = [each for each in answers if "x-ratelimit-limit" in each.headers]
    assert [each.status_code for each in named] == [200, 404, 404, 429]
    assert [each.headers["x-ratelimit-remaining"] for each in named] == ["2", "1", "0", "0"]
    assert {each.headers["x-ratelimit-limit"] for each in named} == {"3"}
    body = assert_error_envelope(answers[-1], 429, "RATE_LIMITED")
    assert 0 < body["retryAfter"] <= 3600
    assert answers[-1].headers["retry-after"] == str(body["retryAfter"])
    assert len({each.headers["x-ratelimit-reset"] for each in named}) <= 2


def test_each_key_has_windows_of_its_own(limited: Api) -> None:
    for _ in range(4):
        last = limited.http.get("/conversations")

    with Api(limited.server, "other") as other:
        assert last.status_code == 429
        assert other.http.get("/conversations").status_code == 200


def test_without_a_limit_nothing_is_said_of_one(api: Api) -> None:
    assert "x-ratelimit-limit" not in api.http.get("/conversations").headers


def test_a_body_of_just_one_megabyte_is_taken(api: Api) -> None:
    path = f"/conversations/{api.conversation()}/messages"
    head, tail = b'{"content":"', b'"}'
    body = head + b"x" * (MEGABYTE - len(head + tail)) + tail
    headers = {"Content-Type": "application/json"}

    assert api.http.post(path, content=body, headers=headers).status_code == 200
    refused = api.http.post(path, content=body + b" ", headers=headers)

    assert assert_error_envelope(refused, 413, "PAYLOAD_TOO_LARGE")["message"].startswith("body: ")


def test_a_chunked_body_of_more_than_one_megabyte_is_refused(api: Api) -> None:
    pieces = (b"x" * 65536 for _ in range(MEGABYTE // 65536 + 1))

    assert_error_envelope(api.http.post("/conversations", content=pieces), 413, "PAYLOAD_TOO_LARGE")


@pytest.mark.parametrize(
    "head", [b"Content-Length: 9999999999", b"Transfer-Encoding: chunked"], ids=["length", "chunks"]
)
def test_a_body_that_is_too_large_is_refused_before_it_is_there(api: Api, head: bytes) -> None:
    address = urlsplit(api.server.base_url)
    key = api.server.api_key.encode()
    with socket.create_connection((address.hostname, address.port), timeout=20) as connection:
        connection.sendall(
            b"POST /api/v1/conversations HTTP/1.1\r\nHost: x\r\nX-API-Key: " + key + b"\r\n"
            b"Content-Type: application/json\r\n" + head + b"\r\n\r\n"
        )
        if b"chunked" in head:
            connection.sendall(b"200000\r\n" + b"x" * 0x180000)  # more is announced, none is sent

        assert connection.recv(12) == b"HTTP/1.1 413"
