"""File descriptors: how many connections and requests the process can have at once."""

from __future__ import annotations

import contextlib
import sys
from dataclasses import dataclass

MAX_DESCRIPTORS = 16_384  # more are not used: a connection also needs memory
RESERVED_DESCRIPTORS = 64  # for the database, the listening sockets, the event loop and the program
WINDOWS_DESCRIPTORS = 512  # of the event loop


@dataclass(frozen=True)
class ConnectionLimits:
    """The numbers of connections and of requests that may be open at once.

    There may be more connections than requests, because a connection is needed to reject a request.
    """

    connections: int
    requests: int

    @classmethod
    def from_process(cls, descriptors_per_request: int) -> ConnectionLimits:
        """Return the limits that the descriptors of this process allow."""
        usable = max(_soft_limit() - RESERVED_DESCRIPTORS, 16) // descriptors_per_request
        return cls(connections=usable, requests=usable - usable // 8)


def raise_soft_limit() -> None:
    """Raise the soft limit of file descriptors to the hard limit, up to MAX_DESCRIPTORS."""
    if sys.platform == "win32":
        return
    import resource

    soft, hard = resource.getrlimit(resource.RLIMIT_NOFILE)
    wanted = MAX_DESCRIPTORS if hard == resource.RLIM_INFINITY else min(hard, MAX_DESCRIPTORS)
    if soft != resource.RLIM_INFINITY and soft < wanted:
        with contextlib.suppress(OSError, ValueError):  # macOS has a lower limit than it reports
            resource.setrlimit(resource.RLIMIT_NOFILE, (wanted, hard))


def _soft_limit() -> int:
    if sys.platform == "win32":
        return WINDOWS_DESCRIPTORS
    import resource

    soft, _ = resource.getrlimit(resource.RLIMIT_NOFILE)
    return MAX_DESCRIPTORS if soft == resource.RLIM_INFINITY else min(soft, MAX_DESCRIPTORS)
