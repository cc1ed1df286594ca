"""Fixtures and markers for tests of programs that use ChatRoutes.

Pytest loads this module in every environment in which the package is installed, also for projects
that do not use the fixtures. The fixtures therefore import what they need themselves.
"""

from __future__ import annotations

import contextlib
import os
from collections.abc import Iterator
from typing import TYPE_CHECKING, cast

import pytest

if TYPE_CHECKING:
    from chatroutes import AsyncChatRoutes, ChatRoutes
    from chatroutes_server import Fault, LocalServer
    from chatroutes_server.llm.replies import RepliesSource

FAULTS_MARKER = "chatroutes_faults"
REPLIES_MARKER = "chatroutes_replies"
MISSING_EXTRA = (
    "the fixtures of ChatRoutes need more packages: "
    'install them with pip install "chatroutes[testing]"'
)


def pytest_configure(config: pytest.Config) -> None:
    """Register the markers."""
    config.addinivalue_line(
        "markers",
        f"{FAULTS_MARKER}(*faults): inject faults into the chatroutes_server of this test: Fault objects, or "
        'strings such as "sendMessage:status=503,times=2".',
    )
    config.addinivalue_line(
        "markers",
        f"{REPLIES_MARKER}(replies): what the chatroutes_server of this test replies, as for "
        'LocalServer(replies=...), such as ["first", "second"].',
    )


@pytest.hookimpl(trylast=True)
def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """Check the markers of the selected tests before any test runs.

    Raises:
        pytest.UsageError: If the arguments of a marker are invalid.
    """
    parsers = {FAULTS_MARKER: _parse_faults, REPLIES_MARKER: _parse_replies}
    for item in items:
        for mark in item.iter_markers():
            try:
                if mark.name in parsers:
                    parsers[mark.name](mark)
            except ValueError as error:
                raise pytest.UsageError(f"{item.nodeid}: {mark.name}: {error}") from None


@pytest.fixture
def chatroutes_replies(request: pytest.FixtureRequest) -> RepliesSource | None:
    """The replies of `chatroutes_server`: those of the marker. Override it for replies of a fixture."""
    mark: pytest.Mark | None = request.node.get_closest_marker(REPLIES_MARKER)
    return None if mark is None else _parse_replies(mark)


@pytest.fixture
def chatroutes_server(
    request: pytest.FixtureRequest,
    monkeypatch: pytest.MonkeyPatch,
    chatroutes_replies: RepliesSource | None,
) -> Iterator[LocalServer]:
    """An empty ChatRoutes server for this test, with its replies and the faults of its marker."""
    from chatroutes_server import LocalServer, StartupError

    _bypass_proxies(monkeypatch)
    marks: Iterator[pytest.Mark] = request.node.iter_markers(FAULTS_MARKER)
    faults = [fault for mark in marks for fault in _parse_faults(mark)]
    with contextlib.ExitStack() as end:
        try:
            server = end.enter_context(LocalServer(faults=faults, replies=chatroutes_replies))
        except ModuleNotFoundError:
            raise  # a module of this package; LocalServer raises ImportError for missing packages
        except ImportError:
            pytest.fail(MISSING_EXTRA, pytrace=False)
        except StartupError as error:
            pytest.fail(str(error), pytrace=False)
        yield server


@pytest.fixture
def chatroutes_client(chatroutes_server: LocalServer) -> Iterator[ChatRoutes]:
    """A client of `chatroutes_server` that retries without a delay."""
    from chatroutes import ChatRoutes

    with ChatRoutes(chatroutes_server.api_key, chatroutes_server.base_url, retry_delay=0) as client:
        yield client


@pytest.fixture
def async_chatroutes_client(chatroutes_server: LocalServer) -> AsyncChatRoutes:
    """An async client of `chatroutes_server` that retries without a delay, for asyncio and trio."""
    from chatroutes import AsyncChatRoutes

    # An async fixture would need a plugin that runs it. This fixture cannot close the connections,
    # because it is outside of their event loop. They are closed when the loop ends.
    return AsyncChatRoutes(chatroutes_server.api_key, chatroutes_server.base_url, retry_delay=0)


def _bypass_proxies(monkeypatch: pytest.MonkeyPatch) -> None:
    # A proxy cannot reach this server. Both spellings of the variable are in use; if both are set, the
    # one in lower case counts.
    exceptions = os.environ.get("no_proxy") or os.environ.get("NO_PROXY")
    for name in ("NO_PROXY", "no_proxy"):
        monkeypatch.setenv(name, f"{exceptions},127.0.0.1" if exceptions else "127.0.0.1")


def _parse_faults(mark: pytest.Mark) -> list[Fault]:
    """Return the faults of a marker.

    Raises:
        ValueError: If an argument is not a fault.
    """
    from chatroutes_server import Fault

    if mark.kwargs or not mark.args:
        raise ValueError("expected one or more faults, and no keyword arguments")
    faults: list[Fault] = []
    for given in mark.args:
        if isinstance(given, str):
            faults.append(Fault.parse(given))
        elif isinstance(given, Fault):
            faults.append(given)
        else:
            raise ValueError(f"{given!r} is not a Fault or a string")
    return faults


def _parse_replies(mark: pytest.Mark) -> RepliesSource:
    """Return the replies of a marker.

    Raises:
        ValueError: If the arguments are not the replies of a LocalServer.
    """
    from chatroutes_server.llm.replies import Replies

    given = [*mark.args, *([mark.kwargs["replies"]] if "replies" in mark.kwargs else [])]
    if len(given) != 1 or mark.kwargs.keys() - {"replies"}:
        raise ValueError("expected one argument, such as a list of replies")
    Replies(given[0])
    return cast("RepliesSource", given[0])
