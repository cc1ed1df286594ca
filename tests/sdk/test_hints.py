"""The hints of errors and warnings about a wrong base URL, environment variable or field of a request."""

from __future__ import annotations

import warnings
from collections.abc import Iterator
from typing import Any

import pytest

from chatroutes import (
    AsyncChatRoutes,
    AuthenticationError,
    ChatRoutes,
    ChatRoutesError,
    NetworkError,
    NotFoundError,
    ResponseError,
    UnknownFieldWarning,
    ValidationError,
)
from chatroutes._hints import base_url_hint, proxy_hint, tls_hint
from chatroutes_server import LocalServer
from tests.support.closed_port import closed_port
from tests.support.fault_responses import json_response, raw_response, text_response
from tests.support.fault_server import FaultServer
from tests.support.payloads import API_KEY, CONVERSATION_RESPONSE


@pytest.fixture(scope="module")
def local_server() -> Iterator[LocalServer]:
    with LocalServer() as server:
        yield server


def get_error(base_url: str, api_key: str = API_KEY) -> ChatRoutesError:
    with (
        ChatRoutes(api_key, base_url, retry_attempts=0) as client,
        pytest.raises(ChatRoutesError) as caught,
    ):
        client.conversations.list()
    return caught.value


@pytest.mark.parametrize(
    ("base_url", "hint"),
    [
        ("https://host/api/v1", None),
        ("https://host/api/v1/", None),
        ("https://host/gateway/api/v1", None),
        ("https://host", "base_url usually ends in /api/v1: try https://host/api/v1."),
        ("https://host/", "base_url usually ends in /api/v1: try https://host/api/v1."),
        ("https://host/api", "base_url usually ends in /api/v1: try https://host/api/v1."),
        ("https://host/v1/", "base_url usually ends in /api/v1: try https://host/api/v1."),
        ("https://host/API/V1", "base_url usually ends in /api/v1: try https://host/api/v1."),
        ("https://api", "base_url usually ends in /api/v1: try https://api/api/v1."),
        (
            "https://host/gateway",
            "base_url usually ends in /api/v1: try https://host/gateway/api/v1.",
        ),
        (
            "https://host/api/v1/conversations",
            "base_url has the extra path '/conversations': use https://host/api/v1.",
        ),
        ("https://host/api/v1/a/b", "base_url has the extra path '/a/b': use https://host/api/v1."),
        (
            "https://host/api/v1/api/v1",
            "base_url has the extra path '/api/v1': use https://host/api/v1.",
        ),
        ("https://host/api/v12", "base_url usually ends in /api/v1: try https://host/api/v1."),
    ],
)
def test_base_url_hint(base_url: str, hint: str | None) -> None:
    assert base_url_hint(base_url) == hint


@pytest.mark.parametrize(
    ("base_url", "proxies", "variable"),
    [
        ("http://127.0.0.1:1/api/v1", {"http": "http://user:pw@proxy:3128"}, "HTTP_PROXY"),
        ("http://localhost/api/v1", {"all": "socks5://proxy"}, "ALL_PROXY"),
        ("https://[::1]/api/v1", {"https": "http://proxy"}, "HTTPS_PROXY"),
        ("https://localhost/api/v1", {"http": "http://proxy"}, None),
        ("http://example.com/api/v1", {"http": "http://proxy"}, None),
        ("http://127.0.0.1/api/v1", {}, None),
    ],
)
def test_proxy_hint(base_url: str, proxies: dict[str, str], variable: str | None) -> None:
    hint = proxy_hint(base_url, proxies)
    assert (hint and hint.split()[0]) == variable
    assert "pw" not in (hint or "")


@pytest.mark.parametrize(
    ("base_url", "text", "scheme"),
    [
        ("https://h", "[SSL: WRONG_VERSION_NUMBER] wrong version number (_ssl.c:1006)", "http://"),
        ("https://h", "[SSL] record layer failure (_ssl.c:1028)", "http://"),
        ("https://h", "certificate verify failed", None),
        ("http://h", "The plain HTTP request was sent to HTTPS port", "https://"),
        ("http://h", "Client sent an HTTP request to an HTTPS server.", "https://"),
        ("http://h", "nothing of this", None),
    ],
)
def test_tls_hint(base_url: str, text: str, scheme: str | None) -> None:
    hint = tls_hint(base_url, text)
    assert (hint and f"use {scheme} in base_url" in hint) == (scheme and True)


def test_base_url_without_the_path_is_named(local_server: LocalServer) -> None:
    error = get_error(local_server.base_url.removesuffix("/api/v1"))
    assert f"try {local_server.base_url}." in str(error)


def test_base_url_with_a_resource_is_named(local_server: LocalServer) -> None:
    error = get_error(f"{local_server.base_url}/conversations", local_server.api_key)
    assert "extra path '/conversations'" in str(error)
    assert f"use {local_server.base_url}." in str(error)


def test_missing_object_has_no_hint(local_server: LocalServer) -> None:
    with (
        ChatRoutes(local_server.api_key, local_server.base_url) as client,
        pytest.raises(NotFoundError) as caught,
    ):
        client.conversations.get("conv_none")
    assert caught.value.hint is None


@pytest.mark.parametrize(
    "response",
    [
        text_response(404, "<html><h1>Not Found</h1></html>"),
        json_response(404, {"detail": "Not Found"}),
        json_response(404, []),
        text_response(405, "Method Not Allowed"),
    ],
)
def test_404_of_another_server_is_not_a_not_found_error(
    fault_server: FaultServer, response: Any
) -> None:
    fault_server.script(response)
    error = get_error(fault_server.base_url)
    assert type(error) is ResponseError
    assert error.status_code in (404, 405)
    assert f"The URL was {fault_server.base_url}/conversations." in str(error)


