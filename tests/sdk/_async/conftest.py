"""A client of the local server, from the project's pytest plugin."""

from __future__ import annotations

import pytest

from chatroutes import AsyncChatRoutes


@pytest.fixture
def client(async_chatroutes_client: AsyncChatRoutes) -> AsyncChatRoutes:
    """Return a client of an empty server that no other test uses."""
    return async_chatroutes_client
