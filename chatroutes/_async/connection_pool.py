"""The connections of one transport: those that are idle, and those that a request uses.

The pool of httpcore keeps a list of all requests and connections behind a lock. If a task is
cancelled, or Ctrl-C is pressed, at certain points, a connection stays in that list for ever, or the
lock stays locked. Here, a connection belongs to its request until the response was read, and the
pool refers to it only weakly. There is no lock: the operations on the containers are atomic. A
request that ends in any other way closes its connection.
"""

from __future__ import annotations

import contextlib
import ssl
from collections import deque
from collections.abc import AsyncIterator, Callable
from typing import TYPE_CHECKING, Any, TypeAlias
from weakref import ref

import httpcore
import httpx

from .._concurrency import run_shielded_async
from .._httpx import LIMITS, TIME_LIMITS
from .network import AsyncConnectionBackend

if TYPE_CHECKING:
    from .._proxies import EnvironmentProxy

CreateConnection: TypeAlias = Callable[
    [httpcore.Origin, AsyncConnectionBackend], httpcore.AsyncConnectionInterface
]


class AsyncPoolTransport(httpx.AsyncHTTPTransport):
    """An httpx transport that sends through an `AsyncConnectionPool`."""

    def __init__(
        self,
        ssl_context: ssl.SSLContext | None,
        proxy: EnvironmentProxy | None,
        connection_class: type[httpcore.AsyncHTTPConnection] | None = None,
    ) -> None:
        """Create a transport. Nothing is opened yet.

        Args:
            ssl_context: The certificates to trust, or None for plain HTTP.
            proxy: The proxy to connect through, if any.
            connection_class: The class of connections without a proxy. Default: that of httpcore.
        """

        def create_connection(
            origin: httpcore.Origin, backend: AsyncConnectionBackend
        ) -> httpcore.AsyncConnectionInterface:
            if proxy is None:
                return (connection_class or httpcore.AsyncHTTPConnection)(
                    origin,
                    ssl_context=ssl_context,
                    keepalive_expiry=LIMITS.keepalive_expiry,
                    network_backend=backend,
                )
            pool = httpcore.AsyncConnectionPool(
                ssl_context=ssl_context,
                proxy=proxy.to_httpcore(),
                keepalive_expiry=LIMITS.keepalive_expiry,
                network_backend=backend,
            )
            return pool.create_connection(origin)

        # Not by `super().__init__`, which would create a pool of httpcore first.
        self._pool: Any = AsyncConnectionPool(
            create_connection, LIMITS.max_keepalive_connections or 0
        )


class AsyncConnectionPool:
    """Sends each request on an idle connection, or on a new one.

    All requests of a pool have the same origin. The number of connections is not limited.
    """

    def __init__(self, create_connection: CreateConnection, max_idle: int) -> None:
        """Create a pool. Nothing is opened yet.

        Args:
            create_connection: Returns a connection that connects when it sends its first request.
            max_idle: How many idle connections are kept.
        """
        self._create_connection = create_connection
        self._max_idle = max_idle
        self._idle: deque[_PooledConnection] = deque()  # the one used last is on the right
        self._open: set[ref[_PooledConnection]] = set()
        self._is_closed = False

    async def handle_async_request(self, request: httpcore.Request) -> httpcore.Response:
        """Send a request and return the response with its body still unread."""
        pooled = await self._take_idle() or self._create(request.url.origin)
        try:
            pooled.request = request
            limits = pooled.backend.header_limits
            sent: Any = request
            extensions = sent.extensions
            limits.start(extensions.get("timeout", {}).get("read"), extensions.get(TIME_LIMITS))
            response: Any = await pooled.connection.handle_async_request(request)
            limits.is_waiting = False
            return httpcore.Response(
                status=response.status,
                headers=response.headers,
                content=_ResponseBody(response.stream, pooled, self),
                extensions=response.extensions,
            )
        except BaseException:
            await pooled.close()
            raise

    async def release(self, pooled: _PooledConnection) -> None:
        """Keep a connection whose response was closed, or close it if it cannot be used again."""
        pooled.request = None
        if self._is_closed or not pooled.connection.is_idle():
            await pooled.close()
            return
        self._idle.append(pooled)
        if len(self._idle) > self._max_idle:
            await self._idle.popleft().close()

    async def aclose(self) -> None:
        """Close all connections, including those that a request uses."""
        self._is_closed = True
        opened = self._pooled
        self._idle.clear()
        for pooled in opened:
            pooled.backend.interrupt()
        for pooled in opened:
            await pooled.close()

    @property
    def connections(self) -> list[httpcore.AsyncConnectionInterface]:
        """The connections that are open."""
        return [pooled.connection for pooled in self._pooled]

    @property
    def _requests(self) -> list[_PooledConnection]:
        """The connections that send a request, with the request."""
        return [pooled for pooled in self._pooled if pooled.request is not None]

    @property
    def _pooled(self) -> list[_PooledConnection]:
        # The garbage collector clears the weak references of a pool before it runs finalizers.
        opened = [reference() for reference in list(self._open)]
        return list({*self._idle, *(pooled for pooled in opened if pooled is not None)})

    async def _take_idle(self) -> _PooledConnection | None:
        """Return the idle connection that was used last, or None. Close those that have expired."""
        found: _PooledConnection | None = None
        while found is None:
            try:
                found = self._idle.pop()
            except IndexError:
                return None
            if found.connection.has_expired():
                await found.close()
                found = None
        # The others were used earlier, so the first of them expires first.
        while self._idle and self._idle[0].connection.has_expired():
            with contextlib.suppress(IndexError):  # another thread has taken it
                await self._idle.popleft().close()
        return found

    def _create(self, origin: httpcore.Origin) -> _PooledConnection:
        backend = AsyncConnectionBackend()
        pooled = _PooledConnection(self._create_connection(origin, backend), backend)
        self._open.add(ref(pooled, self._open.discard))
        if self._is_closed:  # by another thread, since the request began
            backend.interrupt()
        return pooled


class _PooledConnection:
    __slots__ = ("__weakref__", "backend", "connection", "request")

    def __init__(
        self, connection: httpcore.AsyncConnectionInterface, backend: AsyncConnectionBackend
    ) -> None:
        self.connection = connection
        self.request: httpcore.Request | None = None
        self.backend = backend

    async def close(self) -> None:
        """Close the connection, whatever state it is in. No lock of it is acquired."""
        await run_shielded_async(self._close)

    async def _close(self) -> None:
        # An error of closing is not an error of the request.
        with contextlib.suppress(Exception):
            await self.connection.aclose()
        if self.backend.stream is not None:
            with contextlib.suppress(Exception):
                await self.backend.stream.aclose()


class _ResponseBody:
    """The body of a response. Its connection goes back to the pool when the body is closed."""

    def __init__(self, stream: Any, pooled: _PooledConnection, pool: AsyncConnectionPool) -> None:
        self._stream: Any = stream
        self._pooled = pooled
        self._pool = pool
        self._is_closed = False

    async def __aiter__(self) -> AsyncIterator[bytes]:
        try:
            async for part in self._stream:
                yield part
        except BaseException:
            self._is_closed = True
            await self._pooled.close()
            raise

    async def aclose(self) -> None:
        """Close the body. If it was read to its end, the connection can be used again."""
        if self._is_closed:
            return
        self._is_closed = True
        try:
            await self._stream.aclose()
        except BaseException:
            await self._pooled.close()
            raise
        await self._pool.release(self._pooled)
