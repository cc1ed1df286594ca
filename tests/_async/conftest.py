"""A client of the real server."""

from __future__ import annotations

from collections.abc import AsyncIterator

import pytest

from chatroutes import AsyncChatRoutes
from chatroutes_server import LocalServer


@pytest.fixture
async def client(local_server: LocalServer) -> AsyncIterator[AsyncChatRoutes]:
    """A client of the real server."""
    async with AsyncChatRoutes(local_server.api_key, local_server.base_url) as client:
        yield client
