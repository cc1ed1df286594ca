"""Requests of web pages: foreign hosts and origins are rejected, and CORS is an option."""

from __future__ import annotations

from pathlib import Path

import httpx
import pytest

from chatroutes_server import LocalServer, StartupError
from tests.support.raw_http import API_KEY, connect, read_response, run_server
from tests.support.server_api import Api, assert_error_envelope

PREFLIGHT = {
    "Access-Control-Request-Method": "POST",
    "Access-Control-Request-Headers": "content-type,idempotency-key,x-api-key",
}


@pytest.mark.parametrize(
    "host",
    ["localhost", "LOCALHOST:1", "localhost.", "127.0.0.1:65535", "127.9.9.9", "[::1]", "[::1]:80"],
)
def test_local_hosts_are_allowed_with_any_port(api: Api, host: str) -> None:
    assert api.http.get("/models", headers={"Host": host}).status_code == 200


@pytest.mark.parametrize(
    "host",
    [
        "evil.example",
        "evil.example:8787",
        "localhost.evil.example",
        "127.0.0.1.evil.example",
        "evil-localhost",
        "localhost:80@evil.example",
        "evil.example#localhost",
        "localhost:x",
        "localhost..",
        "192.0.2.1",
        "0.0.0.0",
        "[2001:db8::1]",
        "::1",
        "[::1",
        "",
    ],
)
def test_foreign_host_is_403(api: Api, host: str) -> None:
    response = api.http.get("/models", headers={"Host": host})

    error = assert_error_envelope(response, 403, "FORBIDDEN")
    assert "--allow-host" in error["message"]


def test_foreign_host_is_403_without_a_key_and_for_every_path(api: Api) -> None:
    root = api.server.base_url.removesuffix("/api/v1")

    for path in ("/", "/api/v1/models", "/nothing"):
        response = httpx.get(root + path, headers={"Host": "evil.example"}, verify=False)
        assert_error_envelope(response, 403, "FORBIDDEN")


def test_request_without_a_host_is_allowed(api: Api) -> None:
    with connect(api.server.base_url) as connection:
        head = f"GET /api/v1/models HTTP/1.0\r\nX-API-Key: {api.server.api_key}\r\n\r\n"
        connection.sendall(head.encode())

        assert read_response(connection)[0].status == 200


@pytest.mark.parametrize(
    "origin",
    ["http://localhost:3000", "https://127.0.0.1", "http://[::1]:5173", "http://localhost"],
)
def test_local_origins_are_allowed_without_cors(api: Api, origin: str) -> None:
    response = api.http.get("/models", headers={"Origin": origin})
    preflight = api.http.options("/models", headers={"Origin": origin, **PREFLIGHT})

    assert response.status_code == 200
    assert_error_envelope(preflight, 405, "METHOD_NOT_ALLOWED")
    names = {*response.headers, *preflight.headers}
    assert not [name for name in names if name.startswith("access-control")]


@pytest.mark.parametrize(
    "origin",
    [
        "https://evil.example",
        "http://evil.example:8787",
        "http://localhost.evil.example",
        "http://localhost@evil.example",
        "null",
        "",
        "localhost",
        "file://",
        "chrome-extension://localhost",
    ],
)
def test_foreign_origin_is_403_and_has_no_effect(api: Api, origin: str) -> None:
    headers = {"Origin": origin}
    before = api.data("GET", "/conversations")["total"]

    rejected = api.http.post("/conversations", json={"title": "x"}, headers=headers)
    preflight = api.http.options("/conversations", headers={**headers, **PREFLIGHT})

    for response in (rejected, preflight):
        error = assert_error_envelope(response, 403, "FORBIDDEN")
        assert "--allow-origin" in error["message"]
        assert not [name for name in response.headers if name.startswith("access-control")]
    assert api.data("GET", "/conversations")["total"] == before


def test_two_origins_are_403_if_one_is_foreign(api: Api) -> None:
    headers = [("Origin", "http://localhost"), ("Origin", "https://evil.example")]

    response = api.http.get("/models", headers=headers)

    assert_error_envelope(response, 403, "FORBIDDEN")


