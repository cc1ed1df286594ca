"""The transport `fast`: httpx's own, whose connections have their answers read by llhttp.

Connecting, TLS, pooling, timeouts and errors are httpx's and httpcore's. A connection is given
another reader as soon as it is there.
"""

from __future__ import annotations

import ssl
from typing import Any

import httpcore
import httpx

from .._httptools import HttptoolsConnection


class AsyncHttptoolsTransport(httpx.AsyncHTTPTransport):
    """httpx's transport over a pool of such connections. It goes through no proxy."""

    def __init__(self, verify: ssl.SSLContext, limits: httpx.Limits) -> None:
        super().__init__(verify=verify, limits=limits)
        self._pool = _ConnectionPool(verify, limits)


class _ConnectionPool(httpcore.AsyncConnectionPool):
    def __init__(self, ssl_context: ssl.SSLContext, limits: httpx.Limits) -> None:
        super().__init__(
            ssl_context=ssl_context,
            max_connections=limits.max_connections,
            max_keepalive_connections=limits.max_keepalive_connections,
            keepalive_expiry=limits.keepalive_expiry,
        )
        self._options: dict[str, Any] = {
            "ssl_context": ssl_context,
            "keepalive_expiry": limits.keepalive_expiry,
        }

    def create_connection(self, origin: httpcore.Origin) -> httpcore.AsyncConnectionInterface:
        return _Connection(origin, **self._options)


class _Connection(httpcore.AsyncHTTPConnection):
    """One that connects on its first request, as httpcore's do."""

    async def handle_async_request(self, request: httpcore.Request) -> httpcore.Response:
        # Until it is connected the pool has given it to one request alone.
        if self._connection is None:
            try:
                stream = await self._connect(request)
            except BaseException:
                self._connect_failed = True
                raise
            self._connection = _HTTP11Connection(self._origin, stream, self._keepalive_expiry)
        return await super().handle_async_request(request)


class _HTTP11Connection(httpcore.AsyncHTTP11Connection):
    def __init__(
        self,
        origin: httpcore.Origin,
        stream: httpcore.AsyncNetworkStream,
        keepalive_expiry: float | None,
    ) -> None:
        super().__init__(origin, stream, keepalive_expiry)
        reader: Any = HttptoolsConnection()
        self._h11_state = reader
