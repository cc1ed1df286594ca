"""The cache of large responses: the body of a long conversation is kept until the conversation changes.

Each change of a conversation, also by another process, increases its `updated_at` in the same
transaction. A body is only returned for the `updated_at` it was built for, so the cache never returns
an outdated body.
"""

from __future__ import annotations

from collections import OrderedDict
from threading import Lock

MAX_MEMORY = 32 * 1024 * 1024  # bytes
MIN_SIZE = 64 * 1024  # bytes; a smaller body is built as fast as it is sent


class ResponseCache:
    """The bodies that were used last. Any thread may use it."""

    def __init__(self, max_memory: int = MAX_MEMORY) -> None:
        self._max_memory = max_memory
        self._size = 0
        self._bodies: OrderedDict[str, tuple[int, bytes]] = OrderedDict()  # the oldest first
        self._lock = Lock()

    def get(self, url: str, version: int) -> bytes | None:
        """Return the body for this version, if it is in the cache."""
        with self._lock:
            stored_version, body = self._bodies.get(url, (None, None))
            if stored_version != version:
                return None
            self._bodies.move_to_end(url)
            return body

    def put(self, url: str, version: int, body: bytes) -> None:
        """Replace the body of an earlier version, unless the body is small or too large."""
        with self._lock:
            if url in self._bodies:
                self._size -= len(self._bodies.pop(url)[1])
            if MIN_SIZE <= len(body) <= self._max_memory:
                self._bodies[url] = version, body
                self._size += len(body)
            while self._size > self._max_memory:
                _, (_, removed) = self._bodies.popitem(last=False)
                self._size -= len(removed)
