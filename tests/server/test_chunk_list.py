"""The chunks of a reply in memory."""

from __future__ import annotations

import tracemalloc

import pytest

from chatroutes_server.generation.chunk_list import BLOCK_SIZE, ChunkList


def create_list(chunks: list[str]) -> ChunkList:
    result = ChunkList()
    for chunk in chunks:
        result.append(chunk)
    return result


@pytest.mark.parametrize("count", [0, 1, BLOCK_SIZE - 1, BLOCK_SIZE, BLOCK_SIZE + 1, 500])
def test_chunks_are_kept(count: int) -> None:
    chunks = ["é😀\ud800"[: number % 4] + str(number) for number in range(count)]

    stored = create_list(chunks)

    assert len(stored) == count
    assert list(stored) == chunks


@pytest.mark.parametrize("start", [0, 1, BLOCK_SIZE - 1, BLOCK_SIZE, BLOCK_SIZE + 5, 199])
def test_batches_continue_at_an_index(start: int) -> None:
    chunks = ["", *map(str, range(199))]
    stored = create_list(chunks)

    read: list[str] = []
    while batch := stored.read_batch(start + len(read)):
        read += batch

    assert read == chunks[start:]


def test_short_chunks_need_little_memory() -> None:
    count = 100_000
    tracemalloc.start()
    try:
        stored = ChunkList()
        for number in range(count):
            stored.append(f"{number % 1000} ")
        size, _ = tracemalloc.get_traced_memory()
    finally:
        tracemalloc.stop()

    assert len(stored) == count
    assert size < 20 * count  # 56 for each string, and 8 in a list
