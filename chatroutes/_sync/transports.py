# Derived from chatroutes/_async/transports.py by scripts/regen.py. Do not edit.

"""What a request goes out through: httpx's transport itself, or an httpx client.

A client of httpx does much for each request that the API never needs: it merges URLs, headers and
cookies, follows redirects, calls hooks. That is a third of a small call. The SDK's own connections
go to the transport directly; a client that a user brought, or one for the proxies of the
environment, does what it is there for.
"""

from __future__ import annotations

from collections.abc import Mapping
from datetime import timedelta
from time import monotonic
from typing import Any, TypeAlias

import httpx


class TransportPool:
    """The connections of one transport, which is closed with it."""

    def __init__(self, transport: httpx.BaseTransport) -> None:
        self._transport = transport
        self.is_closed = False

    def build_request(
        self,
        method: str,
        url: httpx.URL,
        *,
        params: Mapping[str, Any] | None,
        headers: httpx.Headers,
        content: bytes | None,
        timeout: httpx.Timeout,
    ) -> httpx.Request:
        """Make a request, which may be sent several times."""
        headers.setdefault("Accept-Encoding", "gzip, deflate")
        return httpx.Request(
            method,
            url,
            params=params,
            headers=headers,
            content=content,
            extensions={"timeout": timeout.as_dict()},
        )

    def send(self, request: httpx.Request, *, stream: bool) -> httpx.Response:
        """Send a request, and read the answer to its end unless it is a stream."""
        started = monotonic()
        response = self._transport.handle_request(request)
        response.request = request
        if not stream:
            _read_whole(response)
            response.elapsed = timedelta(seconds=monotonic() - started)
        return response

    def close(self) -> None:
        """Close the connections."""
        self.is_closed = True
        self._transport.close()


def _read_whole(response: httpx.Response) -> None:
    # Unpacked while it comes, an answer that cannot be unpacked would leave iterators half-read, of
    # which event loops complain.
    coming: Any = response.stream
    try:
        packed = b"".join([piece for piece in coming])
    finally:
        coming.close()
    response.stream = httpx.ByteStream(packed)
    response.read()


class ClientPool:
    """The connections of an httpx client."""

    def __init__(self, client: httpx.Client) -> None:
        self._client = client
        self.build_request = client.build_request
        self.close = client.close

    @property
    def is_closed(self) -> bool:
        """Whether the client was closed."""
        return self._client.is_closed

    def send(self, request: httpx.Request, *, stream: bool) -> httpx.Response:
        """Send a request as `TransportPool.send` does, however the client is set."""
        return self._client.send(request, stream=stream, follow_redirects=False)


Pool: TypeAlias = TransportPool | ClientPool
