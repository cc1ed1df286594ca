"""`client.map`: the rate limit, the concurrency, and how far the input is read."""

from __future__ import annotations

import itertools
import logging
import threading
from typing import Any

import pytest

from chatroutes import AsyncChatRoutes, BatchResult, ChatRoutesError, RateLimitError
from chatroutes_server import LocalServer
from tests.support.fault_responses import (
    counted_response,
    empty_response,
    event_stream,
)
from tests.support.fault_server import FaultServer
from tests.support.idle import wait_until_idle_async
from tests.support.payloads import (
    COMPLETE_STREAM,
    DONE_EVENT,
    text_event,
)

from .batches import collect, in_one_conversation, run
from .clients import make_client


async def test_429_holds_all_workers(fault_server: FaultServer) -> None:
    limited = empty_response(429, {"Retry-After": "0.05"})
    counts: list[int] = []
    all_arrived = threading.Barrier(5, timeout=60)
    reject_first = counted_response(counts, lambda _: all_arrived.wait(), limited)
    reject = counted_response(counts, lambda connection: connection.pause(0.05), limited)
    fault_server.script(*[reject_first] * 5, *[reject] * 5, COMPLETE_STREAM, repeat_last=True)

    async with make_client(fault_server, retry_attempts=0) as client:
        results = await run(
            client,
            [f"{number}" for number in range(20)],
            conversation_id=in_one_conversation,
            max_concurrency=5,
        )

    # A 429 is no failure, and after the first requests only one is sent until there is a response.
    assert [result.error for result in results] == [None] * 20
    assert counts[5:] == [1] * 5


async def test_429_without_a_time_ends_the_batch(fault_server: FaultServer) -> None:
    fault_server.script(COMPLETE_STREAM, empty_response(429), repeat_last=True)
    results: list[BatchResult[int]] = []

    async with (
        make_client(fault_server) as client,
        client.map(
            itertools.count(), message=str, conversation_id=in_one_conversation, max_concurrency=3
        ) as batch,
    ):
        with pytest.raises(RateLimitError):
            await collect(batch, results)

    assert [result.text for result in results] == ["Hello"]
    assert 20 < len(fault_server.requests) < 40


async def test_requests_do_not_exceed_the_rate_limit(caplog: pytest.LogCaptureFixture) -> None:
    caplog.set_level(logging.DEBUG, "chatroutes")
    with LocalServer(rate_limit="20/second") as server:
        async with AsyncChatRoutes(server.api_key, server.base_url) as client:
            results = await run(client, [f"{number}" for number in range(16)], max_concurrency=6)

    assert [result.error for result in results] == [None] * 16
    statuses = [record.args[2] for record in caplog.records if isinstance(record.args, tuple)]
    assert statuses.count(429) <= 6


async def test_deadline_limits_the_wait_for_the_rate_limit(fault_server: FaultServer) -> None:
    fault_server.script(empty_response(429, {"Retry-After": "3000"}), repeat_last=True)

    async with make_client(fault_server) as client:
        [result] = await run(client, ["a"], conversation_id=in_one_conversation, deadline=20)

    assert isinstance(result.error, RateLimitError)
    assert "deadline" in str(result.error)
    assert len(fault_server.requests) == 1


async def test_input_is_not_read_ahead(fault_server: FaultServer) -> None:
    fault_server.script(COMPLETE_STREAM, repeat_last=True)
    numbers = itertools.count()

    async with (
        make_client(fault_server) as client,
        client.map(
            numbers, message=str, conversation_id=in_one_conversation, max_concurrency=3
        ) as results,
    ):
        assert next(numbers) == 0
        for returned in range(1, 20):
            await anext(results)
            position = next(numbers)
            assert position - 2 * returned <= 2 * 3


async def test_max_concurrency_limits_the_requests(fault_server: FaultServer) -> None:
    pair = threading.Barrier(2, timeout=60)
    counts: list[int] = []
    reply_in_pairs = counted_response(counts, lambda connection: pair.wait(), COMPLETE_STREAM)
    fault_server.script(reply_in_pairs, repeat_last=True)

    async with make_client(fault_server) as client:
        results = await run(
            client, [*"abcdef"], conversation_id=in_one_conversation, max_concurrency=2
        )

    assert [each.text for each in results] == ["Hello"] * 6
    assert max(counts) == 2


async def test_results_have_the_order_of_completion(fault_server: FaultServer) -> None:
    gate = threading.Event()
    slow = event_stream(text_event("slow"), gate, DONE_EVENT)
    options: dict[str, Any] = {"conversation_id": in_one_conversation, "max_concurrency": 2}

    async with make_client(fault_server) as client:
        fault_server.script(slow, COMPLETE_STREAM, repeat_last=True)
        async with client.map(["a", "b", "c"], **options) as results:
            texts = [(await anext(results)).text, (await anext(results)).text]
            gate.set()
            texts.append((await anext(results)).text)

    assert texts == ["Hello", "Hello", "slow"]


async def test_iteration_ends_after_close(fault_server: FaultServer) -> None:
    fault_server.script(COMPLETE_STREAM, repeat_last=True)
    items: list[int] = []

    def message(item: int) -> str:
        items.append(item)
        return str(item)

    async with (
        make_client(fault_server) as client,
        client.map(
            itertools.count(), message=message, conversation_id=in_one_conversation
        ) as results,
    ):
        await anext(results)
        await results.close()
        await results.close()
        count = len(items)
        assert [each async for each in results] == []

    await wait_until_idle_async(fault_server)  # it has received all that was sent
    assert len(items) == count
    assert len(fault_server.requests) <= count


async def test_results_are_read_inside_of_the_block(fault_server: FaultServer) -> None:
    fault_server.script(COMPLETE_STREAM, repeat_last=True)

    async with make_client(fault_server) as client:
        batch = client.map(["a", "b"], conversation_id=in_one_conversation)
        async with batch:
            await anext(batch)
        with pytest.raises(ChatRoutesError, match="inside"):
            await anext(batch)

        batch = client.map(["a", "b"], conversation_id=in_one_conversation)
        async with batch:
            assert [result.text async for result in batch] == ["Hello", "Hello"]
        assert [each async for each in batch] == []


async def test_empty_input_has_no_results(fault_server: FaultServer) -> None:
    async with make_client(fault_server) as client:
        assert await run(client, []) == []
