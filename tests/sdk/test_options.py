"""Client options: arguments, environment variables and validation."""

from __future__ import annotations

from typing import Any

import httpx
import pytest

from chatroutes import AsyncChatRoutes, ChatRoutes, ValidationError
from tests.support.fault_responses import empty_response, json_response
from tests.support.fault_server import FaultServer
from tests.support.payloads import API_KEY

CLIENT_CLASSES = [ChatRoutes, AsyncChatRoutes]
PAGE = {"success": True, "data": {"conversations": [], "total": 0, "page": 1, "limit": 10}}

INVALID_OPTIONS: list[tuple[dict[str, Any], str]] = [
    ({"api_key": ""}, "CHATROUTES_API_KEY"),
    ({"api_key": None}, "CHATROUTES_API_KEY"),
    ({"api_key": None}, "python -m chatroutes_server"),
    ({"api_key": "https://host/api/v1", "base_url": API_KEY}, "api_key is a URL"),
    ({"api_key": "HTTP://host"}, "api_key is a URL"),
    ({"api_key": 5}, "api_key must be a string, not int"),
    ({"api_key": b"key"}, "api_key must be a string, not bytes"),
    ({"api_key": "key\n"}, "line break"),
    ({"api_key": " key"}, "space"),
    ({"api_key": "key\r\nX-Evil: 1"}, "line break"),
    ({"api_key": "schlüssel"}, "not ASCII"),
    ({"api_key": "key\x7f"}, "cannot be sent"),
    ({"base_url": ""}, "base_url must be a URL"),
    ({"base_url": "nonsense"}, "base_url must be a URL"),
    ({"base_url": "/api/v1"}, "base_url must be a URL"),
    ({"base_url": "localhost:8787"}, "does not begin with http:// or https://"),
    ({"base_url": "127.0.0.1:8787/api/v1"}, "does not begin with http:// or https://"),
    ({"base_url": "ftp://example.com"}, "does not begin with http:// or https://"),
    ({"base_url": "http://"}, "base_url must be a URL"),
    ({"base_url": "http://host:port"}, "base_url must be a URL"),
    ({"base_url": "http://host:99999"}, "base_url must be a URL"),
    ({"base_url": "http://[::1"}, "base_url must be a URL"),
    ({"base_url": "http://a b"}, "base_url must be a URL"),
    ({"base_url": "http://host/\n"}, "base_url must be a URL"),
    ({"base_url": "http://host/?a=1"}, "base_url must be a URL"),
    ({"base_url": "http://host/#a"}, "base_url must be a URL"),
    ({"base_url": 5}, "base_url must be a string, not int"),
    ({"base_url": b"http://host"}, "base_url must be a string, not bytes"),
    ({"timeout": 0}, "timeout must be a positive number"),
    ({"timeout": -1}, "timeout must be a positive number"),
    ({"timeout": float("nan")}, "timeout must be a positive number"),
    ({"timeout": float("inf")}, "timeout must be a positive number"),
    ({"timeout": "30"}, "timeout must be a number"),
    ({"timeout": True}, "timeout must be a number"),
    ({"timeout": [30]}, "timeout must be a number"),
    ({"timeout": {"read": 30}}, "timeout must be a number"),
    ({"timeout": object()}, "timeout must be a number"),
    ({"timeout": httpx.Timeout(-1)}, "timeout must be"),
    ({"timeout": httpx.Timeout(5, read=float("nan"))}, "timeout must be"),
    ({"deadline": 0}, "deadline must be a positive number of seconds, or None"),
    ({"deadline": -1}, "deadline must be a positive number"),
    ({"deadline": float("nan")}, "deadline must be a positive number"),
    ({"deadline": True}, "deadline must be a positive number"),
    ({"deadline": httpx.Timeout(5)}, "deadline must be a positive number"),
    ({"first_event_timeout": 0}, "first_event_timeout must be a positive number of seconds"),
    ({"first_event_timeout": "5"}, "first_event_timeout must be a positive number"),
    ({"first_event_timeout": float("inf")}, "first_event_timeout must be a positive number"),
    ({"retry_attempts": -1}, "retry_attempts must be a whole number of at least 0, not -1"),
    ({"retry_attempts": 1.5}, "retry_attempts must be a whole number"),
    ({"retry_attempts": True}, "retry_attempts must be a whole number"),
    ({"retry_attempts": "3"}, "retry_attempts must be a whole number"),
    ({"retry_attempts": None}, "retry_attempts must be a whole number"),
    ({"retry_delay": -0.1}, "retry_delay must be a number of seconds of at least 0, not -0.1"),
    ({"retry_delay": float("nan")}, "retry_delay must be a number"),
    ({"retry_delay": float("inf")}, "retry_delay must be a number"),
    ({"retry_delay": "1"}, "retry_delay must be a number"),
    ({"retry_delay": None}, "retry_delay must be a number"),
    ({"headers": {"X": "a\r\nY: b"}}, "line break"),
    ({"headers": {"X\n": "a"}}, "line break"),
    ({"headers": {"": "a"}}, "empty"),
    ({"headers": {"X Y": "a"}}, "cannot be sent"),
    ({"headers": {"X:": "a"}}, "cannot be sent"),
    ({"headers": {"X": "a\x01b"}}, "cannot be sent"),
    ({"headers": {"X": "ü"}}, "not ASCII"),
    ({"headers": {"X": 5}}, "headers must map strings to strings"),
    ({"headers": {5: "a"}}, "headers must map strings to strings"),
    ({"headers": {"X": None}}, "headers must map strings to strings"),
    ({"headers": "X: a"}, "headers must be a dict"),
    ({"headers": 5}, "headers must be a dict"),
    ({"headers": ["X"]}, "headers must be a dict"),
    ({"headers": ""}, "headers must be a dict"),
    ({"headers": []}, "headers must be a dict"),
    ({"headers": 0}, "headers must be a dict"),
    ({"headers": False}, "headers must be a dict"),
    ({"http_client": "client"}, "http_client must be an httpx"),
    ({"http_client": httpx.Client}, "http_client must be an httpx"),
]

