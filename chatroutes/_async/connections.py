"""The connections of a client and its views: one pool for each process and each event loop."""

from __future__ import annotations

import os
from typing import TYPE_CHECKING

from .._concurrency import (
    AsyncFinalizer,
    current_event_loop_async,
    finalizer_async,
    schedule_close_async,
)
from .._options import FAST
from ..errors import ChatRoutesError, ValidationError

if TYPE_CHECKING:
    import httpx

    from .transports import AsyncPool


class AsyncConnections:
    """Where the sockets are.

    A forked child must not talk on its parent's sockets, nor one event loop on another's, so each
    gets a pool of its own when it first asks. An event loop that ends closes its pool. A client that
    the user brought is used as it is.
    """

    def __init__(
        self, base_url: str, http_client: httpx.AsyncClient | None, transport: str
    ) -> None:
        self._base_url = base_url
        self._transport = transport
        self._brought = http_client
        self._pools: dict[tuple[int, object], tuple[AsyncPool, AsyncFinalizer]] = {}
        self._closed = False

    def pool(self) -> AsyncPool:
        """What to send with, here and now.

        Raises:
            ChatRoutesError: it was closed.
            ValidationError: its transport cannot reach the service from here.
        """
        if self._closed:
            raise ChatRoutesError("This client was closed; make a new one to go on.")
        if self._brought is not None:
            if self._brought.is_closed:
                raise ChatRoutesError("The http_client of this client was closed.")
            return _client_pool(self._brought)
        here = (os.getpid(), current_event_loop_async())
        held = self._pools.get(here)
        if held is None:
            self._forget_what_was_closed()
            pool = (_fast_pool if self._transport == FAST else _new_pool)(self._base_url)
            # setdefault is atomic: of two threads that come here at once, both go on with one pool.
            held = self._pools.setdefault(here, (pool, finalizer_async(pool.aclose)))
        return held[0]

    async def close(self) -> None:
        """Close the connections that were made here. Twice is no harm."""
        self._closed = True
        held = self._pools.pop((os.getpid(), current_event_loop_async()), None)
        if held is not None:
            await held[1].aclose()

    def _forget_what_was_closed(self) -> None:
        for here, (pool, _) in list(self._pools.items()):
            if pool.is_closed:
                self._pools.pop(here, None)

    def __del__(self) -> None:
        # Many a short program never closes its client. What belongs to another process cannot be
        # closed from here.
        for (process, loop), (_, end) in self._pools.items():
            if process == os.getpid():
                schedule_close_async(loop, end.aclose)


def _client_pool(client: httpx.AsyncClient) -> AsyncPool:
    from .transports import AsyncClientPool

    return AsyncClientPool(client)


def _new_pool(base_url: str) -> AsyncPool:
    import httpx

    from .._httpx import LIMITS, has_proxies, ssl_context, ssl_context_for
    from .transports import AsyncClientPool, AsyncTransportPool

    if has_proxies():
        return AsyncClientPool(httpx.AsyncClient(verify=ssl_context(), limits=LIMITS))
    verify = ssl_context_for(base_url)
    return AsyncTransportPool(httpx.AsyncHTTPTransport(verify=verify, limits=LIMITS))


def _fast_pool(base_url: str) -> AsyncPool:
    from .._httpx import LIMITS, find_proxy, ssl_context_for
    from .httptools_transport import AsyncHttptoolsTransport
    from .transports import AsyncTransportPool

    proxy = find_proxy(base_url)
    if proxy is not None:
        raise ValidationError(
            f"Nothing was sent: the environment sends what is for {base_url} through the proxy {proxy}, "
            "and the transport 'fast' goes through none; take 'httpx', or except the service in NO_PROXY."
        )
    return AsyncTransportPool(AsyncHttptoolsTransport(ssl_context_for(base_url), LIMITS))
