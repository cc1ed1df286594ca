"""A list of text chunks that needs little memory.

A reply may have hundreds of thousands of chunks, and stays in memory while its clients read it. A
list of short strings would need ten times as much memory as the text. The text of a long reply waits
in the spool.
"""

from __future__ import annotations

import json
from array import array
from bisect import bisect_right
from collections.abc import Iterator, Sequence
from itertools import accumulate

from chatroutes_server import body_spool
from chatroutes_server.body_spool import SpooledBytes

BLOCK_SIZE = 64  # chunks
MAX_TEXT = body_spool.BLOCK_SIZE  # characters of a block, and of a page


class _Block:
    """Successive chunks as one string."""

    def __init__(self, chunks: Sequence[str]) -> None:
        self._text = "".join(chunks)
        self._lengths = array("I", map(len, chunks))

    def chunks(self) -> list[str]:
        chunks: list[str] = []
        end = 0
        for length in self._lengths:
            chunks.append(self._text[end : end + length])
            end += length
        return chunks


class _Page:
    """Successive blocks in the spool."""

    def __init__(self, blocks: Sequence[_Block]) -> None:
        encoded = [json.dumps(block.chunks()).encode() for block in blocks]
        self._ends = array("Q", accumulate(map(len, encoded)))
        self._data = SpooledBytes(b"".join(encoded))

    def chunks(self, number: int) -> list[str]:
        start = self._ends[number - 1] if number else 0
        chunks: list[str] = json.loads(self._data.read(start, self._ends[number] - start))
        return chunks


class ChunkList:
    """The chunks of a text. They are stored in blocks, and the full blocks of a long text in pages."""

    def __init__(self) -> None:
        self._starts = array("Q")  # the index of the first chunk of each full block
        self._pages: list[_Page] = []
        self._page_starts: list[int] = []  # the number of the first block of each page
        self._blocks: list[_Block] = []  # after the pages
        self._last: list[str] = []
        self._length = 0  # chunks
        self._blocks_text = self._last_text = 0  # characters

    def append(self, chunk: str) -> None:
        self._last.append(chunk)
        self._length += 1
        self._last_text += len(chunk)
        if len(self._last) == BLOCK_SIZE or self._last_text >= MAX_TEXT:
            self._end_block()
        if self._blocks_text >= MAX_TEXT:
            self._end_page()

    def _end_block(self) -> None:
        self._starts.append(self._length - len(self._last))
        self._blocks.append(_Block(self._last))
        self._blocks_text += self._last_text
        self._last, self._last_text = [], 0

    def _end_page(self) -> None:
        self._page_starts.append(len(self._starts) - len(self._blocks))
        self._pages.append(_Page(self._blocks))
        self._blocks, self._blocks_text = [], 0

    def __len__(self) -> int:
        return self._length

    def __iter__(self) -> Iterator[str]:
        for number in range(len(self._starts)):
            yield from self._block(number)
        yield from self._last

    def read_batch(self, start: int) -> Sequence[str]:
        """Return the chunk at an index and those after it, up to the end of its block."""
        last_start = self._length - len(self._last)
        if start >= last_start:
            return self._last[start - last_start :]
        number = bisect_right(self._starts, start) - 1
        return self._block(number)[start - self._starts[number] :]

    def _block(self, number: int) -> list[str]:
        after_pages = number - (len(self._starts) - len(self._blocks))
        if after_pages >= 0:
            return self._blocks[after_pages].chunks()
        page = bisect_right(self._page_starts, number) - 1
        return self._pages[page].chunks(number - self._page_starts[page])
