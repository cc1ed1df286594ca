# Derived from chatroutes/_async/transports.py by scripts/regen.py. Do not edit.

"""Two ways to send a request: an httpx transport of the SDK's own, or the user's `httpx.Client`.

Both send one request to one URL and return the response as it arrives. Neither follows redirects,
so that the API key stays where it was sent.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING, Any, TypeAlias
from urllib.request import getproxies

import httpx

from .._httpx import (
    CONNECTIONS,
    drop_reason,
    find_request_socket,
    interrupt_requests,
    warn_if_unencrypted,
)
from .._options import FAST

if TYPE_CHECKING:
    from .._proxies import EnvironmentProxy


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
        self.is_closed: bool = False

    def send(self, request: httpx.Request) -> httpx.Response:
        """Send a request and return the response with its body still unread."""
        response = self._transport.handle_request(request)
        response.request = request
        drop_reason(response)
        return response

    def find_socket(self, request: httpx.Request) -> Any:
        """Return the socket on which a request waits for its response, or None."""
        return find_request_socket(self._transport, request)

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

    proxy: EnvironmentProxy | None = None  # httpx does not report which one it uses

    def __init__(self, client: httpx.Client) -> None:
        self._client = client

    def warn_if_unencrypted(self, base_url: str) -> None:
        """Warn if this client would send the API key to another machine without encryption.

        Only the transport of httpx is known to use the network. Those of tests do not.
        """
        client: Any = self._client
        transport = client._transport_for_url(httpx.URL(base_url))
        if isinstance(transport, httpx.HTTPTransport):
            warn_if_unencrypted(base_url)

    def send(self, request: httpx.Request) -> httpx.Response:
        """Send a request and return the response with its body still unread."""
        response = self._client.send(request, stream=True, follow_redirects=False)
        drop_reason(response)
        return response

    def find_socket(self, request: httpx.Request) -> Any:
        """Return the socket on which a request waits for its response, or None."""
        client: Any = self._client
        return find_request_socket(client._transport_for_url(request.url), request)

    def interrupt(self, base_url: str, connections: object) -> None:
        """Interrupt the requests of the connections of an SDK client. The others continue."""
        client: Any = self._client
        interrupt_requests(client._transport_for_url(httpx.URL(base_url)), id(connections))


Transport: TypeAlias = DirectTransport | ClientTransport


def open_transport(base_url: str, transport: str) -> DirectTransport:
    """Open a transport for the requests to one base URL.

    It goes through the proxy that the environment names for that URL (`HTTP_PROXY`, `HTTPS_PROXY`,
    `ALL_PROXY` and `NO_PROXY`), if there is one.

    Raises:
        ValidationError: If the transport cannot use that proxy, or the certificates cannot be loaded.
    """
    proxy = context = None
    if getproxies():
        from .._proxies import find_proxy

        proxy = find_proxy(base_url)
        if proxy is not None:
            proxy.validate(base_url, transport)
    if base_url.lower().startswith("https:"):
        from .._tls import ssl_context

        context = ssl_context()
    # Imports httpcore, which imports trio if it is installed.
    from .connection_pool import PoolTransport

    connection_class = None
    if transport == FAST:
        from .httptools_transport import FastConnection

        connection_class = FastConnection
    return DirectTransport(PoolTransport(context, proxy, connection_class), proxy)


def build_request(
    http_client: httpx.Client | None,
    connections: object,
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
        request = http_client.build_request(
            method, url, params=params, headers=headers, content=content, timeout=timeout
        )
        request.extensions[CONNECTIONS] = id(connections)
        return request
    if "Accept-Encoding" not in headers:
        headers["Accept-Encoding"] = "gzip, deflate"
    return httpx.Request(
        method,
        url,
        params=params,
        headers=headers,
        content=content,
        extensions={"timeout": timeout.as_dict()},
    )
