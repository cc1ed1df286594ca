"""URLs with credentials or without TLS, and proxies and certificates of the environment that cannot be used."""

from __future__ import annotations

import contextlib
import warnings
from pathlib import Path
from typing import Any
from uuid import uuid4

import httpx
import pytest

from chatroutes import AsyncChatRoutes, ChatRoutes, NetworkError, ValidationError
from chatroutes._proxies import find_proxy
from tests.support.fault_server import FaultServer
from tests.support.payloads import API_KEY, CONVERSATION_ENVELOPE, CONVERSATION_RESPONSE

pytestmark = pytest.mark.transport


def respond(request: httpx.Request) -> httpx.Response:
    return httpx.Response(200, json=CONVERSATION_ENVELOPE)


@pytest.mark.parametrize("client_class", [ChatRoutes, AsyncChatRoutes])
@pytest.mark.parametrize("scheme", ["http", "https", "ftp"])
@pytest.mark.parametrize("user", ["user:passw0rd", "passw0rd", ":passw0rd", "a:passw0rd@b"])
def test_credentials_in_base_url_are_refused(
    client_class: Any, scheme: str, user: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    url = f"{scheme}://{user}@service.example/api/v1"

    with pytest.raises(ValidationError, match=r"://\*\*\*@service\.example") as caught:
        client_class(API_KEY, url)
    assert "passw0rd" not in str(caught.value)

    monkeypatch.setenv("CHATROUTES_BASE_URL", url)
    with pytest.raises(ValidationError, match="user name or a password"):
        client_class(API_KEY)


@pytest.mark.parametrize(
    "exception",
    ["127.0.0.1,fd07::/64", "127.0.0.1/8", "fd07::/64 127.0.0.0/24", "127.0.0.1,::1/128,[::1]"],
)
@pytest.mark.parametrize("proxy", ["http://127.0.0.1:1", "socks5://127.0.0.1:1", "socks://x:1"])
def test_no_proxy_may_contain_ranges(
    fault_server: FaultServer, monkeypatch: pytest.MonkeyPatch, exception: str, proxy: str
) -> None:
    monkeypatch.setenv("ALL_PROXY", proxy)
    monkeypatch.setenv("NO_PROXY", exception)
    fault_server.script(CONVERSATION_RESPONSE)

    with ChatRoutes(API_KEY, fault_server.base_url, retry_attempts=0) as client:
        client.conversations.get("c")


@pytest.mark.parametrize(
    ("exception", "url", "is_used"),
    [
        ("::1/128", "http://[::1]:8788", False),
        ("[::1]", "http://[::1]:8788", False),
        ("[::1]:8788", "http://[::1]:8788", False),
        ("[::1]:1", "http://[::1]:8788", True),
        ("fd07::/64", "http://[fd07::5]:8788", False),
        ("fd07::/64", "http://[fd08::5]:8788", True),
        ("10.0.0.0/8", "http://10.1.2.3", False),
        ("10.0.0.0/8", "http://service.example", True),
        ("*.service.example", "http://a.service.example", False),
        ("*.service.example", "http://other.example", True),
        ("nonsense/99", "http://10.1.2.3", True),
        ("http://10.1.2.3", "http://10.1.2.3", False),
        ("http://10.1.2.3/", "http://10.1.2.3:8788", False),
        ("https://10.1.2.3", "http://10.1.2.3", True),
        ("all://service.example", "http://a.service.example", False),
        ("https://service.example:8788", "https://service.example:8788", False),
        ("https://service.example:8788", "https://service.example", True),
        ("other.example, *", "http://service.example", False),
        (".", "http://service.example", True),
    ],
)
def test_no_proxy_excludes_urls_from_the_proxy(
    monkeypatch: pytest.MonkeyPatch, exception: str, url: str, is_used: bool
) -> None:
    monkeypatch.setenv("ALL_PROXY", "http://proxy.example")
    monkeypatch.setenv("NO_PROXY", exception)

    assert (find_proxy(url) is not None) is is_used


def test_proxy_with_the_scheme_socks_is_refused(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("ALL_PROXY", "socks://me:passw0rd@proxy.example:1080")

    with (
        ChatRoutes(API_KEY, "https://service.example") as client,
        pytest.raises(ValidationError, match=r"ALL_PROXY names .* Write socks5://") as caught,
    ):
        client.conversations.get("c")
    assert "passw0rd" not in str(caught.value)


def test_proxy_that_cannot_be_reached_is_named(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("HTTPS_PROXY", "http://me:passw0rd@127.0.0.1:1")

    with (
        ChatRoutes(
            API_KEY, "https://service.example", transport="httpx", retry_attempts=0
        ) as client,
        pytest.raises(NetworkError, match=r"proxy http://127\.0\.0\.1:1 \(HTTPS_PROXY\)") as caught,
    ):
        client.conversations.get("c")
    assert "https://service.example" in str(caught.value)
    assert "passw0rd" not in str(caught.value)


@pytest.mark.parametrize("variable", ["SSL_CERT_FILE", "SSL_CERT_DIR"])
@pytest.mark.parametrize("kind", ["missing", "empty", "other kind"])
def test_certificates_that_cannot_be_loaded_are_named(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path, variable: str, kind: str
) -> None:
    monkeypatch.delenv("SSL_CERT_FILE", raising=False)
    monkeypatch.delenv("SSL_CERT_DIR", raising=False)
    path = tmp_path / "certificates"
    if kind != "missing":
        is_folder = (variable == "SSL_CERT_DIR") == (kind == "empty")
        path.mkdir() if is_folder else path.touch()
    monkeypatch.setenv(variable, str(path))

    with (
        ChatRoutes(API_KEY, "https://127.0.0.1:1", retry_attempts=0) as client,
        pytest.raises(ValidationError, match=f"{variable} names ") as caught,
    ):
        client.conversations.get("c")
    assert str(path) in str(caught.value)


def test_certificate_variables_have_no_effect_without_tls(
    fault_server: FaultServer, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("SSL_CERT_FILE", "/missing.pem")
    fault_server.script(CONVERSATION_RESPONSE)

    with ChatRoutes(API_KEY, fault_server.base_url) as client:
        client.conversations.get("c")


def test_unencrypted_requests_to_another_machine_warn_once(
    fault_server: FaultServer, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("HTTP_PROXY", fault_server.base_url.removesuffix("/api/v1"))
    fault_server.script(CONVERSATION_RESPONSE, repeat_last=True)
    host = f"{uuid4()}.example"  # a process warns of a host once

    with warnings.catch_warnings(record=True) as caught:
        warnings.simplefilter("always")
        for _ in range(2):
            with ChatRoutes(API_KEY, f"http://{host}/api/v1", transport="httpx") as client:
                client.conversations.get("c")
                client.conversations.get("c")

    [warning] = caught
    assert f"{host} without encryption" in str(warning.message)
    assert warning.filename == __file__


@pytest.mark.parametrize(
    ("transport", "warnings_expected"),
    [(httpx.HTTPTransport(proxy="http://127.0.0.1:1"), 1), (httpx.MockTransport(respond), 0)],
)
def test_unencrypted_requests_of_an_http_client_warn_once(
    transport: httpx.BaseTransport, warnings_expected: int
) -> None:
    base_url = f"http://{uuid4()}.example"  # a process warns of a host once
    with (
        httpx.Client(transport=transport) as own,
        warnings.catch_warnings(record=True) as caught,
    ):
        warnings.simplefilter("always")
        for _ in range(2):
            client = ChatRoutes(API_KEY, base_url, retry_attempts=0, http_client=own)
            for _ in range(2):
                with contextlib.suppress(NetworkError):
                    client.conversations.get("c")

    assert len(caught) == warnings_expected
    assert all(each.filename == __file__ for each in caught)


@pytest.mark.parametrize("host", ["127.0.0.1", "localhost", "[::1]", "127.9.9.9", "0.0.0.0"])
def test_unencrypted_requests_to_this_machine_do_not_warn(host: str) -> None:
    with (
        warnings.catch_warnings(record=True) as caught,
        ChatRoutes(API_KEY, f"http://{host}:1", retry_attempts=0) as client,
    ):
        warnings.simplefilter("always")
        with pytest.raises(NetworkError):
            client.conversations.get("c")

    assert not caught
