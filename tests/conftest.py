"""Fixtures for all tests: the fault server, a browser, a clean environment, both event loops and both transports."""

from __future__ import annotations

import gc
import inspect
import logging
import os
import signal
import sys
from collections.abc import Generator, Iterator

import httpx
import hypothesis
import pytest
from httpx._config import DEFAULT_TIMEOUT_CONFIG

from tests.support.chromium import NOT_INSTALLED, Chromium, find_chromium
from tests.support.fault_server import FaultServer
from tests.support.markers import HAS_DEV_EXTRA, single_python

pytest_plugins = ["pytester"]  # the tests of the pytest plugin run pytest

# Fewer examples than by default, and no limits on time, which a machine under load exceeds.
hypothesis.settings.register_profile(
    "suite",
    max_examples=50,
    deadline=None,
    suppress_health_check=[hypothesis.HealthCheck.too_slow],
)
hypothesis.settings.load_profile("suite")


# The default timeout of httpx, five seconds, which a busy machine exceeds.
vars(DEFAULT_TIMEOUT_CONFIG).update(httpx.Timeout(60).as_dict())


def pytest_configure() -> None:
    """Let SIGINT interrupt this process, and those that it starts, also if a shell runs the tests in the background."""
    if signal.getsignal(signal.SIGINT) is signal.SIG_IGN:
        signal.signal(signal.SIGINT, signal.default_int_handler)


@pytest.hookimpl(wrapper=True)
def pytest_collection() -> Generator[None, object, object]:
    """Collect the tests without garbage collection, which would find little and take a fifth of the time."""
    gc.disable()
    try:
        return (yield)
    finally:
        gc.enable()
        gc.freeze()


@pytest.hookimpl(tryfirst=True)
def pytest_pycollect_makeitem(collector: pytest.Collector, name: str, obj: object) -> None:
    """Mark every async test for anyio, so that each one runs on an event loop."""
    if name.startswith("test") and inspect.iscoroutinefunction(obj):
        pytest.mark.anyio(obj)


# The files and folders that take longest.
FIRST = (
    "test_api_change",
    "test_deadlines",
    "test_schemathesis",
    "test_postgresql",
    "test_shared_turns",
    "test_robustness",
    "test_interruptions",
    "server/test_cli.py",
    "test_chat_terminal",
    "test_tree_page",
    "test_killed_batches",
    "test_published_packages",
    "test_client_disconnect",
    "test_header_limits",
    "test_hostile_upstreams",
    "tooling",
)


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """Begin with the files that take longest, so that all workers end at the same time.

    The tests that are marked `check` need the extra `dev`.
    """

    def position(path: str) -> int:
        return next((at for at, name in enumerate(FIRST) if name in path), len(FIRST))

    items.sort(key=lambda item: position(item.nodeid.partition("::")[0]))
    for item in items:
        if item.get_closest_marker("check"):
            item.add_marker(single_python)


@pytest.hookimpl(optionalhook=True)
def pytest_xdist_auto_num_workers() -> int:
    """Return four workers more than there are cores, because many tests wait for a server or a timeout."""
    usable = len(os.sched_getaffinity(0)) if sys.platform == "linux" else os.cpu_count() or 1
    return usable + 4


@pytest.hookimpl(wrapper=True)
def pytest_runtest_makereport() -> Generator[None, pytest.TestReport, pytest.TestReport]:
    """Escape lone surrogates in captured output and logs, because pytest-xdist cannot send them."""
    report = yield
    report.sections = [
        (name, text.encode("utf-8", "backslashreplace").decode()) for name, text in report.sections
    ]
    return report


def pytest_generate_tests(metafunc: pytest.Metafunc) -> None:
    """Run the tests that are marked `transport` on both event loops, and on one Python on both transports.

    Both transports use the event loop through httpcore, so only tests with `combined=True` run on each pair.
    """
    marker = metafunc.definition.get_closest_marker("transport")
    if marker is None:
        return
    transports = ["httpx", "fast"] if HAS_DEV_EXTRA else ["httpx"]
    if "anyio_backend" not in metafunc.fixturenames:
        metafunc.parametrize("sdk_transport", transports, indirect=True)
        return
    pairs = [(event_loop, each) for event_loop in ("asyncio", "trio") for each in transports]
    if not marker.kwargs.get("combined"):
        pairs = [pair for pair in pairs if pair != ("trio", "fast")]
    metafunc.parametrize(("anyio_backend", "sdk_transport"), pairs, indirect=True)


@pytest.fixture(scope="module", autouse=True)
def freeze_existing_objects() -> None:
    """Exclude the objects that exist from garbage collection, so that gc.collect() takes no time in the tests."""
    gc.collect()
    gc.freeze()


@pytest.fixture(scope="module")
def anyio_backend(request: pytest.FixtureRequest) -> str:
    """The event loop of an asynchronous test."""
    return str(getattr(request, "param", "asyncio"))


@pytest.fixture
def sdk_transport(request: pytest.FixtureRequest) -> str:
    """The transport of the SDK's clients in this test."""
    return str(getattr(request, "param", "httpx"))


@pytest.fixture(scope="session")
def folder_without_certificates(tmp_path_factory: pytest.TempPathFactory) -> str:
    folder = tmp_path_factory.mktemp("certificates")
    (folder / "none").touch()  # the SDK rejects an empty folder
    return str(folder)


@pytest.fixture(autouse=True)
def clean_environment(
    monkeypatch: pytest.MonkeyPatch, sdk_transport: str, folder_without_certificates: str
) -> None:
    """Remove the SDK's settings and proxies from the environment, and set the transport.

    No certificate authority is trusted: every client would load those of the system, which takes longer
    than most tests. A test of TLS sets its own `SSL_CERT_FILE`.
    """
    for name in list(os.environ):
        if name.startswith("CHATROUTES_") or name.lower().endswith("_proxy"):
            monkeypatch.delenv(name)
    monkeypatch.setenv("CHATROUTES_TRANSPORT", sdk_transport)
    monkeypatch.delenv("SSL_CERT_FILE", raising=False)
    monkeypatch.setenv("SSL_CERT_DIR", folder_without_certificates)


@pytest.fixture
def fault_server() -> Iterator[FaultServer]:
    """Run a server that sends scripted responses."""
    with FaultServer() as running:
        yield running


@pytest.fixture(scope="module")
def browser() -> Iterator[Chromium]:
    """A headless browser for the tests of a module."""
    program = find_chromium()
    if program is None:
        pytest.skip(NOT_INSTALLED)
    with Chromium(program) as running:
        yield running


@pytest.fixture
def restored_logging() -> Iterator[None]:
    """Restore the configuration of logging, which a variable of the SDK and the server's command set."""
    names = (None, "chatroutes", "chatroutes_server", "uvicorn.error")
    loggers = [logging.getLogger(name) for name in names]
    before = [(each, each.level, list(each.handlers)) for each in loggers]
    yield
    for logger, level, handlers in before:
        logger.setLevel(level)
        logger.handlers[:] = handlers
