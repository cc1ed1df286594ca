"""The usage and the cost of a reply."""

from __future__ import annotations

import json
from collections.abc import Callable
from typing import Any

import pytest

from chatroutes_server import LocalServer, StartupError, Upstream
from tests.support.server_api import (
    Api,
    api_with_upstream,
    new_idempotency_key,
    post_message,
    stream_message,
)
from tests.support.upstream_server import FakeUpstream, Handler, respond_with

USAGE = {"prompt_tokens": 1234, "completion_tokens": 567, "total_tokens": 1801}
REPORTED = {"promptTokens": 1234, "completionTokens": 567, "totalTokens": 1801}
ESTIMATED = {"promptTokens": 2, "completionTokens": 2, "totalTokens": 4, "estimated": True}


def stream_with_usage(*usages: Any) -> Callable[[Handler], None]:
    """Stream a reply, and then a chunk with each of these usages."""

    def stream(handler: Handler) -> None:
        handler.start_response()
        handler.send_text("Hello", finish_reason="stop")
        for usage in usages:
            handler.send_event({"choices": [], "usage": usage})
        handler.send_event("[DONE]")

    return stream


def send(api: Api, content: str = "hello") -> Any:
    return api.send(api.conversation(model="llama"), content)


@pytest.mark.parametrize(
    "usages",
    [[USAGE], [None, USAGE], [{"prompt_tokens": 1, "completion_tokens": 0}, USAGE], [USAGE, None]],
    ids=["one", "after null", "the last of two", "before null"],
)
def test_usage_of_the_upstream_is_returned(upstream: FakeUpstream, usages: list[Any]) -> None:
    upstream.behaviour = stream_with_usage(*usages)
    with api_with_upstream(upstream) as api:
        sent = send(api)

    assert upstream.requests[0].body["stream_options"] == {"include_usage": True}
    assert sent["usage"] == REPORTED
    assert sent["message"]["metadata"]["prompt_tokens"] == 1234


def test_usage_of_a_completion_that_is_not_streamed_is_returned(upstream: FakeUpstream) -> None:
    choices = [{"message": {"content": "Hello"}, "finish_reason": "stop"}]
    upstream.behaviour = respond_with(200, {"choices": choices, "usage": USAGE})
    with api_with_upstream(upstream) as api:
        assert send(api)["usage"] == REPORTED


def test_usage_is_in_the_stream_and_in_a_repeated_response(upstream: FakeUpstream) -> None:
    upstream.behaviour = stream_with_usage(USAGE)
    with api_with_upstream(upstream) as api:
        streamed = stream_message(api, api.conversation(model="llama"), "hello")
        path = f"/conversations/{api.conversation(model='llama')}/messages"
        key = new_idempotency_key()
        repeated = [post_message(api, path, key).json()["data"]["usage"] for _ in range(2)]

    events = [
        json.loads(each[6:]) for each in streamed.text.split("\n") if each.startswith("data: {")
    ]
    assert events[-1]["usage"] == REPORTED
    assert repeated == [REPORTED, REPORTED]


@pytest.mark.parametrize(
    "usage",
    [
        None,
        {},
        [],
        "many",
        {"prompt_tokens": 1},
        {"prompt_tokens": -1, "completion_tokens": 1},
        {"prompt_tokens": 1.5, "completion_tokens": 1},
        {"prompt_tokens": True, "completion_tokens": 1},
        {"prompt_tokens": "1", "completion_tokens": 1},
        {"prompt_tokens": 1, "completion_tokens": 10**30},
    ],
)
def test_missing_or_invalid_usage_is_estimated(upstream: FakeUpstream, usage: Any) -> None:
    upstream.behaviour = stream_with_usage(usage)
    with api_with_upstream(upstream) as api:
        assert send(api)["usage"] == ESTIMATED


def test_upstream_that_rejects_stream_options_gets_a_request_without_them(
    upstream: FakeUpstream,
) -> None:
    def reject_then_reply(handler: Handler) -> None:
        if "stream_options" in handler.body:
            detail = [{"type": "extra_forbidden", "loc": ["body", "stream_options"]}]
            respond_with(422, {"detail": detail})(handler)
        elif "max_tokens" in handler.body:
            respond_with(400, {"error": "use max_completion_tokens"})(handler)
        else:
            stream_with_usage()(handler)

    upstream.behaviour = reject_then_reply
    with api_with_upstream(upstream) as api:
        sent = api.send(api.conversation(model="llama", maxTokens=9), "hello")

    assert sent["usage"] == ESTIMATED
    assert len(upstream.requests) == 3


def test_upstream_that_always_names_stream_options_gets_two_requests(
    upstream: FakeUpstream,
) -> None:
    upstream.behaviour = respond_with(400, {"error": "stream_options"})
    with api_with_upstream(upstream) as api:
        path = f"/conversations/{api.conversation(model='llama')}/messages"
        assert api.error("POST", path, json={"content": "x"})[0] == 502

    assert len(upstream.requests) == 2


def test_builtin_model_has_exact_usage_and_no_cost(api: Api) -> None:
    sent = api.send(api.conversation(), "hello")

    assert "estimated" not in sent["usage"]
    assert "cost" not in sent["message"]["metadata"]


@pytest.mark.parametrize(
    ("prices", "usages", "cost"),
    [
        ({"input_price": 2.5, "output_price": 10}, [USAGE], 0.008755),
        ({"input_price": 0, "output_price": 0}, [USAGE], 0),
        ({}, [USAGE], None),
        ({"input_price": 2.5, "output_price": 10}, [], None),
    ],
    ids=["prices", "free", "no prices", "no usage"],
)
def test_cost_needs_prices_and_usage(
    upstream: FakeUpstream, prices: dict[str, float], usages: list[Any], cost: float | None
) -> None:
    upstream.behaviour = stream_with_usage(*usages)
    model = Upstream("llama", upstream.url, **prices)  # type: ignore[arg-type]
    with LocalServer(upstreams=[model]) as server, Api(server) as api:
        metadata = send(api)["message"]["metadata"]

    assert ("cost" in metadata) == (cost is not None)
    assert metadata.get("cost") == (None if cost is None else pytest.approx(cost))


def test_prices_are_read_from_the_text_of_an_upstream() -> None:
    parsed = Upstream.parse("a=http://x,input_price=0.5,output_price=2")

    assert parsed.price == (0.5, 2)


@pytest.mark.parametrize("price", [-1, float("nan"), float("inf"), "1", True])
def test_invalid_price_is_refused(price: Any) -> None:
    with pytest.raises(StartupError, match=r"upstream a: (a price must|invalid input_price)"):
        Upstream("a", "http://x", input_price=price, output_price=1)
