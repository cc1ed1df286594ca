"""The rate limit: a number of requests in a window of time."""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Iterator

import pytest

from chatroutes_server import LocalServer, StartupError
from chatroutes_server.rate_limit import RateLimit, RateLimiter
from tests.support.server_api import Api, assert_error_envelope

pytestmark = pytest.mark.engine


@pytest.mark.parametrize(
    ("times", "allowed", "remaining", "reset_after"),
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
def test_window_allows_a_number_of_requests(
    times: list[float], allowed: bool, remaining: int, reset_after: int
) -> None:
    clock = iter(times)
    limiter = RateLimiter(RateLimit(2, 60), lambda: next(clock))

    last = [asyncio.run(limiter.acquire("user")) for _ in times][-1]

    assert (last.allowed, last.remaining, last.reset_after) == (allowed, remaining, reset_after)


@pytest.mark.parametrize(
    ("text", "count", "seconds"),
    [("1/second", 1, 1), ("60/minute", 60, 60), ("1000/hour", 1000, 3600)],
)
def test_parse_rate_limit(text: str, count: int, seconds: int) -> None:
    assert RateLimit.parse(text) == RateLimit(count, seconds)


@pytest.mark.parametrize("text", ["", "60", "0/minute", "-1/minute", "1.5/hour", "60/day", "x/y"])
def test_invalid_rate_limit_raises(text: str) -> None:
    with pytest.raises(StartupError, match="rate limit"):
        LocalServer(rate_limit=text).__enter__()


@pytest.fixture
def rate_limited_api(new_database: Callable[[], str | None]) -> Iterator[Api]:
    with (
        LocalServer(database=new_database(), rate_limit="3/hour", api_keys=["other"]) as server,
        Api(server) as api,
    ):
        yield api


def test_responses_have_rate_limit_headers(rate_limited_api: Api) -> None:
    responses = [rate_limited_api.http.get(path) for path in ["/conversations", "/messages", "/x"]]
    responses += [rate_limited_api.http.get("/conversations/none") for _ in range(3)]

    counted = [each for each in responses if "x-ratelimit-limit" in each.headers]
    assert [each.status_code for each in counted] == [200, 404, 404, 429]
    assert [each.headers["x-ratelimit-remaining"] for each in counted] == ["2", "1", "0", "0"]
    assert {each.headers["x-ratelimit-limit"] for each in counted} == {"3"}
    body = assert_error_envelope(responses[-1], 429, "RATE_LIMITED")
    assert 0 < body["retryAfter"] <= 3600
    assert responses[-1].headers["retry-after"] == str(body["retryAfter"])
    assert len({each.headers["x-ratelimit-reset"] for each in counted}) <= 2


def test_each_key_has_its_own_window(rate_limited_api: Api) -> None:
    for _ in range(4):
        last = rate_limited_api.http.get("/conversations")

    with Api(rate_limited_api.server, "other") as other:
        assert last.status_code == 429
        assert other.http.get("/conversations").status_code == 200


def test_no_rate_limit_headers_without_a_limit(api: Api) -> None:
    assert "x-ratelimit-limit" not in api.http.get("/conversations").headers
