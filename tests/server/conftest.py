"""Fixtures: a running server, a client of it, and an upstream model."""

from __future__ import annotations

from collections.abc import Iterator

import pytest

from chatroutes_server import LocalServer
from tests.support.server_api import Api
from tests.support.upstream_server import KEY, FakeUpstream


@pytest.fixture
def upstream() -> Iterator[FakeUpstream]:
    """A model elsewhere, which behaves as a test wants."""
    with FakeUpstream() as running:
        yield running


@pytest.fixture
def patience() -> float:
    """Seconds of silence that the server bears: more than a busy machine makes."""
    return 60


@pytest.fixture
def talk(upstream: FakeUpstream, patience: float, monkeypatch: pytest.MonkeyPatch) -> Iterator[Api]:
    """A server that has a model of `upstream`, with a key for it, and its own beside it."""
    monkeypatch.setenv("UPSTREAM_KEY", KEY)
    named = f"llama={upstream.url},model=llama3:8b,provider=ollama,key=UPSTREAM_KEY"
    named += f",timeout={patience}"
    with LocalServer(upstreams=[named]) as server, Api(server) as api:
        yield api


@pytest.fixture(scope="session")
def server() -> Iterator[LocalServer]:
    with LocalServer() as running:
        yield running


@pytest.fixture
def api(server: LocalServer) -> Iterator[Api]:
    with Api(server) as talking:
        yield talking