VIEW_OPTIONS = [
    "timeout",
    "deadline",
    "first_event_timeout",
    "retry_attempts",
    "retry_delay",
    "headers",
]


@pytest.mark.parametrize("client_class", CLIENT_CLASSES)
@pytest.mark.parametrize(("options", "expected"), INVALID_OPTIONS)
def test_invalid_options_raise_validation_error(
    client_class: type[ChatRoutes], options: dict[str, Any], expected: str
) -> None:
    with pytest.raises(ValidationError) as caught:
        client_class(**{"api_key": API_KEY, **options})

    assert expected in caught.value.message
    assert caught.value.message.endswith(".")
    assert API_KEY not in caught.value.message
    assert caught.value.status_code is None
    assert caught.value.__cause__ is None
    assert caught.value.__context__ is None


@pytest.mark.parametrize("client_class", CLIENT_CLASSES)
@pytest.mark.parametrize(
    ("options", "expected"),
    [
        (options, expected)
        for options, expected in INVALID_OPTIONS
        if options.keys() <= set(VIEW_OPTIONS)
    ],
)
def test_with_options_validates_options(
    client_class: type[ChatRoutes], options: dict[str, Any], expected: str
) -> None:
    with pytest.raises(ValidationError) as caught:
        client_class(API_KEY).with_options(**options)

    assert expected in caught.value.message


@pytest.mark.parametrize("client_class", CLIENT_CLASSES)
@pytest.mark.parametrize("name", ["api_keys", "max_retries"])
def test_unknown_option_raises_type_error(client_class: Any, name: str) -> None:
    with pytest.raises(TypeError, match=name):
        client_class(API_KEY, **{name: 1})
    with pytest.raises(TypeError, match=name):
        client_class(API_KEY).with_options(**{name: 1})


@pytest.mark.parametrize("client_class", CLIENT_CLASSES)
@pytest.mark.parametrize(
    "options",
    [
        {"timeout": None},
        {"timeout": 1},
        {"timeout": httpx.Timeout(5, read=None)},
        {"timeout": httpx.Timeout(None)},
        {"timeout": 10**400, "deadline": 10**400, "first_event_timeout": 10**400},
        {"timeout": httpx.Timeout(1e300, read=10**400), "retry_delay": 10**400},
        {"retry_attempts": 0},
        {"retry_delay": 0},
        {"headers": {}},
        {"headers": None},
        {"headers": httpx.Headers({"X": "a"})},
        {"base_url": "http://[::1]:8787/api/v1/"},
        {"base_url": "HTTPS://example.com"},
    ],
)
def test_valid_options_are_accepted(
    client_class: type[ChatRoutes], options: dict[str, Any]
) -> None:
    assert type(client_class(API_KEY, **options)) is client_class


def test_http_client_must_match_the_client() -> None:
    with httpx.Client() as http_client:
        with pytest.raises(ValidationError, match=r"must be an httpx.AsyncClient, not Client"):
            AsyncChatRoutes(API_KEY, http_client=http_client)  # type: ignore[arg-type]
        assert ChatRoutes(API_KEY, http_client=http_client)
    async_http_client: Any = httpx.AsyncClient()
    with pytest.raises(ValidationError, match=r"must be an httpx.Client, not AsyncClient"):
        ChatRoutes(API_KEY, http_client=async_http_client)


