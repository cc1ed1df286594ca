"""Listening sockets that accept at most as many connections as the process has descriptors for.

asyncio's own accept loop has no limit. When the process has no descriptor left, it also repeats the
failed call as often as its backlog is long, and logs each failure.
"""

from __future__ import annotations

import asyncio
import logging
import socket
from collections.abc import Callable

logger: logging.Logger = logging.getLogger("chatroutes_server")

# Connections that wait in the kernel, and need no descriptor. The kernel drops those that exceed the
# number, and their clients repeat the attempt after 1, 3 and 7 seconds. With 1,000 clients at once on
# two busy cores, 670 clients repeated it with a backlog of 16, 543 with 64, 46 with 256 and none with
# 1024. With 16, the last client got its first event after 55 s instead of 9 s.
BACKLOG = 1024
MAKE_ROOM_INTERVAL = 0.1  # seconds between two calls of `on_full` while clients wait
RETRY_DELAY = 1.0  # seconds until the next attempt and the next log line, after a failure


class Listener:
    """Accepts connections while fewer than `max_connections` are open.

    It needs an event loop with `add_reader`.

    Args:
        create_protocol: Returns the protocol of a new connection. `release` must be called when
            that connection is lost.
        max_connections: The number of connections that may be open.
        on_full: Called when this number is reached, and repeatedly as long as it is. Other clients
            wait meanwhile.
    """

    def __init__(
        self,
        create_protocol: Callable[[], asyncio.Protocol],
        max_connections: int,
        on_full: Callable[[], None],
    ) -> None:
        self._create_protocol = create_protocol
        self._max_connections = max_connections
        self._on_full = on_full
        self._open = 0  # connections
        self._connecting: set[asyncio.Task[object]] = set()
        self._sockets: list[socket.socket] = []
        self._accepting = self._stopped = False
        self._next_warning = 0.0
        self._full_timer: asyncio.TimerHandle | None = None

    async def start(self, host: str, port: int) -> tuple[str, int]:
        """Listen on all addresses of the host. Return the first one, with its port.

        Raises:
            OSError: If an address cannot be used.
        """
        # asyncio binds the addresses, but its server would also accept the connections.
        server = await asyncio.get_running_loop().create_server(
            asyncio.Protocol, host, port, start_serving=False
        )
        self._sockets = [each.dup() for each in server.sockets]
        server.close()
        for each in self._sockets:
            each.setblocking(False)
            each.listen(BACKLOG)
        self._resume()
        address: tuple[str, int] = self._sockets[0].getsockname()[:2]
        return address

    async def stop(self) -> None:
        """Stop accepting connections. Return when each accepted one has its protocol."""
        self._stopped = True
        self._pause()
        for each in self._sockets:
            each.close()
        if self._connecting:
            await asyncio.wait(self._connecting)

    def release(self) -> None:
        """Count a connection as closed, and accept another one."""
        self._open -= 1
        self._resume()

    def _resume(self) -> None:
        if self._accepting or self._stopped:
            return
        self._accepting = True
        for each in self._sockets:
            asyncio.get_running_loop().add_reader(each, self._accept, each)

    def _pause(self) -> None:
        self._accepting = False
        for each in self._sockets:
            asyncio.get_running_loop().remove_reader(each)

    def _accept(self, listening: socket.socket) -> None:
        """Accept all waiting connections for which there is room."""
        loop = asyncio.get_running_loop()
        while self._open < self._max_connections:
            try:
                connection, _ = listening.accept()
            except (BlockingIOError, InterruptedError, ConnectionAbortedError):
                return
            except OSError as error:  # such as EMFILE: other parts of the process use descriptors
                self._pause()
                loop.call_later(RETRY_DELAY, self._resume)
                if loop.time() >= self._next_warning:
                    self._next_warning = loop.time() + RETRY_DELAY
                    logger.warning("Cannot accept a connection: %s", error.strerror)
                return
            connection.setblocking(False)
            self._open += 1
            task = loop.create_task(loop.connect_accepted_socket(self._create_protocol, connection))
            self._connecting.add(task)
            task.add_done_callback(self._connecting.discard)
        self._pause()
        if self._full_timer is None:
            self._make_room()

    def _make_room(self) -> None:
        """Call `on_full`, which may visit each connection, at most once in an interval."""
        self._full_timer = None
        if self._open >= self._max_connections and not self._stopped:
            self._on_full()
            loop = asyncio.get_running_loop()
            self._full_timer = loop.call_later(MAKE_ROOM_INTERVAL, self._make_room)
