"""A list of text chunks that needs little memory.

A reply may have hundreds of thousands of chunks, and stays in memory while its clients read it. A
list of short strings would need ten times as much memory as the text.
"""

from __future__ import annotations

from array import array
from collections.abc import Iterator, Sequence

BLOCK_SIZE = 64  # chunks


class ChunkList:
    """The chunks of a text. Each full block of them is stored as one string."""

    def __init__(self) -> None:
        self._blocks: list[tuple[str, array[int]]] = []  # the text, and the lengths of its chunks
        self._last: list[str] = []

    def append(self, chunk: str) -> None:
        self._last.append(chunk)
        if len(self._last) == BLOCK_SIZE:
            self._blocks.append(("".join(self._last), array("I", map(len, self._last))))
            self._last = []

    def __len__(self) -> int:
        return BLOCK_SIZE * len(self._blocks) + len(self._last)

    def __iter__(self) -> Iterator[str]:
        for number in range(len(self._blocks) + 1):
            yield from self._block(number)

    def read_batch(self, start: int) -> Sequence[str]:
        """Return the chunk at an index and those after it, up to the end of its block."""
        number, offset = divmod(start, BLOCK_SIZE)
        return self._block(number)[offset:]

    def _block(self, number: int) -> list[str]:
        if number == len(self._blocks):
            return self._last
        text, lengths = self._blocks[number]
        chunks: list[str] = []
        end = 0
        for length in lengths:
            chunks.append(text[end : end + length])
            end += length
        return chunks
