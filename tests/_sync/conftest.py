# Derived from tests/_async/conftest.py by scripts/regen.py. Do not edit.

"""A client of the real server."""

from __future__ import annotations

from collections.abc import Iterator

import pytest

from chatroutes import ChatRoutes
from chatroutes_server import LocalServer


@pytest.fixture
def client(local_server: LocalServer) -> Iterator[ChatRoutes]:
    """A client of the real server."""
    with ChatRoutes(local_server.api_key, local_server.base_url) as client:
        yield client
