# Derived from chatroutes/_async/network.py by scripts/regen.py. Do not edit.

"""The network backend of one connection, whose stream can be closed and limits the headers of responses."""

from __future__ import annotations

import socket
import ssl
from collections.abc import Iterable
from typing import Any

import httpcore

from .._concurrency import shut_down
from .._header_limits import HeaderLimits
from .._httpx import network_backend


class ConnectionBackend(httpcore.NetworkBackend):
    """Opens the stream of one connection, and keeps it, so that it can be closed.

    httpcore loses the stream if a task is cancelled during the TLS handshake.
    """

    def __init__(self) -> None:
        self.stream: httpcore.NetworkStream | None = None
        self._latest_stream: httpcore.NetworkStream | None = None  # with TLS, if it is used
        self._is_interrupted = False
        self.header_limits = HeaderLimits()
        self._backend = network_backend()

    def connect_tcp(
        self,
        host: str,
        port: int,
        timeout: float | None = None,
        local_address: str | None = None,
        socket_options: Iterable[Any] | None = None,
    ) -> httpcore.NetworkStream:
        """Connect to a host."""
        self.stream = self._backend.connect_tcp(
            host, port, self.header_limits.limit(timeout), local_address, socket_options
        )
        return self.limit_stream(self.stream)

    def limit_stream(self, stream: httpcore.NetworkStream) -> httpcore.NetworkStream:
        """Return a stream with the limits, after connecting or after the TLS handshake.

        Raises:
            httpcore.ConnectError: If the connection was interrupted meanwhile.
        """
        self._latest_stream = stream
        if self._is_interrupted:
            stream.close()
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


class _LimitedStream(httpcore.NetworkStream):
    """A stream that limits the headers of each response, and passes everything on."""

    def __init__(self, stream: httpcore.NetworkStream, backend: ConnectionBackend) -> None:
        self._stream = stream
        self._backend = backend
        self._limits = backend.header_limits

    def read(self, max_bytes: int, timeout: float | None = None) -> bytes:
        limits = self._limits
        if not limits.is_waiting:
            return self._stream.read(max_bytes, limits.limit_read(timeout))
        try:
            data = self._stream.read(max_bytes, limits.remaining_time())
        except httpcore.ReadTimeout as error:
            raise limits.timeout_error() from error
        limits.feed(data)
        return data

    def write(self, buffer: bytes, timeout: float | None = None) -> None:
        self._limits.is_sending = True
        self._stream.write(buffer, self._limits.limit(timeout))

    def close(self) -> None:
        self._stream.close()

    def start_tls(
        self,
        ssl_context: ssl.SSLContext,
        server_hostname: str | None = None,
        timeout: float | None = None,
    ) -> httpcore.NetworkStream:
        limited = self._limits.limit(timeout)
        stream = self._stream.start_tls(ssl_context, server_hostname, limited)
        return self._backend.limit_stream(stream)

    def get_extra_info(self, info: str) -> Any:
        return self._stream.get_extra_info(info)
