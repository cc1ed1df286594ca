"""The environment of a developer who runs tests with the pytest plugin."""

from __future__ import annotations

import pytest

# The strictest options that a project can set. The plugins of this suite are disabled, because loading them takes
# longer than running the tests.
STRICT_OPTIONS = ("-W", "error", "--strict-markers", "--strict-config", "-p", "no:cacheprovider")
STRICT_OPTIONS += tuple(
    f"-pno:{name}"
    for name in ("schemathesis", "hypothesispytest", "xdist", "pytest_cov", "pytest_httpx")
)
# Environment variables that must not affect the fixtures.
DEVELOPER_SETTINGS = {
    "CHATROUTES_API_KEY": "the developer's own",
    "CHATROUTES_BASE_URL": "http://127.0.0.1:1/api/v1",
    "HTTP_PROXY": "http://127.0.0.1:1",
    "NO_PROXY": "intranet.example",
}


@pytest.fixture(autouse=True)
def developer_environment(monkeypatch: pytest.MonkeyPatch) -> None:
    for name, value in DEVELOPER_SETTINGS.items():
        monkeypatch.setenv(name, value)