@pytest.mark.parametrize(
    "payload", [{"message": "No."}, {"error": "NOT_FOUND"}, {"success": False}]
)
def test_404_of_the_api_is_a_missing_object(fault_server: FaultServer, payload: Any) -> None:
    fault_server.script(json_response(404, payload))
    assert type(get_error(fault_server.base_url)) is NotFoundError


def test_rejected_key_names_argument_and_variable(local_server: LocalServer) -> None:
    error = get_error(local_server.base_url)
    assert type(error) is AuthenticationError
    assert str(error).endswith("Check api_key or CHATROUTES_API_KEY.")
    assert "CHATROUTES_API_KEY" not in error.message


def test_hint_of_a_401_without_envelope_names_the_url_and_the_key(
    fault_server: FaultServer,
) -> None:
    fault_server.script(text_response(401, "<h1>Unauthorized</h1>"))
    with (
        ChatRoutes(API_KEY, fault_server.base_url) as client,
        pytest.raises(AuthenticationError, match="Check api_key or CHATROUTES_API_KEY") as caught,
    ):
        client.models.list()
    assert f"The URL was {fault_server.base_url}/models" in str(caught.value)


def test_refused_connection_names_the_url() -> None:
    with closed_port() as port:
        error = get_error(f"http://127.0.0.1:{port}/api/v1")
    assert type(error) is NetworkError
    assert f"The URL was http://127.0.0.1:{port}/api/v1/conversations. Is the server" in str(error)


def test_https_to_a_server_without_tls(local_server: LocalServer) -> None:
    error = get_error(local_server.base_url.replace("http:", "https:"))
    assert "use http:// in base_url" in str(error)


def test_http_to_a_server_with_tls(fault_server: FaultServer) -> None:
    fault_server.script(raw_response(b"\x15\x03\x03\x00\x02\x02\x46"))  # a TLS alert
    assert "use https:// in base_url" in str(get_error(fault_server.base_url))


def test_proxy_of_localhost_is_named(monkeypatch: pytest.MonkeyPatch) -> None:
    with FaultServer() as proxy:
        proxy.script(text_response(502, "Bad Gateway"))
        monkeypatch.setenv("HTTP_PROXY", proxy.base_url.removesuffix("/api/v1"))
        error = get_error("http://127.0.0.1:9/api/v1")
    assert "HTTP_PROXY sends requests for 127.0.0.1 through the proxy" in str(error)
    assert "add 127.0.0.1 to NO_PROXY" in str(error)


def test_invalid_port_is_named() -> None:
    with pytest.raises(ValidationError, match=r"127\.0\.0\.1:87877.*: port out of range"):
        ChatRoutes(API_KEY, "http://127.0.0.1:87877/api/v1")


@pytest.mark.parametrize(
    ("name", "expected"),
    [
        ("max_tokens", "did you mean 'maxTokens'?"),
        ("maxtokens", "did you mean 'maxTokens'?"),
        ("temprature", "did you mean 'temperature'?"),
        ("xyz", "known fields are branchId, content, maxTokens, model, temperature"),
    ],
)
def test_unknown_field_is_sent_and_warned_about(
    fault_server: FaultServer, name: str, expected: str
) -> None:
    fault_server.script(json_response(200, {"data": {"message": {"id": "m", "content": "x"}}}))
    data: Any = {"content": "Hi", name: 3}
    with (
        ChatRoutes(API_KEY, fault_server.base_url) as client,
        pytest.warns(UnknownFieldWarning) as caught,
    ):
        client.messages.send("conv_1", data)
    [warning] = caught
    assert f"sendMessage: unknown field {name!r}" in str(warning.message)
    assert expected in str(warning.message)
    assert warning.filename == __file__
    assert fault_server.requests[0].json() == data


def test_unknown_query_parameter_is_warned_about(fault_server: FaultServer) -> None:
    fault_server.script(
        json_response(200, {"conversations": [], "total": 0, "page": 1, "limit": 1})
    )
    params: Any = {"limt": 10}
    with (
        ChatRoutes(API_KEY, fault_server.base_url) as client,
        pytest.warns(UnknownFieldWarning, match="did you mean 'limit'"),
    ):
        client.conversations.list(params)
    assert "limt=10" in fault_server.requests[0].target


async def test_async_warning_names_the_call(fault_server: FaultServer) -> None:
    fault_server.script(CONVERSATION_RESPONSE)
    data: Any = {"titel": "x"}
    async with AsyncChatRoutes(API_KEY, fault_server.base_url) as client:
        with pytest.warns(UnknownFieldWarning, match="did you mean 'title'") as caught:
            await client.conversations.create(data)
    assert caught[0].filename == __file__


def test_unknown_field_is_warned_about_once_per_call_site(fault_server: FaultServer) -> None:
    fault_server.script(CONVERSATION_RESPONSE, repeat_last=True)
    data: Any = {"titel": "x"}
    with warnings.catch_warnings(record=True) as caught:
        warnings.simplefilter("default")
        with ChatRoutes(API_KEY, fault_server.base_url) as client:
            for _ in range(3):
                client.conversations.create(data)
            client.conversations.create(data)
    assert len(caught) == 2


def test_known_fields_raise_no_warning(fault_server: FaultServer) -> None:
    fault_server.script(CONVERSATION_RESPONSE)
    with ChatRoutes(API_KEY, fault_server.base_url) as client:
        client.conversations.create({"title": "x", "systemPrompt": "y", "maxTokens": 5})
