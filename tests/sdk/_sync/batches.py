# Derived from tests/sdk/_async/batches.py by scripts/regen.py. Do not edit.

"""Run batches in tests."""

from __future__ import annotations

from typing import Any

from chatroutes import (
    Batch,
    ChatRoutes,
    BatchResult,
)


def run(client: ChatRoutes, items: Any, **arguments: Any) -> list[BatchResult[Any]]:
    with client.map(items, **arguments) as results:
        return [result for result in results]


def collect(batch: Batch[Any], results: list[BatchResult[Any]]) -> None:
    for result in batch:
        results.append(result)


def in_one_conversation(_item: object) -> str:
    return "conv_1"
