"""The spool: large responses and replies that wait for their clients.

They share a limited amount of memory. Those beyond it wait in one temporary file, which is divided
into blocks of equal size, so that they need one file descriptor. The file is removed when it is empty.
"""

from __future__ import annotations

import tempfile
import weakref
from collections.abc import Sequence
from contextlib import suppress
from threading import RLock
from typing import IO

BLOCK_SIZE = 64 * 1024  # bytes
MAX_MEMORY = 32 * 1024 * 1024  # bytes


class BodySpool:
    """The spool of all servers of a process. Any thread may use it.

    Attributes:
        free_memory: Bytes of memory that are not reserved.
    """

    def __init__(self, max_memory: int = MAX_MEMORY) -> None:
        self.free_memory: int = max_memory
        self._file: IO[bytes] | None = None
        self._free_blocks: list[int] = []
        self._total_blocks = 0
        self._lock = RLock()  # a garbage collection may release blocks at any time

    def reserve_memory(self, size: int) -> bool:
        """Return whether there is enough memory. If so, call `release_memory` later."""
        with self._lock:
            if size > self.free_memory:
                return False
            self.free_memory -= size
            return True

    def release_memory(self, size: int) -> None:
        with self._lock:
            self.free_memory += size

    def write(self, body: bytes) -> list[int]:
        """Write a body to the file, and return its blocks. Call `release_blocks` later.

        Raises:
            OSError: If the file cannot be created, or the disk is full.
        """
        blocks: list[int] = []
        try:
            for start in range(0, len(body), BLOCK_SIZE):
                with self._lock:
                    blocks.append(self._take_block())
                    self._write_block(blocks[-1], body[start : start + BLOCK_SIZE])
        except BaseException:
            self.release_blocks(blocks)
            raise
        return blocks

    def read(self, block: int, size: int, start: int = 0) -> bytes:
        """Return bytes of a block."""
        with self._lock:
            assert self._file is not None
            self._file.seek(block * BLOCK_SIZE + start)
            return self._file.read(size)

    def release_blocks(self, blocks: Sequence[int]) -> None:
        with self._lock:
            self._free_blocks += blocks
            if len(self._free_blocks) == self._total_blocks:
                self._free_blocks, self._total_blocks = [], 0
                if self._file is not None:
                    self._file.close()
                    self._file = None

    def _take_block(self) -> int:
        if self._free_blocks:
            return self._free_blocks.pop()
        self._total_blocks += 1
        return self._total_blocks - 1

    def _write_block(self, block: int, data: bytes) -> None:
        if self._file is None:
            # Without a buffer, a failed write leaves nothing behind for `close` to write.
            self._file = tempfile.TemporaryFile(buffering=0)  # noqa: SIM115  see release_blocks
        self._file.seek(block * BLOCK_SIZE)
        while data:
            data = data[self._file.write(data) :]


SPOOL = BodySpool()


class SpooledBytes:
    """Bytes that wait in the spool until this object is deleted.

    They stay in memory if they are fewer than a block, or if the disk is full.
    """

    def __init__(self, data: bytes, spool: BodySpool = SPOOL) -> None:
        self._spool = spool
        self._size = len(data)
        self._data: bytes | None = data
        self._blocks: Sequence[int] = ()
        if self._size < BLOCK_SIZE:
            return
        if spool.reserve_memory(self._size):
            weakref.finalize(self, spool.release_memory, self._size)
            return
        with suppress(OSError):
            self._blocks = spool.write(data)
            self._data = None
            weakref.finalize(self, spool.release_blocks, self._blocks)

    def __len__(self) -> int:
        return self._size

    def __bytes__(self) -> bytes:
        return self.read(0, self._size)

    def read(self, start: int, size: int) -> bytes:
        """Return `size` bytes, or those up to the end."""
        end = min(start + size, self._size)
        if self._data is not None:
            return self._data[start:end]
        parts: list[bytes] = []
        while start < end:
            number, offset = divmod(start, BLOCK_SIZE)
            part_size = min(BLOCK_SIZE - offset, end - start)
            parts.append(self._spool.read(self._blocks[number], part_size, offset))
            start += part_size
        return b"".join(parts)
