"""A full disk: the system refuses to let the write-ahead log of a database grow.

The limit is RLIMIT_FSIZE of this process, and applies to all of its files. Python ignores the signal SIGXFSZ, so a write beyond the
limit fails with EFBIG, and SQLite reports an error as on a full disk.
"""

from __future__ import annotations

import resource
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path


def log_size(database: Path) -> int:
    """Return the size of the write-ahead log."""
    return database.with_name(f"{database.name}-wal").stat().st_size


def file_sizes(folder: Path) -> Iterator[int]:
    """Yield the sizes of the files in a folder, in which a server creates and removes files meanwhile."""
    for file in folder.iterdir():
        with suppress(FileNotFoundError):
            yield file.stat().st_size


def limit_file_size(process_id: int, size: int | None) -> None:
    """Let no file of a process grow beyond this size, or end the limit. Linux has limits of other processes."""
    most = resource.RLIM_INFINITY if size is None else size
    resource.prlimit(process_id, resource.RLIMIT_FSIZE, (most, resource.RLIM_INFINITY))


@contextmanager
def full_disk(size: int) -> Iterator[None]:
    """Let no file of this process grow beyond this size."""
    previous = resource.getrlimit(resource.RLIMIT_FSIZE)
    resource.setrlimit(resource.RLIMIT_FSIZE, (size, previous[1]))
    try:
        yield
    finally:
        resource.setrlimit(resource.RLIMIT_FSIZE, previous)
