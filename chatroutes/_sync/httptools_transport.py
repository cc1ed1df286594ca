# Derived from chatroutes/_async/httptools_transport.py by scripts/regen.py. Do not edit.

"""The transport `fast`: httpx's transport, with responses parsed by httptools instead of h11.

Connecting, TLS, pooling, timeouts and errors stay those of httpx and httpcore. The parser of a
connection is replaced as soon as the connection is established.
"""

from __future__ import annotations

import ssl
from typing import Any

import httpcore
import httpx

from .._httptools import HttptoolsConnection


class HttptoolsTransport(httpx.HTTPTransport):
    """An httpx transport over a pool of connections that use httptools. It supports no proxy."""

    def __init__(self, verify: ssl.SSLContext, limits: httpx.Limits) -> None:
        super().__init__(verify=verify, limits=limits)
        self._pool = _ConnectionPool(verify, limits)


class _ConnectionPool(httpcore.ConnectionPool):
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

    def create_connection(self, origin: httpcore.Origin) -> httpcore.ConnectionInterface:
        return _Connection(origin, **self._options)


class _Connection(httpcore.HTTPConnection):
    """A connection that connects on its first request, like those of httpcore."""

    def handle_request(self, request: httpcore.Request) -> httpcore.Response:
        # The pool gives a connection to a single request until it is established.
        if self._connection is None:
            try:
                stream = self._connect(request)
            except BaseException:
                self._connect_failed = True
                raise
            self._connection = _HTTP11Connection(self._origin, stream, self._keepalive_expiry)
        return super().handle_request(request)


class _HTTP11Connection(httpcore.HTTP11Connection):
    def __init__(
        self,
        origin: httpcore.Origin,
        stream: httpcore.NetworkStream,
        keepalive_expiry: float | None,
    ) -> None:
        super().__init__(origin, stream, keepalive_expiry)
        connection: Any = HttptoolsConnection()
        self._h11_state = connection
