"""Certificates, proxies and cookies."""

from __future__ import annotations

import ssl
import threading
from collections.abc import Iterator
from http.server import BaseHTTPRequestHandler, HTTPServer
from pathlib import Path

import httpx
import pytest
import trustme

from chatroutes import AsyncChatRoutes, ChatRoutes, NetworkError
from tests.support.fault_responses import json_response
from tests.support.fault_server import FaultServer

pytestmark = pytest.mark.transport

BASE_URL = "http://chatroutes.example/api/v1"
FOUND = json_response(
    200, {"success": True, "data": {"conversation": {"id": "conv_1"}}}, {"Set-Cookie": "a=b"}
)


class ConversationHandler(BaseHTTPRequestHandler):
    """Send one conversation to every request."""

    def do_GET(self) -> None:
        body = b'{"success": true, "data": {"conversation": {"id": "conv_1"}}}'
        self.send_response(200)
        self.send_header("Content-Length", str(len(body)))
        self.end_headers()
        self.wfile.write(body)

    def log_message(self, *_: object) -> None:
        """Do not log."""


@pytest.fixture
def authority() -> trustme.CA:
    """The certificate authority of `secure_url`; no client trusts it by default."""
    return trustme.CA()


@pytest.fixture
def secure_url(authority: trustme.CA) -> Iterator[str]:
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    authority.issue_cert("127.0.0.1").configure_cert(context)
    with HTTPServer(("127.0.0.1", 0), ConversationHandler) as server:
        server.socket = context.wrap_socket(server.socket, server_side=True)
        server.handle_error = lambda *_: None  # type: ignore[method-assign]  # clients abort the handshake
        thread = threading.Thread(target=server.serve_forever)
        thread.start()
        yield f"https://127.0.0.1:{server.server_port}/api/v1"
        server.shutdown()
        thread.join()


def test_untrusted_certificate_raises_network_error(
    secure_url: str, caplog: pytest.LogCaptureFixture
) -> None:
    client = ChatRoutes("a-key", secure_url, retry_attempts=3, retry_delay=60)
    with client, pytest.raises(NetworkError, match="CERTIFICATE_VERIFY_FAILED") as caught:
        client.conversations.get("conv_1")
    assert f"The certificate of {secure_url.removesuffix('/api/v1')}" in str(caught.value)
    assert "retrying" not in caplog.text


async def test_untrusted_certificate_raises_network_error_in_the_async_client(
    secure_url: str,
) -> None:
    async with AsyncChatRoutes("a-key", secure_url, retry_attempts=3, retry_delay=60) as client:
        with pytest.raises(NetworkError, match="CERTIFICATE_VERIFY_FAILED"):
            await client.conversations.get("conv_1")


def test_certificates_that_are_named_later_are_used(
    secure_url: str,
    authority: trustme.CA,
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    with (
        ChatRoutes("a-key", secure_url) as client,
        pytest.raises(NetworkError, match="certificate"),
    ):
        client.conversations.get("conv_1")
    authority.cert_pem.write_to_path(str(tmp_path / "authority.pem"))
    monkeypatch.setenv("SSL_CERT_FILE", str(tmp_path / "authority.pem"))

    with ChatRoutes("a-key", secure_url) as client:
        assert client.conversations.get("conv_1")["id"] == "conv_1"


def test_http_client_can_trust_a_private_authority(secure_url: str, authority: trustme.CA) -> None:
    context = ssl.create_default_context()
    authority.configure_trust(context)
    with (
        httpx.Client(verify=context) as http_client,
        ChatRoutes("a-key", secure_url, http_client=http_client) as client,
    ):
        assert client.conversations.get("conv_1")["id"] == "conv_1"


@pytest.mark.parametrize("name", ["HTTP_PROXY", "http_proxy", "ALL_PROXY"])
def test_proxy_of_the_environment_is_used(
    fault_server: FaultServer, monkeypatch: pytest.MonkeyPatch, name: str
) -> None:
    monkeypatch.setenv(name, fault_server.base_url.removesuffix("/api/v1"))
    fault_server.script(FOUND)

    with ChatRoutes("a-key", BASE_URL, transport="httpx") as client:
        assert client.conversations.get("conv_1")["id"] == "conv_1"

    [request] = fault_server.requests
    assert request.target == "http://chatroutes.example/api/v1/conversations/conv_1"


async def test_async_client_uses_the_proxy_of_the_environment(
    fault_server: FaultServer, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("HTTP_PROXY", fault_server.base_url.removesuffix("/api/v1"))
    fault_server.script(FOUND)

    async with AsyncChatRoutes("a-key", BASE_URL, transport="httpx") as client:
        assert (await client.conversations.get("conv_1"))["id"] == "conv_1"

    assert fault_server.requests[0].target.startswith("http://chatroutes.example/")


def test_no_proxy_bypasses_the_proxy(
    fault_server: FaultServer, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("HTTP_PROXY", "http://127.0.0.1:1")
    monkeypatch.setenv("NO_PROXY", "127.0.0.1")
    fault_server.script(FOUND)

    with ChatRoutes("a-key", fault_server.base_url, retry_attempts=0) as client:
        assert client.conversations.get("conv_1")["id"] == "conv_1"


def test_request_returns_a_complete_httpx_response(fault_server: FaultServer) -> None:
    fault_server.script(FOUND)

    with ChatRoutes("a-key", fault_server.base_url) as client:
        response = client.request("GET", "/conversations/conv_1", params={"a": "b c"})

    assert str(response.url) == f"{fault_server.base_url}/conversations/conv_1?a=b+c"
    assert response.elapsed.total_seconds() > 0
    assert response.http_version == "HTTP/1.1"
    assert response.json()["success"] is True
    assert response.is_closed
