"""Which proxy of the environment is used for which URL, and proxies that cannot be used."""

from __future__ import annotations

from importlib.util import find_spec

import pytest

from chatroutes import ChatRoutes, ValidationError
from chatroutes._proxies import find_proxy
from tests.support.fault_server import FaultServer
from tests.support.payloads import API_KEY, CONVERSATION_RESPONSE

SERVICE = "http://service.example:8788/api/v1"
SECURE_SERVICE = "https://service.example/api/v1"


@pytest.mark.parametrize(
    ("variables", "url", "proxy"),
    [
        ({}, SERVICE, None),
        ({"HTTP_PROXY": "http://proxy.example:3128"}, SERVICE, "http://proxy.example:3128"),
        ({"http_proxy": "proxy.example:3128"}, SERVICE, "http://proxy.example:3128"),
        ({"HTTP_PROXY": "http://proxy.example"}, SECURE_SERVICE, None),
        ({"HTTPS_PROXY": "https://proxy.example"}, SECURE_SERVICE, "https://proxy.example"),
        ({"ALL_PROXY": "socks5://proxy.example"}, SECURE_SERVICE, "socks5://proxy.example"),
        (
            {"ALL_PROXY": "http://all.example", "HTTP_PROXY": "http://one.example"},
            SERVICE,
            "http://one.example",
        ),
        ({"HTTP_PROXY": ""}, SERVICE, None),
        ({"HTTP_PROXY": " "}, SERVICE, None),
        ({"HTTP_PROXY": " http://proxy.example "}, SERVICE, "http://proxy.example"),
        ({"HTTP_PROXY": "http://me:secret@proxy.example"}, SERVICE, "http://proxy.example"),
        ({"ALL_PROXY": "http://proxy.example", "NO_PROXY": "*"}, SERVICE, None),
        ({"ALL_PROXY": "http://proxy.example", "NO_PROXY": "example"}, SERVICE, None),
        (
            {"ALL_PROXY": "http://proxy.example", "NO_PROXY": "a, service.example:8788"},
            SERVICE,
            None,
        ),
        (
            {"ALL_PROXY": "http://proxy.example", "NO_PROXY": "ice.example"},
            SERVICE,
            "http://proxy.example",
        ),
        ({"ALL_PROXY": "http://proxy.example", "NO_PROXY": "::1"}, "http://[::1]:8788", None),
    ],
)
def test_proxy_of_the_environment_depends_on_the_url(
    monkeypatch: pytest.MonkeyPatch, variables: dict[str, str], url: str, proxy: str | None
) -> None:
    for name, value in variables.items():
        monkeypatch.setenv(name, value)

    found = find_proxy(url)

    assert (None if found is None else str(found.proxy.url)) == proxy


@pytest.mark.parametrize(
    "proxy",
    [
        "ftp://me:secret@proxy.example",
        "http://me:secret@proxy:port",
        "http://me:secret@proxy:87877",
        "http://me:secret@",
    ],
)
def test_invalid_proxy_is_refused(monkeypatch: pytest.MonkeyPatch, proxy: str) -> None:
    monkeypatch.setenv("HTTP_PROXY", proxy)

    with ChatRoutes(API_KEY, SERVICE) as client, pytest.raises(ValidationError) as caught:
        client.conversations.get("conv_1")

    assert f"names the proxy '{proxy.partition('@')[2]}'" in caught.value.message
    assert "secret" not in caught.value.message


@pytest.mark.skipif(find_spec("socksio") is not None, reason="needs an environment without socksio")
def test_socks_proxy_without_its_package_is_refused(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("ALL_PROXY", "socks5://proxy.example")

    with (
        ChatRoutes(API_KEY, SERVICE, transport="httpx") as client,
        pytest.raises(ValidationError, match=r"Nothing was sent: .*httpx\[socks\]"),
    ):
        client.conversations.get("conv_1")


def test_invalid_proxy_for_another_url_is_ignored(
    fault_server: FaultServer, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("HTTPS_PROXY", "ftp://proxy.example")
    fault_server.script(CONVERSATION_RESPONSE)

    with ChatRoutes(API_KEY, fault_server.base_url) as client:
        client.conversations.get("conv_1")
