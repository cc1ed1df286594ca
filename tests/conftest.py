"""What the tests share: a faulty server, and both event loops for every async test."""

from __future__ import annotations

import inspect
import os
from collections.abc import Iterator

import pytest

from tests.support.fault_server import FaultServer

pytest_plugins = ["pytester"]  # runs pytest on what uses the plugin


@pytest.hookimpl(tryfirst=True)
def pytest_pycollect_makeitem(collector: pytest.Collector, name: str, obj: object) -> None:
    """Mark every async test for anyio, so that none is collected without an event loop."""
    if name.startswith("test") and inspect.iscoroutinefunction(obj):
        pytest.mark.anyio(obj)


@pytest.fixture(scope="module", params=["asyncio", "trio"])
def anyio_backend(request: pytest.FixtureRequest) -> str:
    """The event loop that an async test runs on."""
    return str(request.param)


# The tests of the clients run on either transport; scripts/test runs them on both.
TRANSPORT = os.environ.get("CHATROUTES_TRANSPORT", "httpx")


@pytest.fixture(autouse=True)
def plain_environment(monkeypatch: pytest.MonkeyPatch) -> None:
    """Keep the settings of the machine that runs the tests out of them, but for the transport."""
    for name in list(os.environ):
        if name.startswith("CHATROUTES_") or name.lower().endswith("_proxy"):
            monkeypatch.delenv(name)
    monkeypatch.setenv("CHATROUTES_TRANSPORT", TRANSPORT)


@pytest.fixture
def faults() -> Iterator[FaultServer]:
    """A server that answers as scripted."""
    with FaultServer() as running:
        yield running
