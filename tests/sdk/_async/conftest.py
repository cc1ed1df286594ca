"""A client of the real server, as the pytest plugin gives it to everybody."""

from __future__ import annotations

import pytest

from chatroutes import AsyncChatRoutes
from tests.support.gc_fixture import collect_what_is_new as collect_what_is_new


@pytest.fixture
def client(async_chatroutes_client: AsyncChatRoutes) -> AsyncChatRoutes:
    """A client of an empty server of this test's own."""
    return async_chatroutes_client
