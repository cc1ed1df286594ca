"""Run batches in tests."""

from __future__ import annotations

from typing import Any

from chatroutes import (
    AsyncBatch,
    AsyncChatRoutes,
    BatchResult,
)


async def run(client: AsyncChatRoutes, items: Any, **arguments: Any) -> list[BatchResult[Any]]:
    async with client.map(items, **arguments) as results:
        return [result async for result in results]


async def collect(batch: AsyncBatch[Any], results: list[BatchResult[Any]]) -> None:
    async for result in batch:
        results.append(result)


def in_one_conversation(_item: object) -> str:
    return "conv_1"
