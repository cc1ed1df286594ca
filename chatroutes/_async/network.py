"""The network backend of one connection, whose stream can be closed and limits the headers of responses."""

from __future__ import annotations

import socket
import ssl
from collections.abc import Iterable
from typing import Any

import httpcore

from .._concurrency import shut_down
from .._header_limits import HeaderLimits
from .._httpx import network_backend_async


class AsyncConnectionBackend(httpcore.AsyncNetworkBackend):
    """Opens the stream of one connection, and keeps it, so that it can be closed.

    httpcore loses the stream if a task is cancelled during the TLS handshake.
    """

    def __init__(self) -> None:
        self.stream: httpcore.AsyncNetworkStream | None = None
        self._latest_stream: httpcore.AsyncNetworkStream | None = None  # with TLS, if it is used
        self._is_interrupted = False
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
            host, port, self.header_limits.limit(timeout), local_address, socket_options
        )
        return await self.limit_stream(self.stream)

    async def limit_stream(
        self, stream: httpcore.AsyncNetworkStream
    ) -> httpcore.AsyncNetworkStream:
        """Return a stream with the limits, after connecting or after the TLS handshake.

        Raises:
            httpcore.ConnectError: If the connection was interrupted meanwhile.
        """
        self._latest_stream = stream
        if self._is_interrupted:
            await stream.aclose()
            raise httpcore.ConnectError("The connections of the client were closed.")
        return _LimitedStream(stream, self)

    def interrupt(self) -> None:
        """Wake the thread that waits for the stream, and connect no more.

        Closing a socket does not wake a thread that waits for it. An event loop does wake its tasks.
        """
        self._is_interrupted = True
        stream = self._latest_stream
        sock = None if stream is None else stream.get_extra_info("socket")
        if isinstance(sock, socket.socket):
            shut_down(sock)


class _LimitedStream(httpcore.AsyncNetworkStream):
    """A stream that limits the headers of each response, and passes everything on."""

    def __init__(
        self, stream: httpcore.AsyncNetworkStream, backend: AsyncConnectionBackend
    ) -> None:
        self._stream = stream
        self._backend = backend
        self._limits = backend.header_limits

    async def read(self, max_bytes: int, timeout: float | None = None) -> bytes:
        limits = self._limits
        if not limits.is_waiting:
            return await self._stream.read(max_bytes, limits.limit_read(timeout))
        try:
            data = await self._stream.read(max_bytes, limits.remaining_time())
        except httpcore.ReadTimeout as error:
            raise limits.timeout_error() from error
        limits.feed(data)
        return data

    async def write(self, buffer: bytes, timeout: float | None = None) -> None:
        self._limits.is_sending = True
        await self._stream.write(buffer, self._limits.limit(timeout))

    async def aclose(self) -> None:
        await self._stream.aclose()

    async def start_tls(
        self,
        ssl_context: ssl.SSLContext,
        server_hostname: str | None = None,
        timeout: float | None = None,
    ) -> httpcore.AsyncNetworkStream:
        limited = self._limits.limit(timeout)
        stream = await self._stream.start_tls(ssl_context, server_hostname, limited)
        return await self._backend.limit_stream(stream)

    def get_extra_info(self, info: str) -> Any:
        return self._stream.get_extra_info(info)
