"""Fixtures for the tests of the command line: a server for each module, and commands that use it."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest

from chatroutes import ChatRoutes
from chatroutes_server import LocalServer
from tests.support.command_line import CommandLine


@pytest.fixture(scope="module")
def server() -> Iterator[LocalServer]:
    """A local server for the tests of a module. Its conversations stay until the end of the module."""
    with LocalServer() as running:
        yield running


@pytest.fixture
def client(server: LocalServer) -> Iterator[ChatRoutes]:
    """A client of the server, to prepare conversations and to look at them."""
    with ChatRoutes(server.api_key, server.base_url, retry_delay=0) as client:
        yield client


@pytest.fixture
def folders(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> Path:
    """Let the commands keep their settings and their data in a folder of the test."""
    monkeypatch.setenv("CHATROUTES_CONFIG", str(tmp_path / "config" / "config.json"))
    for name in ("XDG_DATA_HOME", "XDG_STATE_HOME", "XDG_CONFIG_HOME"):
        monkeypatch.setenv(name, str(tmp_path))
    monkeypatch.delenv("NO_COLOR", raising=False)
    monkeypatch.delenv("FORCE_COLOR", raising=False)
    return tmp_path


@pytest.fixture
def commands(server: LocalServer, folders: Path) -> CommandLine:
    """Commands that use the server."""
    return CommandLine(server.api_key, server.base_url)
