"""Clients of a fault server."""

from __future__ import annotations

from typing import Any

from chatroutes import AsyncChatRoutes
from tests.support.fault_server import FaultServer
from tests.support.payloads import API_KEY

SHORT_TIMEOUT = 0.3
"""A timeout, in seconds, for a server that sends nothing."""
LONGER_TIMEOUT = 1.0
"""A timeout, in seconds, for a server that first sends something, which a busy machine delays."""


def make_client(fault_server: FaultServer, **options: Any) -> AsyncChatRoutes:
    """Return a client of the fault server that does not wait before a retry."""
    return AsyncChatRoutes(
        API_KEY, fault_server.base_url, **{"timeout": 20, "retry_delay": 0, **options}
    )
