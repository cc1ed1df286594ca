"""The network backend of one connection, whose stream can be closed and limits the headers of responses."""

from __future__ import annotations

import ssl
from collections.abc import Iterable
from typing import Any

import httpcore

from .._header_limits import HeaderLimits
from .._httpx import network_backend_async


class AsyncConnectionBackend(httpcore.AsyncNetworkBackend):
    """Opens the stream of one connection, and keeps it, so that it can be closed.

    httpcore loses the stream if a task is cancelled during the TLS handshake.
    """

    def __init__(self) -> None:
        self.stream: httpcore.AsyncNetworkStream | None = None
        self.header_limits = HeaderLimits()
        self._backend = network_backend_async()

    async def connect_tcp(
        self,
        host: str,
        port: int,
        timeout: float | None = None,
        local_address: str | None = None,
        socket_options: Iterable[Any] | None = None,
    ) -> httpcore.AsyncNetworkStream:
        """Connect to a host."""
        self.stream = await self._backend.connect_tcp(
            host, port, timeout, local_address, socket_options
        )
        return _LimitedStream(self.stream, self.header_limits)


class _LimitedStream(httpcore.AsyncNetworkStream):
    """A stream that limits the headers of each response, and passes everything on."""

    def __init__(self, stream: httpcore.AsyncNetworkStream, limits: HeaderLimits) -> None:
        self._stream = stream
        self._limits = limits

    async def read(self, max_bytes: int, timeout: float | None = None) -> bytes:
        limits = self._limits
        if not limits.is_waiting:
            return await self._stream.read(max_bytes, timeout)
        try:
            data = await self._stream.read(max_bytes, limits.remaining_time())
        except httpcore.ReadTimeout as error:
            raise limits.timeout_error() from error
        limits.feed(data)
        return data

    async def write(self, buffer: bytes, timeout: float | None = None) -> None:
        self._limits.is_sending = True
        await self._stream.write(buffer, timeout)

    async def aclose(self) -> None:
        await self._stream.aclose()

    async def start_tls(
        self,
        ssl_context: ssl.SSLContext,
        server_hostname: str | None = None,
        timeout: float | None = None,
    ) -> httpcore.AsyncNetworkStream:
        stream = await self._stream.start_tls(ssl_context, server_hostname, timeout)
        return _LimitedStream(stream, self._limits)

    def get_extra_info(self, info: str) -> Any:
        return self._stream.get_extra_info(info)