def test_allowed_host_is_accepted_and_others_are_not() -> None:
    with LocalServer(allowed_hosts=["Chat.Test", "[2001:db8::1]"]) as server, Api(server) as api:
        hosts = ("chat.test:1", "[2001:DB8::1]:1", "localhost", "sub.chat.test")
        statuses = [api.http.get("/models", headers={"Host": each}).status_code for each in hosts]
        origin = {"Origin": "https://chat.test"}
        same_origin = api.http.get("/models", headers={"Host": "chat.test", **origin})

    assert statuses == [200, 200, 200, 403]
    assert same_origin.status_code == 200


def test_every_host_is_accepted_with_an_asterisk() -> None:
    with LocalServer(allowed_hosts="*") as server, Api(server) as api:
        assert api.http.get("/models", headers={"Host": "any.example"}).status_code == 200


def test_server_on_all_interfaces_allows_addresses_and_no_other_names(tmp_path: Path) -> None:
    with run_server(tmp_path, host="0.0.0.0") as base_url:
        url = base_url.replace("0.0.0.0", "127.0.0.1") + "/models"
        hosts = ("192.0.2.1:8787", "[2001:db8::1]", "0.0.0.0", "localhost", "evil.example")
        statuses = [
            httpx.get(url, headers={"Host": each, "X-API-Key": API_KEY}, verify=False).status_code
            for each in hosts
        ]

    assert statuses == [200, 200, 200, 200, 403]


def test_allowed_origin_gets_cors_headers() -> None:
    origin = {"Origin": "https://app.example"}
    with LocalServer(allowed_origins=["https://app.example"]) as server, Api(server) as api:
        preflight = api.http.options("/conversations", headers={**origin, **PREFLIGHT})
        response = api.http.get("/models", headers=origin)
        missing = api.http.get("/conversations/none", headers=origin)
        without_key = httpx.get(f"{server.base_url}/models", headers=origin, verify=False)
        put = {**PREFLIGHT, "Access-Control-Request-Method": "PUT"}
        rejected = api.http.options("/models", headers={**origin, **put})
        other = api.http.get("/models", headers={"Origin": "https://app.example:444"})

    assert preflight.status_code == 200
    assert preflight.headers["access-control-allow-headers"] == (
        PREFLIGHT["Access-Control-Request-Headers"]
    )
    assert "PATCH" in preflight.headers["access-control-allow-methods"]
    assert [each.status_code for each in (response, missing, without_key)] == [200, 404, 401]
    for each in (preflight, response, missing, without_key):
        assert each.headers["access-control-allow-origin"] == "https://app.example"
        assert "access-control-allow-credentials" not in each.headers
        assert "Origin" in each.headers["vary"]
    assert "X-Request-Id" in response.headers["access-control-expose-headers"]
    assert_error_envelope(rejected, 403, "FORBIDDEN")
    assert_error_envelope(other, 403, "FORBIDDEN")


def test_every_origin_gets_cors_headers_with_an_asterisk() -> None:
    with LocalServer(allowed_origins=["*"]) as server, Api(server) as api:
        for origin in ("https://any.example", "null", "http://localhost:3000"):
            response = api.http.get("/models", headers={"Origin": origin})
            assert response.status_code == 200
            assert response.headers["access-control-allow-origin"] == "*"
        rebound = api.http.get("/models", headers={"Host": "evil.example"})

    assert_error_envelope(rebound, 403, "FORBIDDEN")


@pytest.mark.parametrize(
    ("options", "message"),
    [
        ({"allowed_hosts": ["localhost:80"]}, "invalid allowed host 'localhost:80'"),
        ({"allowed_hosts": ["a:1"]}, "invalid allowed host"),
        ({"allowed_hosts": ["http://x"]}, "invalid allowed host"),
        ({"allowed_hosts": [""]}, "invalid allowed host"),
        ({"allowed_origins": ["localhost"]}, "invalid allowed origin 'localhost'"),
        ({"allowed_origins": ["https://x/"]}, "invalid allowed origin"),
        ({"allowed_origins": ["https://X"]}, "invalid allowed origin"),
    ],
)
def test_invalid_host_or_origin_is_refused(options: dict[str, list[str]], message: str) -> None:
    with pytest.raises(StartupError, match=message), LocalServer(**options):  # type: ignore[arg-type]
        pass
