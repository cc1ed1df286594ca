"""The connections of the transport `fast`: those of httpcore, with responses parsed by httptools.

Connecting, TLS, timeouts and errors stay those of httpx and httpcore. The parser of a connection is
replaced as soon as the connection is established.
"""

from __future__ import annotations

from typing import Any

import httpcore

from .._httptools import HttptoolsConnection


class AsyncFastConnection(httpcore.AsyncHTTPConnection):
    """A connection that connects on its first request, like those of httpcore. It supports no proxy."""

    async def handle_async_request(self, request: httpcore.Request) -> httpcore.Response:
        """Send a request. The pool gives a connection to a single request at a time."""
        if self._connection is None:
            stream = await self._connect(request)
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
        connection: Any = HttptoolsConnection()
        self._h11_state = connection
