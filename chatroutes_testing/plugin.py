"""Fixtures and a marker for tests of programs that use ChatRoutes.

pytest loads this module wherever it and the package are installed, also for projects that use
nothing of it: what the fixtures need is imported by them.
"""

from __future__ import annotations

import contextlib
import os
from collections.abc import Iterator
from typing import TYPE_CHECKING

import pytest

if TYPE_CHECKING:
    from chatroutes import AsyncChatRoutes, ChatRoutes
    from chatroutes_server import Fault, LocalServer

MARKER = "chatroutes_faults"
WITHOUT_THE_EXTRA = (
    "the fixtures of ChatRoutes need more packages: "
    'pip install "chatroutes[testing]" installs them'
)


def pytest_configure(config: pytest.Config) -> None:
    """Register the marker."""
    config.addinivalue_line(
        "markers",
        f"{MARKER}(*faults): what is to go wrong in the chatroutes_server of this test, each a "
        'Fault or the text of one, such as "sendMessage:status=503,times=2".',
    )


@pytest.hookimpl(trylast=True)
def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """Refuse a marker that names no fault, before any test runs.

    Raises:
        pytest.UsageError: a test that was selected has such a marker.
    """
    for item in items:
        for mark in item.iter_markers(MARKER):
            try:
                _faults_of(mark)
            except ValueError as error:
                raise pytest.UsageError(f"{item.nodeid}: {MARKER}: {error}") from None


@pytest.fixture
def chatroutes_server(
    request: pytest.FixtureRequest, monkeypatch: pytest.MonkeyPatch
) -> Iterator[LocalServer]:
    """A ChatRoutes server of this test's own, empty, with the faults that it is marked with."""
    from chatroutes_server import LocalServer, StartupError

    _let_no_proxy_come_between(monkeypatch)
    marks: Iterator[pytest.Mark] = request.node.iter_markers(MARKER)
    with contextlib.ExitStack() as end:
        try:
            server = end.enter_context(
                LocalServer(faults=[fault for mark in marks for fault in _faults_of(mark)])
            )
        except ModuleNotFoundError:
            raise  # a fault of ours: for a package that is missing there is a plain ImportError
        except ImportError:
            pytest.fail(WITHOUT_THE_EXTRA, pytrace=False)
        except StartupError as error:
            pytest.fail(str(error), pytrace=False)
        yield server


@pytest.fixture
def chatroutes_client(chatroutes_server: LocalServer) -> Iterator[ChatRoutes]:
    """A client of `chatroutes_server`. It tries again at once."""
    from chatroutes import ChatRoutes

    with ChatRoutes(chatroutes_server.api_key, chatroutes_server.base_url, retry_delay=0) as client:
        yield client


@pytest.fixture
def async_chatroutes_client(chatroutes_server: LocalServer) -> AsyncChatRoutes:
    """An async client of `chatroutes_server`, whatever runs the test. It tries again at once."""
    from chatroutes import AsyncChatRoutes

    # An async fixture would need a plugin that runs it. The connections are closed by the event
    # loop that they were opened in, when it ends; from here, outside of it, they cannot be.
    return AsyncChatRoutes(chatroutes_server.api_key, chatroutes_server.base_url, retry_delay=0)


def _let_no_proxy_come_between(monkeypatch: pytest.MonkeyPatch) -> None:
    # The proxy of somebody's office knows nothing of this machine. Either spelling may be in use, and
    # where both are, the small one counts.
    exceptions = os.environ.get("no_proxy") or os.environ.get("NO_PROXY")
    for name in ("NO_PROXY", "no_proxy"):
        monkeypatch.setenv(name, f"{exceptions},127.0.0.1" if exceptions else "127.0.0.1")


def _faults_of(mark: pytest.Mark) -> list[Fault]:
    """Read what a marker was given; ValueError if that is not faults alone."""
    from chatroutes_server import Fault

    if mark.kwargs or not mark.args:
        raise ValueError("it takes one fault or more, and nothing by keyword")
    found: list[Fault] = []
    for given in mark.args:
        if isinstance(given, str):
            found.append(Fault.parse(given))
        elif isinstance(given, Fault):
            found.append(given)
        else:
            raise ValueError(f"{given!r} is neither a Fault nor the text of one")
    return found
