# Derived from tests/sdk/_async/conftest.py by scripts/regen.py. Do not edit.

"""A client of the real server, as the pytest plugin gives it to everybody."""

from __future__ import annotations

import pytest

from chatroutes import ChatRoutes
from tests.support.gc_fixture import collect_what_is_new as collect_what_is_new


@pytest.fixture
def client(chatroutes_client: ChatRoutes) -> ChatRoutes:
    """A client of an empty server of this test's own."""
    return chatroutes_client
