"""A client of the local server, from the project's pytest plugin."""

from __future__ import annotations

import pytest

from chatroutes import AsyncChatRoutes
from tests.support.gc_fixture import freeze_existing_objects as freeze_existing_objects


def pytest_itemcollected(item: pytest.Item) -> None:
    """Mark every test of this folder: the tests that use a transport."""
    item.add_marker("transport")


@pytest.fixture
def client(async_chatroutes_client: AsyncChatRoutes) -> AsyncChatRoutes:
    """Return a client of an empty server that no other test uses."""
    return async_chatroutes_client