def test_api_key_and_base_url_come_from_the_environment(
    fault_server: FaultServer, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("CHATROUTES_API_KEY", API_KEY)
    monkeypatch.setenv("CHATROUTES_BASE_URL", f"{fault_server.base_url}/")
    fault_server.script(json_response(200, PAGE))

    with ChatRoutes() as client:
        client.conversations.list()

    (request,) = fault_server.requests
    assert request.target == "/api/v1/conversations"
    assert request.headers["authorization"] == f"ApiKey {API_KEY}"


async def test_api_key_and_base_url_of_the_async_client_come_from_the_environment(
    fault_server: FaultServer, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("CHATROUTES_API_KEY", API_KEY)
    monkeypatch.setenv("CHATROUTES_BASE_URL", fault_server.base_url)
    fault_server.script(json_response(200, PAGE))

    async with AsyncChatRoutes() as client:
        await client.conversations.list()

    assert fault_server.requests[0].headers["authorization"] == f"ApiKey {API_KEY}"


def test_arguments_override_the_environment(
    fault_server: FaultServer, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("CHATROUTES_API_KEY", "other")
    monkeypatch.setenv("CHATROUTES_BASE_URL", "http://127.0.0.1:1")
    fault_server.script(json_response(200, PAGE))

    with ChatRoutes(API_KEY, fault_server.base_url) as client:
        client.conversations.list()

    assert fault_server.requests[0].headers["authorization"] == f"ApiKey {API_KEY}"


@pytest.mark.parametrize("client_class", CLIENT_CLASSES)
@pytest.mark.parametrize(
    ("name", "value", "expected"),
    [
        ("CHATROUTES_API_KEY", "", "CHATROUTES_API_KEY"),
        ("CHATROUTES_API_KEY", "key\n", "line break"),
        ("CHATROUTES_BASE_URL", "nonsense", "base_url"),
    ],
)
def test_environment_is_validated_like_arguments(
    monkeypatch: pytest.MonkeyPatch,
    client_class: type[ChatRoutes],
    name: str,
    value: str,
    expected: str,
) -> None:
    monkeypatch.setenv("CHATROUTES_API_KEY", API_KEY)
    monkeypatch.setenv(name, value)

    with pytest.raises(ValidationError, match=expected):
        client_class()


@pytest.mark.parametrize("client_class", CLIENT_CLASSES)
def test_empty_base_url_in_the_environment_is_ignored(
    monkeypatch: pytest.MonkeyPatch, client_class: type[ChatRoutes]
) -> None:
    monkeypatch.setenv("CHATROUTES_BASE_URL", "")

    assert (
        repr(client_class(API_KEY))
        == f"{client_class.__name__}(base_url='https://api.chatroutes.com/api/v1')"
    )


@pytest.mark.parametrize(
    ("level", "expected_levels"),
    [
        ("debug", ["DEBUG", "WARNING", "DEBUG"]),
        ("DEBUG", ["DEBUG", "WARNING", "DEBUG"]),
        ("info", ["WARNING"]),
        ("Warning", ["WARNING"]),
        ("ERROR", []),
        ("", []),
        (None, []),
        ("nonsense", ["WARNING", "WARNING"]),  # the first is about the value
    ],
)
@pytest.mark.usefixtures("restored_logging")
def test_log_level_in_the_environment_logs_to_stderr(
    fault_server: FaultServer,
    monkeypatch: pytest.MonkeyPatch,
    capsys: pytest.CaptureFixture[str],
    level: str | None,
    expected_levels: list[str],
) -> None:
    fault_server.script(empty_response(503), json_response(200, PAGE))
    if level is not None:
        monkeypatch.setenv("CHATROUTES_LOG", level)

    for _ in range(3):
        client = ChatRoutes(API_KEY, fault_server.base_url, retry_delay=0)
    client.conversations.list()
    client.close()

    out, err = capsys.readouterr()
    levels = [line.split(" chatroutes ")[1].split()[0] for line in err.splitlines()]
    assert levels == expected_levels
    assert out == ""
    assert API_KEY not in err


# Arguments and properties of earlier releases


@pytest.mark.parametrize("client_class", CLIENT_CLASSES)
def test_base_url_and_api_key_can_be_read(client_class: Any) -> None:
    client = client_class(API_KEY, "http://localhost:8787/api/v1/")
    for each in (client, client.with_options(timeout=5, headers={"X-Test": "1"})):
        assert each.base_url == "http://localhost:8787/api/v1"
        assert each.api_key == API_KEY
        with pytest.raises(AttributeError):
            each.api_key = "other"
        assert API_KEY not in f"{each!r} {vars(each)}"


def test_base_url_and_api_key_of_the_environment_can_be_read(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setenv("CHATROUTES_API_KEY", API_KEY)
    monkeypatch.setenv("CHATROUTES_BASE_URL", "http://localhost:1/")
    client = ChatRoutes()
    assert (client.api_key, client.base_url) == (API_KEY, "http://localhost:1")


@pytest.mark.parametrize("client_class", CLIENT_CLASSES)
def test_autobranch_base_url_is_unused_and_deprecated(client_class: Any) -> None:
    url = "http://localhost:1"
    match = "autobranch_base_url has no effect"
    with pytest.warns(DeprecationWarning, match=match) as warned:
        client = client_class(API_KEY, url, 30, 3, 1.0, "https://autobranch.example.com")
    assert [each.filename for each in warned] == [__file__]
    assert client.base_url == url
    for value in ("", None):
        with pytest.warns(DeprecationWarning, match=match):
            client_class(API_KEY, autobranch_base_url=value)
        with pytest.warns(DeprecationWarning, match=match):
            client_class(API_KEY, url, 30, 3, 1.0, value)
    client_class(API_KEY, url, 30, 3, 1.0)
