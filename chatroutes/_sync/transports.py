# Derived from chatroutes/_async/transports.py by scripts/regen.py. Do not edit.

"""Two ways to send a request: an httpx transport of the SDK's own, or the user's `httpx.Client`.

Both send one request to one URL and return the response as it arrives. Neither follows redirects,
so that the API key stays where it was sent.
"""

from __future__ import annotations

import ssl
from collections.abc import Mapping
from typing import Any, TypeAlias

import httpcore
import httpx

from .._httpx import LIMITS, EnvironmentProxy, find_proxy, ssl_context_for
from .._options import FAST
from .connection_pool import ConnectionPool, RecordingBackend, CreateConnection


class DirectTransport:
    """Sends requests through an httpx transport, without an httpx client around it.

    A client merges URLs, headers and cookies, follows redirects and calls hooks. That is a third of
    the time of a small call, and the API needs none of it. Without a client there is no cookie jar:
    no cookie is kept, with or without a proxy.
    """

    def __init__(
        self, transport: httpx.BaseTransport, proxy: EnvironmentProxy | None = None
    ) -> None:
        self._transport = transport
        self.proxy = proxy
        self.is_closed = False

    def send(self, request: httpx.Request) -> httpx.Response:
        """Send a request and return the response with its body still unread."""
        response = self._transport.handle_request(request)
        response.request = request
        return response

    def close(self) -> None:
        """Close the connections."""
        self.is_closed = True
        self._transport.close()


class ClientTransport:
    """Sends requests with the `http_client` that the user passed.

    The client keeps working as its owner configured it: proxies, certificates, event hooks, default
    headers and cookies. Its cookie jar belongs to the user. It may hold the session of a gateway
    that the user has to pass, so httpx sends and stores cookies as in every request of that client.
    """

    proxy: EnvironmentProxy | None = None  # httpx does not tell which one it uses

    def __init__(self, client: httpx.Client) -> None:
        self._client = client

    def send(self, request: httpx.Request) -> httpx.Response:
        """Send a request and return the response with its body still unread."""
        return self._client.send(request, stream=True, follow_redirects=False)


Transport: TypeAlias = DirectTransport | ClientTransport


class PoolTransport(httpx.HTTPTransport):
    """An httpx transport that sends through an `ConnectionPool`."""

    def __init__(self, verify: ssl.SSLContext, create_connection: CreateConnection) -> None:
        super().__init__(verify=verify, limits=LIMITS)
        self._pool: Any = ConnectionPool(create_connection, LIMITS.max_keepalive_connections or 0)


def open_transport(base_url: str, transport: str) -> DirectTransport:
    """Open a transport for the requests to one base URL.

    It goes through the proxy that the environment names for that URL (`HTTP_PROXY`, `HTTPS_PROXY`,
    `ALL_PROXY` and `NO_PROXY`), if there is one.

    Raises:
        ValidationError: If the transport cannot use that proxy, or the certificates cannot be loaded.
    """
    proxy = find_proxy(base_url)
    if proxy is not None:
        proxy.validate(base_url, transport)
    verify = ssl_context_for(base_url)

    def create_connection(
        origin: httpcore.Origin, backend: RecordingBackend
    ) -> httpcore.ConnectionInterface:
        if proxy is not None:
            pool = httpcore.ConnectionPool(
                ssl_context=verify,
                proxy=proxy.to_httpcore(),
                keepalive_expiry=LIMITS.keepalive_expiry,
                network_backend=backend,
            )
            return pool.create_connection(origin)
        connection_class = httpcore.HTTPConnection
        if transport == FAST:
            from .httptools_transport import FastConnection

            connection_class = FastConnection
        return connection_class(
            origin,
            ssl_context=verify,
            keepalive_expiry=LIMITS.keepalive_expiry,
            network_backend=backend,
        )

    return DirectTransport(PoolTransport(verify, create_connection), proxy)


def build_request(
    http_client: httpx.Client | None,
    method: str,
    url: httpx.URL,
    *,
    params: Mapping[str, Any] | None,
    headers: httpx.Headers,
    content: bytes | None,
    timeout: httpx.Timeout,
) -> httpx.Request:
    """Build a request, with the defaults of the user's client if there is one."""
    if http_client is not None:
        return http_client.build_request(
            method, url, params=params, headers=headers, content=content, timeout=timeout
        )
    headers.setdefault("Accept-Encoding", "gzip, deflate")
    return httpx.Request(
        method,
        url,
        params=params,
        headers=headers,
        content=content,
        extensions={"timeout": timeout.as_dict()},
    )
