"""The count of interim responses, wherever the bytes are split, and the limits behind TLS and proxies."""

from __future__ import annotations

import ssl
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import httpx
import pytest
import trustme

from chatroutes import AsyncChatRoutes, ChatRoutes, NetworkError, RequestTimeoutError
from chatroutes._header_errors import InterimResponsesError
from chatroutes._header_limits import HeaderLimits
from tests.support.fault_responses import ScriptedResponse, dripped_response, raw_response
from tests.support.fault_server import FaultServer
from tests.support.payloads import COMPLETE_STREAM, CONVERSATION_RESPONSE, HELLO
from tests.support.tunnel_proxy import tunnel_proxy

INTERIM = b"HTTP/1.1 100 Continue\r\n\r\nHTTP/1.1 103 Early Hints\nLink: <HTTP/1.1 100>\n\n"
FINAL = b"HTTP/1.1 200 OK\r\nContent-Type: text/plain\r\n\r\n"


def feed_in_pieces(data: bytes, size: int) -> None:
    limits = HeaderLimits()
    limits.start(None)
    limits.remaining_time()
    for place in range(0, len(data), size):
        limits.feed(data[place : place + size])


@pytest.mark.parametrize("size", [1, 2, 7, 10, 11, 12, 64, 10_000])
def test_interim_responses_are_counted_in_pieces_of_any_size(size: int) -> None:
    feed_in_pieces(INTERIM * 50 + FINAL, size)

    with pytest.raises(InterimResponsesError):
        feed_in_pieces(INTERIM * 50 + b"HTTP/1.0 199 X\r\n\r\n" + FINAL, size)


@pytest.mark.parametrize("size", [1, 12, 10_000])
def test_the_body_is_not_searched_for_interim_responses(size: int) -> None:
    feed_in_pieces(INTERIM * 50 + FINAL + INTERIM * 50, size)


# Behind TLS and a proxy, httpcore opens other streams.

SLOW_HEADERS = dripped_response(
    b"HTTP/1.1 200 OK\r\n", *[b"X-Filler: x\r\n"] * 30, b"\r\n", interval=0.06
)
TOO_MANY = raw_response(INTERIM * 51 + FINAL)
FAILURES: Any = [
    pytest.param(SLOW_HEADERS, RequestTimeoutError, id="slow headers"),
    pytest.param(TOO_MANY, NetworkError, id="interim responses"),
]
# Long for the connection, which a busy machine delays.
TIMEOUT = httpx.Timeout(60, read=1)
LIMIT = r"headers of the response were not complete|more than 100 interim responses"


@pytest.fixture
def tls_server(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[FaultServer]:
    """A fault server with a certificate that clients trust."""
    authority = trustme.CA()
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    authority.issue_cert("127.0.0.1").configure_cert(context)
    authority.cert_pem.write_to_path(str(tmp_path / "authority.pem"))
    monkeypatch.setenv("SSL_CERT_FILE", str(tmp_path / "authority.pem"))
    with FaultServer(context) as server:
        yield server


@pytest.mark.transport
@pytest.mark.parametrize(("response", "error"), FAILURES)
async def test_headers_are_limited_over_tls(
    tls_server: FaultServer, response: ScriptedResponse, error: type[NetworkError]
) -> None:
    tls_server.script(response, repeat_last=True)
    url = tls_server.base_url.replace("http:", "https:")

    with ChatRoutes("a-key", url, TIMEOUT, 0) as client, pytest.raises(error, match=LIMIT):
        client.models.list()
    async with AsyncChatRoutes("a-key", url, TIMEOUT, 0) as async_client:
        with pytest.raises(error, match=LIMIT):
            await async_client.models.list()


@pytest.mark.parametrize("scheme", ["http", "https"])
@pytest.mark.parametrize(("response", "error"), FAILURES)
async def test_headers_are_limited_through_a_proxy(
    fault_server: FaultServer,
    monkeypatch: pytest.MonkeyPatch,
    scheme: str,
    response: ScriptedResponse,
    error: type[NetworkError],
) -> None:
    fault_server.script(response, repeat_last=True)
    monkeypatch.setenv("ALL_PROXY", fault_server.base_url.removesuffix("/api/v1"))
    url = f"{scheme}://chatroutes.example/api/v1"

    client = ChatRoutes("a-key", url, TIMEOUT, 0, transport="httpx")
    with client, pytest.raises(error, match=LIMIT):
        client.models.list()
    async with AsyncChatRoutes("a-key", url, TIMEOUT, 0, transport="httpx") as async_client:
        with pytest.raises(error, match=LIMIT):
            await async_client.models.list()

    assert fault_server.requests[0].method == ("GET" if scheme == "http" else "CONNECT")


async def test_responses_are_received_through_a_tunnel(
    tls_server: FaultServer, monkeypatch: pytest.MonkeyPatch
) -> None:
    limit = raw_response(
        INTERIM * 50 + FINAL.replace(b"\r\n\r\n", b"\r\nContent-Length: 2\r\n\r\n{}")
    )
    tls_server.script(CONVERSATION_RESPONSE, COMPLETE_STREAM, limit, repeat_last=True)
    url = "https://127.0.0.1:1/api/v1"

    with tunnel_proxy(tls_server.address) as proxy:
        monkeypatch.setenv("HTTPS_PROXY", proxy)
        with ChatRoutes("a-key", url, transport="httpx") as client:
            assert client.conversations.get("conv_1")["id"] == "conv_1"
            assert client.messages.stream("conv_1", HELLO).get_final_text() == "Hello"
            assert client.request("GET", "/any").json() == {}
        async with AsyncChatRoutes("a-key", url, transport="httpx") as async_client:
            assert (await async_client.request("GET", "/any")).json() == {}
