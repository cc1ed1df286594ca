"""Secrets in errors, URLs with credentials, certificates and proxies that cannot be used."""

from __future__ import annotations

import pickle
import traceback
import warnings
from pathlib import Path
from typing import Any

import httpx
import pytest

from chatroutes import AsyncChatRoutes, ChatRoutes, ChatRoutesError, NetworkError, ValidationError
from chatroutes._httpx import find_proxy, ssl_context
from chatroutes._options import Secret
from tests.sdk.test_key_redaction import assert_api_key_hidden
from tests.support.fault_responses import json_response, raw_response
from tests.support.fault_server import FaultServer
from tests.support.payloads import API_KEY, CONVERSATION_RESPONSE

pytestmark = pytest.mark.transport

KEY = API_KEY.encode()
OK = b"HTTP/1.1 200 OK\r\n"
MALFORMED = [
    b"HTTP/1.1 " + KEY + b"\r\n\r\n",
    KEY + b"\r\n\r\n",
    b"HTTP/1.1 200 " + KEY + b"\x00\r\n\r\n",
    OK + KEY + b"\r\n\r\n",
    OK + b"X: \x00" + KEY + b"\r\n\r\n",
    OK + b" " + KEY + b": a\r\n\r\n",
    OK + b"Content-Length: " + KEY + b"\r\n\r\n",
    OK + b"Transfer-Encoding: " + KEY + b"\r\n\r\n",
    OK + b"Transfer-Encoding: chunked\r\n\r\n" + KEY + b"\r\nab\r\n0\r\n\r\n",
    OK + b"Transfer-Encoding: chunked\r\n\r\n2\r\nab" + KEY + b"\r\n0\r\n\r\n",
    OK + b"Transfer-Encoding: chunked\r\n\r\n2;" + KEY + b"\x00\r\nab\r\n0\r\n\r\n",
]


# The tests get a number, because a traceback can show their local variables.
@pytest.mark.parametrize("number", range(len(MALFORMED)))
@pytest.mark.parametrize("stream", [False, True])
def test_malformed_responses_do_not_expose_the_api_key(
    fault_server: FaultServer, number: int, stream: bool
) -> None:
    fault_server.script(raw_response(MALFORMED[number]), repeat_last=True)

    def call(client: ChatRoutes) -> object:
        if stream:
            return client.messages.stream("c", {"content": "Hi"}).get_final_text()
        return client.conversations.get("c")

    with (
        ChatRoutes(API_KEY, fault_server.base_url, retry_attempts=0) as client,
        pytest.raises(ChatRoutesError) as caught,
    ):
        call(client)

    assert_api_key_hidden(caught.value)


@pytest.mark.parametrize("number", range(len(MALFORMED)))
async def test_malformed_responses_do_not_expose_the_api_key_in_the_async_client(
    fault_server: FaultServer, number: int
) -> None:
    fault_server.script(raw_response(MALFORMED[number]), repeat_last=True)

    async with AsyncChatRoutes(API_KEY, fault_server.base_url, retry_attempts=0) as client:
        with pytest.raises(ChatRoutesError) as caught:
            await client.conversations.get("c")

    assert_api_key_hidden(caught.value)


HEADER_SECRET = "token-of-the-gateway-1234"


def assert_header_hidden(error: BaseException) -> None:
    summary = traceback.TracebackException.from_exception(error, capture_locals=True)
    frames = [frame for frame in summary.stack if "/tests/" not in frame.filename]
    text = "".join(traceback.StackSummary.from_list(frames).format())
    text += f"{error} {error!r} {error.args} {error.__cause__!r} {pickle.dumps(error)!r}"
    text += repr([frame.locals for frame in frames])
    assert HEADER_SECRET not in text


@pytest.mark.parametrize("value", [HEADER_SECRET + " ", " " + HEADER_SECRET, HEADER_SECRET + "\t"])
def test_header_with_a_blank_at_its_end_is_refused_without_its_value(value: str) -> None:
    with pytest.raises(ValidationError, match="'X-Token' begins or ends with a blank") as caught:
        ChatRoutes(API_KEY, headers={"X-Token": value})
    assert_header_hidden(caught.value)

    with pytest.raises(ValidationError, match="'X-Token' begins or ends with a blank") as caught:
        ChatRoutes(API_KEY).with_options(headers={"X-Token": value})
    assert_header_hidden(caught.value)


def test_headers_of_an_http_client_are_not_quoted(fault_server: FaultServer) -> None:
    with (
        httpx.Client(headers={"X-Token": HEADER_SECRET + " "}) as http_client,
        ChatRoutes(API_KEY, fault_server.base_url, http_client=http_client) as client,
        pytest.raises(ValidationError, match="Illegal header value") as caught,
    ):
        client.conversations.get("c")
    assert_header_hidden(caught.value)


def test_custom_headers_are_not_in_the_error_of_a_request(fault_server: FaultServer) -> None:
    fault_server.script(raw_response(OK + HEADER_SECRET.encode() + b"\r\n\r\n"))

    with (
        ChatRoutes(
            API_KEY, fault_server.base_url, retry_attempts=0, headers={"X-Token": HEADER_SECRET}
        ) as client,
        pytest.raises(NetworkError) as caught,
    ):
        client.conversations.get("c")

    assert_header_hidden(caught.value)
    assert HEADER_SECRET not in repr(vars(client))
    cause: Any = caught.value.__cause__
    assert HEADER_SECRET not in cause.request.headers.values()


@pytest.mark.parametrize("key", ["k", "ey", "key", "a", "test"])
def test_short_keys_are_not_replaced_in_words(fault_server: FaultServer, key: str) -> None:
    message = "The API key of a test is not valid."
    fault_server.script(json_response(401, {"error": "UNAUTHORIZED", "message": message}))

    with (
        ChatRoutes(key, fault_server.base_url) as client,
        pytest.raises(ChatRoutesError) as caught,
    ):
        client.conversations.get("c")

    assert caught.value.message == message
    assert Secret(key).redact([f"ApiKey {key}", key]) == ["ApiKey ***", "***"]


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
    ],
)
def test_no_proxy_ranges(
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


@pytest.fixture
def _no_cached_certificates() -> Any:
    ssl_context.cache_clear()
    yield
    ssl_context.cache_clear()


@pytest.mark.usefixtures("_no_cached_certificates")
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


@pytest.mark.usefixtures("_no_cached_certificates")
def test_certificate_variables_do_not_matter_without_tls(
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

    with warnings.catch_warnings(record=True) as caught:
        warnings.simplefilter("always")
        for _ in range(2):
            with ChatRoutes(API_KEY, "http://warned.example/api/v1", transport="httpx") as client:
                client.conversations.get("c")
                client.conversations.get("c")

    [warning] = caught
    assert "warned.example without encryption" in str(warning.message)
    assert warning.filename == __file__


@pytest.mark.parametrize("host", ["127.0.0.1", "localhost", "[::1]", "127.9.9.9"])
def test_unencrypted_requests_to_this_machine_do_not_warn(host: str) -> None:
    with (
        warnings.catch_warnings(record=True) as caught,
        ChatRoutes(API_KEY, f"http://{host}:1", retry_attempts=0) as client,
    ):
        warnings.simplefilter("always")
        with pytest.raises(NetworkError):
            client.conversations.get("c")

    assert not caught
