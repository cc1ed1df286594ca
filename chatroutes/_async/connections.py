"""The connections of a client and its views: one transport for each process and event loop.

Importing this module does not import httpx.
"""

from __future__ import annotations

import os
from importlib import import_module
from typing import TYPE_CHECKING, NoReturn, Self, SupportsIndex

from .._concurrency import (
    AsyncFinalizer,
    current_event_loop_async,
    finalizer_async,
    is_closed_event_loop,
    schedule_close_async,
)
from .._fork import first_use_lock
from .._options import refuse_to_pickle
from ..errors import ChatRoutesError

if TYPE_CHECKING:
    import httpx

    from .transports import AsyncDirectTransport, AsyncTransport


class _OpenTransport:
    def __init__(self, transport: AsyncDirectTransport, finalizer: AsyncFinalizer) -> None:
        self.transport = transport
        self.finalizer = finalizer


class AsyncConnections:
    """Opens transports when they are first needed, and closes them.

    A forked child must not use the sockets of its parent, and an event loop must not use those of
    another loop, so each of them has a transport of its own. It is closed with the client, or when
    its event loop ends. An `http_client` of the user's is used as it is and never closed.
    """

    def __init__(
        self, base_url: str, http_client: httpx.AsyncClient | None, transport: str
    ) -> None:
        self.http_client = http_client
        self._base_url = base_url
        self._transport = transport
        self._open: dict[tuple[int, object], _OpenTransport] = {}
        self._is_closed = False
        self._was_http_client_used = False

    def current_transport(self) -> AsyncTransport:
        """Return the transport of the current process and event loop. Open it on the first call.

        Raises:
            ChatRoutesError: If the client is closed.
            ValidationError: If the transport cannot use the proxy of the environment.
        """
        if self._is_closed:
            raise ChatRoutesError("This client was closed. Create a new one.", status_code=None)
        if self.http_client is not None:
            from .transports import AsyncClientTransport

            if self.http_client.is_closed:
                raise ChatRoutesError(
                    "The http_client of this client was closed. Pass an open one.", status_code=None
                )
            transport = AsyncClientTransport(self.http_client)
            if not self._was_http_client_used:
                self._was_http_client_used = True
                transport.warn_if_unencrypted(self._base_url)
            return transport
        opened = self._open.get((os.getpid(), current_event_loop_async()))
        return self._open_transport() if opened is None else opened.transport

    async def close(self) -> None:
        """Close the connections of the current process and event loop. Closing twice is harmless."""
        self._is_closed = True
        opened = self._open.pop((os.getpid(), current_event_loop_async()), None)
        if opened is not None:
            await opened.finalizer.aclose()

    def _open_transport(self) -> AsyncDirectTransport:
        """Open the transport of the current process and event loop."""
        with first_use_lock:
            # What the first request imports, such as the codec of host names, is imported here.
            import_module("encodings.idna")

            from .._httpx import warn_if_unencrypted
            from .transports import open_transport

            warn_if_unencrypted(self._base_url)
            key = (os.getpid(), current_event_loop_async())
            opened = self._open.get(key)  # another thread may have opened it meanwhile
            if opened is None:
                self._drop_closed()
                transport = open_transport(self._base_url, self._transport)
                opened = _OpenTransport(transport, finalizer_async(transport.aclose))
                self._open[key] = opened
            return opened.transport

    def _drop_closed(self) -> None:
        """Drop the transports that were closed, and those of event loops that were closed.

        The latter cannot be closed without their loop. The garbage collector closes their sockets,
        and asyncio reports each with a ResourceWarning.
        """
        for (process, loop), opened in list(self._open.items()):
            if opened.transport.is_closed or is_closed_event_loop(loop):
                self._open.pop((process, loop), None)

    def __copy__(self) -> Self:
        return self

    def __deepcopy__(self, memo: object) -> Self:
        return self

    def __reduce_ex__(self, protocol: SupportsIndex) -> NoReturn:
        refuse_to_pickle("A ChatRoutes client")

    def __del__(self) -> None:
        # Many short programs never close their client. A forked child must leave the connections
        # of its parent alone.
        for (process, loop), opened in self._open.items():
            if process == os.getpid():
                schedule_close_async(loop, opened.finalizer.aclose)
