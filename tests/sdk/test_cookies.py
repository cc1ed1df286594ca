"""Cookies: the SDK keeps none, with or without a proxy. A client of the user keeps its own."""

from __future__ import annotations

import httpx
import pytest

from chatroutes import ChatRoutes
from tests.support.fault_responses import json_response
from tests.support.fault_server import FaultServer
from tests.support.payloads import API_KEY

pytestmark = pytest.mark.transport

FOUND = json_response(
    200,
    {"success": True, "data": {"conversation": {"id": "conv_1"}}},
    {"Set-Cookie": "session=1"},
)


def cookies_of_two_requests(client: ChatRoutes, fault_server: FaultServer) -> list[str | None]:
    """Make two requests, and return their `Cookie` headers."""
    fault_server.script(FOUND, FOUND)
    client.conversations.get("conv_1")
    client.conversations.get("conv_1")
    return [request.headers.get("cookie") for request in fault_server.requests]


def test_no_cookie_is_kept_without_a_proxy(fault_server: FaultServer) -> None:
    with ChatRoutes(API_KEY, fault_server.base_url) as client:
        assert cookies_of_two_requests(client, fault_server) == [None, None]


def test_no_cookie_is_kept_if_another_host_has_a_proxy(
    fault_server: FaultServer, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("HTTPS_PROXY", "http://127.0.0.1:1")

    with ChatRoutes(API_KEY, fault_server.base_url) as client:
        assert cookies_of_two_requests(client, fault_server) == [None, None]


def test_no_cookie_is_kept_through_a_proxy(
    fault_server: FaultServer, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("HTTP_PROXY", fault_server.base_url.removesuffix("/api/v1"))

    with ChatRoutes(API_KEY, "http://service.example/api/v1", transport="httpx") as client:
        assert cookies_of_two_requests(client, fault_server) == [None, None]
    assert fault_server.requests[0].target.startswith("http://service.example/")


def test_client_of_the_user_keeps_its_cookies(fault_server: FaultServer) -> None:
    with (
        httpx.Client(cookies={"gateway": "a"}, trust_env=False) as own,
        ChatRoutes(API_KEY, fault_server.base_url, http_client=own) as client,
    ):
        first, second = cookies_of_two_requests(client, fault_server)

    assert first == "gateway=a"
    assert second in ("gateway=a; session=1", "session=1; gateway=a")
