"""The chunks of a reply in memory."""

from __future__ import annotations

import random
import tracemalloc

import pytest

from chatroutes_server.body_spool import MAX_MEMORY
from chatroutes_server.generation.chunk_list import BLOCK_SIZE, MAX_TEXT, ChunkList


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


def random_chunks(seed: int) -> list[str]:
    """Return chunks of a text that is longer than a few blocks of the spool."""
    chance = random.Random(seed)
    chunks: list[str] = []
    while sum(map(len, chunks)) < 5 * MAX_TEXT:
        size = chance.choice([0, 1, 10, 1000, MAX_TEXT - 1, MAX_TEXT, 2 * MAX_TEXT])
        chunks += ["é😀\ud800x"[chance.randrange(4)] * size] * chance.choice([1, BLOCK_SIZE, 100])
    return chunks


@pytest.mark.parametrize("seed", range(5))
def test_long_texts_are_kept(seed: int) -> None:
    chunks = random_chunks(seed)

    stored = create_list(chunks)

    assert len(stored) == len(chunks)
    assert list(stored) == chunks
    for start in range(0, len(chunks), 1 + len(chunks) // 50):
        batch = stored.read_batch(start)
        assert 1 <= len(batch) <= BLOCK_SIZE
        assert batch == chunks[start : start + len(batch)]
    assert stored.read_batch(len(chunks)) == []


def test_long_texts_need_little_memory_beside_the_spool() -> None:
    tracemalloc.start()
    try:
        stored = [create_list([str(number) * MAX_MEMORY]) for number in range(4)]
        size, _ = tracemalloc.get_traced_memory()
    finally:
        tracemalloc.stop()

    assert size < 2 * MAX_MEMORY
    assert list(stored[3]) == ["3" * MAX_MEMORY]


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
