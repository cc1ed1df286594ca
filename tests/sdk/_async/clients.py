"""Clients of a fault server."""

from __future__ import annotations

from typing import Any

from chatroutes import AsyncChatRoutes
from tests.support.fault_server import FaultServer
from tests.support.payloads import KEY

BRIEF = 0.3
"""A timeout, in seconds, for a server that sends nothing; long enough for a busy machine that does send."""


def client_of(faults: FaultServer, **options: Any) -> AsyncChatRoutes:
    """Return a client of the fault server that does not wait before a retry."""
    return AsyncChatRoutes(KEY, faults.base_url, **{"timeout": 20, "retry_delay": 0, **options})
