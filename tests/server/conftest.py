"""Fixtures: a running server, a client of it, and an upstream model."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest

from chatroutes_server import LocalServer
from tests.support.held_replies import HeldReplies
from tests.support.markers import HAS_DEV_EXTRA
from tests.support.postgresql import NOT_INSTALLED, PostgreSQL, find_program
from tests.support.server_api import Api
from tests.support.server_command import Command
from tests.support.upstream_server import UPSTREAM_API_KEY, FakeUpstream


def pytest_generate_tests(metafunc: pytest.Metafunc) -> None:
    """Run the tests that are marked `engine` on both engines."""
    if "new_database" not in metafunc.fixturenames or not HAS_DEV_EXTRA:
        return
    if metafunc.definition.get_closest_marker("engine"):
        engines = ["sqlite", "postgresql"]
        metafunc.parametrize("new_database", engines, indirect=True, scope="session")


@pytest.fixture(scope="session")
def postgresql() -> Iterator[PostgreSQL]:
    if find_program("initdb") is None:
        pytest.skip(NOT_INSTALLED)
    with PostgreSQL() as running:
        yield running


@pytest.fixture(scope="session")
def new_database(request: pytest.FixtureRequest) -> Callable[[], str | None]:
    """Return a function that creates a database for a server. None stands for a temporary file."""
    if getattr(request, "param", "sqlite") == "sqlite":
        return lambda: None
    running: PostgreSQL = request.getfixturevalue("postgresql")
    return running.create_schema


@pytest.fixture
def upstream() -> Iterator[FakeUpstream]:
    """Run an OpenAI-compatible server with a scripted behaviour."""
    with FakeUpstream() as fake_upstream:
        yield fake_upstream


@pytest.fixture
def replies() -> Iterator[HeldReplies]:
    with HeldReplies() as held:
        yield held


@pytest.fixture
def held_upstream(replies: HeldReplies, upstream: FakeUpstream) -> FakeUpstream:
    """Make the replies of the upstream wait until the test releases them."""
    upstream.behaviour = replies
    return upstream


@pytest.fixture
def upstream_timeout() -> float:
    """The server's timeout for upstream requests, in seconds; long enough for a busy machine."""
    return 60


@pytest.fixture
def upstream_api(
    upstream: FakeUpstream,
    upstream_timeout: float,
    monkeypatch: pytest.MonkeyPatch,
    new_database: Callable[[], str | None],
) -> Iterator[Api]:
    """Run a server with a model of `upstream` and the built-in model, and return a client of it."""
    monkeypatch.setenv("UPSTREAM_KEY", UPSTREAM_API_KEY)
    model = f"llama={upstream.url},model=llama3:8b,provider=ollama,key=UPSTREAM_KEY"
    model += f",timeout={upstream_timeout}"
    # Without comments, which would begin the response if a busy machine delays a failure.
    options: Any = {"upstreams": [model], "keep_alive": 600}
    with LocalServer(database=new_database(), **options) as server, Api(server) as api:
        yield api


@pytest.fixture(scope="session")
def server(new_database: Callable[[], str | None]) -> Iterator[LocalServer]:
    with LocalServer(database=new_database()) as local_server:
        yield local_server


@pytest.fixture
def api(server: LocalServer) -> Iterator[Api]:
    with Api(server) as client:
        yield client


@pytest.fixture
def start_command(tmp_path: Path) -> Iterator[Callable[..., Command]]:
    """Return a function that starts the command line with these arguments."""
    commands: list[Command] = []

    def start(*arguments: str) -> Command:
        commands.append(Command(tmp_path, *arguments))
        return commands[-1]

    yield start
    for command in commands:
        if command.process.poll() is None:
            command.process.kill()
            command.process.communicate()
