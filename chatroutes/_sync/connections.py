# Derived from chatroutes/_async/connections.py by scripts/regen.py. Do not edit.

"""The connections of a client and its views: one transport for each process and event loop.

Importing this module does not import httpx.
"""

from __future__ import annotations

import os
from collections.abc import Callable, Generator
from contextlib import contextmanager
from importlib import import_module
from typing import TYPE_CHECKING, NoReturn, Self, SupportsIndex

from .._concurrency import (
    Finalizer,
    call_in_event_loop,
    current_event_loop,
    finalizer,
    is_closed_event_loop,
    schedule_close,
)
from .._fork import first_use_lock
from .._options import refuse_to_pickle
from ..errors import ChatRoutesError, NetworkError

if TYPE_CHECKING:
    import httpx

    from .transports import DirectTransport, Transport


class _OpenTransport:
    def __init__(self, transport: DirectTransport, finalizer: Finalizer) -> None:
        self.transport = transport
        self.finalizer = finalizer


class Connections:
    """Opens transports when they are first needed, and closes them.

    A forked child must not use the sockets of its parent, and an event loop must not use those of
    another loop, so each of them has a transport of its own. It is closed with the client, or when
    its event loop ends. An `http_client` of the user's is used as it is and never closed.
    """

    _is_closed = False
    _http_client_process: int | None = None  # the first one that has used the `http_client`

    def __init__(self, base_url: str, http_client: httpx.Client | None, transport: str) -> None:
        self.http_client = http_client
        self._base_url = base_url
        self._transport = transport
        self._open: dict[tuple[int, object], _OpenTransport] = {}
        # What waits, in which process and event loop, and how it is woken.
        self._waiting: list[tuple[int, object, Callable[[], object]]] = []

    def current_transport(self) -> Transport:
        """Return the transport of the current process and event loop. Open it on the first call.

        Raises:
            ChatRoutesError: If the client is closed.
            ValidationError: If the transport cannot use the proxy of the environment.
        """
        if self._is_closed:
            raise _closed_error()
        if self.http_client is not None:
            from .transports import ClientTransport

            if self.http_client.is_closed:
                raise ChatRoutesError(
                    "The http_client of this client was closed. Pass an open one.", status_code=None
                )
            transport = ClientTransport(self.http_client)
            if self._http_client_process is None:
                self._http_client_process = os.getpid()
                transport.warn_if_unencrypted(self._base_url)
            return transport
        opened = self._open.get((os.getpid(), current_event_loop()))
        return self._open_transport() if opened is None else opened.transport

    @contextmanager
    def wake_on_close(self, wake: Callable[[], object]) -> Generator[None]:
        """Call `wake` in the current event loop if the client is closed while the block waits.

        Raises:
            ChatRoutesError: If the client is closed, before or after the wait.
        """
        waiting = (os.getpid(), current_event_loop(), wake)
        self._waiting.append(waiting)
        try:
            self._require_open()  # not before, because another thread may close the client meanwhile
            yield
        finally:
            self._waiting.remove(waiting)
        self._require_open()

    def replace_if_closed(self, error: ChatRoutesError) -> ChatRoutesError:
        """Return the error of a closed client for a connection that was lost because it was closed."""
        if not self._is_closed or not isinstance(error, NetworkError):
            return error
        closed = _closed_error()
        closed.__cause__ = error
        return closed

    def _require_open(self) -> None:
        if self._is_closed:
            raise _closed_error()

    def close(self) -> None:
        """Close the connections of the current process, and wake what waits. Closing twice is harmless.

        The connections of other event loops are closed by these loops.
        """
        self._is_closed = True
        process, current_loop = os.getpid(), current_event_loop()
        for waiting_process, loop, wake in list(self._waiting):
            if waiting_process == process:
                call_in_event_loop(loop, wake)
        if self.http_client is not None and self._http_client_process == process:
            from .transports import ClientTransport

            ClientTransport(self.http_client).interrupt(self._base_url, self)
        for key in list(self._open):
            if key[0] == process and key[1] is not current_loop:
                opened = self._open.pop(key, None)
                if opened is not None:
                    schedule_close(key[1], opened.finalizer.close)
        opened = self._open.pop((process, current_loop), None)
        if opened is not None:
            opened.finalizer.close()

    def _open_transport(self) -> DirectTransport:
        """Open the transport of the current process and event loop."""
        with first_use_lock:
            # What the first request imports, such as the codec of host names, is imported here.
            import_module("encodings.idna")

            from .._httpx import warn_if_unencrypted
            from .transports import open_transport

            warn_if_unencrypted(self._base_url)
            key = (os.getpid(), current_event_loop())
            opened = self._open.get(key)  # another thread may have opened it meanwhile
            if opened is None:
                self._drop_closed()
                transport = open_transport(self._base_url, self._transport)
                opened = _OpenTransport(transport, finalizer(transport.close))
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
                schedule_close(loop, opened.finalizer.close)


def _closed_error() -> ChatRoutesError:
    return ChatRoutesError("This client was closed. Create a new one.", status_code=None)
