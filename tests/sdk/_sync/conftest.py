# Derived from tests/sdk/_async/conftest.py by scripts/regen.py. Do not edit.

"""A client of the local server, from the project's pytest plugin."""

from __future__ import annotations

import pytest

from chatroutes import ChatRoutes


@pytest.fixture
def client(chatroutes_client: ChatRoutes) -> ChatRoutes:
    """Return a client of an empty server that no other test uses."""
    return chatroutes_client
