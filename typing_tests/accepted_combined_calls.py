"""Comparisons, batches, regenerated replies and searches that type checkers accept; never run."""

from __future__ import annotations

from collections.abc import AsyncIterator
from typing import assert_type

from chatroutes import (
    AsyncBatch,
    AsyncChatRoutes,
    AsyncComparisonStream,
    Batch,
    BatchResult,
    Branch,
    ChatRoutes,
    ChatRoutesError,
    ComparisonEvent,
    ComparisonResult,
    ComparisonStream,
    MessageStream,
    RegenerationResult,
    SearchResult,
    SendMessageResponse,
    Usage,
)


def compare(client: ChatRoutes) -> None:
    results = client.compare("c", {"content": "Hi"}, ["gpt-5"], at="m", deadline=9)
    assert_type(results, list[ComparisonResult])
    assert_type(results[0].branch, Branch | None)
    assert_type(results[0].response, SendMessageResponse | None)
    assert_type(results[0].usage, Usage | None)
    assert_type(results[0].error, ChatRoutesError | None)


async def compare_async(client: AsyncChatRoutes) -> None:
    results = await client.compare("c", {"content": "Hi"}, models=("gpt-5",), max_concurrency=2)
    assert_type(results, list[ComparisonResult])
    async with client.compare_stream("c", {"content": "Hi"}, ["gpt-5"]) as comparison:
        assert_type(comparison, AsyncComparisonStream)
        async for item in comparison:
            assert_type(item, ComparisonEvent)
            if item.event.type == "done":
                assert_type(item.event.response, SendMessageResponse)
        assert_type(await comparison.get_final_results(), list[ComparisonResult])


def compare_stream(client: ChatRoutes) -> None:
    with client.compare_stream("c", {"content": "Hi"}, ["gpt-5"], deadline=9) as comparison:
        assert_type(comparison, ComparisonStream)
        assert_type(next(comparison), ComparisonEvent)
        assert_type(comparison.results, list[ComparisonResult])


def map_items(client: ChatRoutes) -> None:
    with client.map(["a", "b"], model="gpt-5", skip={"key"}, deadline=9) as results:
        assert_type(results, Batch[str])
        for result in results:
            assert_type(result, BatchResult[str])
            assert_type(result.response, SendMessageResponse | None)
            assert_type(result.error, ChatRoutesError | None)
    client.map([1, 2], message=lambda item: f"{item + 1}", key=lambda item: item)
    client.map([{"content": "Hi"}], on_progress=lambda progress: progress.total)


async def map_items_async(client: AsyncChatRoutes, items: AsyncIterator[int]) -> None:
    async with client.map(items, message=str) as results:
        assert_type(results, AsyncBatch[int])
        async for result in results:
            assert_type(result.item, int)


def regenerate(client: ChatRoutes) -> None:
    assert_type(client.regenerate("c", "m", "gpt-5", timeout=9), RegenerationResult)
    with client.regenerate_stream("c", "m") as (branch, stream):
        assert_type(branch, Branch)
        assert_type(stream, MessageStream)


async def search(client: AsyncChatRoutes) -> None:
    async for result in client.search("text", timeout=9):
        assert_type(result, SearchResult)
