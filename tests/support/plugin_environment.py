"""The settings of a developer who runs tests of a program that uses the plugin."""

from __future__ import annotations

import pytest

# What a project of others may have set, at its strictest; without the plugins of this suite's own, which
# take longer to load than the tests to run.
STRICT = ("-W", "error", "--strict-markers", "--strict-config", "-p", "no:cacheprovider")
STRICT += tuple(
    f"-pno:{name}"
    for name in ("schemathesis", "hypothesispytest", "xdist", "pytest_cov", "pytest_httpx")
)
# Of the environment; the fixtures have nothing to do with them.
SETTINGS = {
    "CHATROUTES_API_KEY": "the developer's own",
    "CHATROUTES_BASE_URL": "http://127.0.0.1:1/api/v1",
    "HTTP_PROXY": "http://127.0.0.1:1",
    "NO_PROXY": "intranet.example",
}


@pytest.fixture(autouse=True)
def environment_of_a_user(monkeypatch: pytest.MonkeyPatch) -> None:
    for name, value in SETTINGS.items():
        monkeypatch.setenv(name, value)
