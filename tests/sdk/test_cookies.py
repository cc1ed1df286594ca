"""Cookies: the SDK keeps none, with or without a proxy. A client of the user keeps its own."""

from __future__ import annotations

import httpx
import pytest

from chatroutes import ChatRoutes
from tests.support.fault_server import FaultServer, json_answer
from tests.support.payloads import KEY

FOUND = json_answer(
    200,
    {"success": True, "data": {"conversation": {"id": "conv_1"}}},
    {"Set-Cookie": "session=1"},
)


def cookies_of_two_requests(client: ChatRoutes, faults: FaultServer) -> list[str | None]:
    """Make two requests, and return their `Cookie` headers."""
    faults.script(FOUND, FOUND)
    client.conversations.get("conv_1")
    client.conversations.get("conv_1")
    return [request.headers.get("cookie") for request in faults.requests]


def test_no_cookie_is_kept_without_a_proxy(faults: FaultServer) -> None:
    with ChatRoutes(KEY, faults.base_url) as client:
        assert cookies_of_two_requests(client, faults) == [None, None]


def test_no_cookie_is_kept_if_another_host_has_a_proxy(
    faults: FaultServer, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("HTTPS_PROXY", "http://127.0.0.1:1")

    with ChatRoutes(KEY, faults.base_url) as client:
        assert cookies_of_two_requests(client, faults) == [None, None]


def test_no_cookie_is_kept_through_a_proxy(
    faults: FaultServer, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("HTTP_PROXY", faults.base_url.removesuffix("/api/v1"))

    with ChatRoutes(KEY, "http://service.example/api/v1", transport="httpx") as client:
        assert cookies_of_two_requests(client, faults) == [None, None]
    assert faults.requests[0].target.startswith("http://service.example/")


def test_client_of_the_user_keeps_its_cookies(faults: FaultServer) -> None:
    with (
        httpx.Client(cookies={"gateway": "a"}, trust_env=False) as own,
        ChatRoutes(KEY, faults.base_url, http_client=own) as client,
    ):
        first, second = cookies_of_two_requests(client, faults)

    assert first == "gateway=a"
    assert second in ("gateway=a; session=1", "session=1; gateway=a")
