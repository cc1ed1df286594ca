"""Shutdown: it is fast and closes all connections. These tests show why `Server` overrides uvicorn."""

from __future__ import annotations

import asyncio
import contextlib
import socket
import time

import pytest
import uvicorn
from starlette.types import Receive, Scope, Send

from chatroutes_server import LocalServer
from chatroutes_server.config import Timeouts
from chatroutes_server.protocol import ServerProtocol
from chatroutes_server.server import Server

UVICORN_SHUTDOWN_DELAY = 0.1  # seconds that uvicorn's `shutdown` always sleeps


async def app(scope: Scope, receive: Receive, send: Send) -> None:
    raise AssertionError("no request is sent")


def recv_until_closed(connection: socket.socket) -> bytes:
    """Wait for the end of the connection, which may be a reset."""
    with contextlib.suppress(ConnectionResetError):
        return connection.recv(1)
    return b""


def test_idle_server_stops_faster_than_uvicorn() -> None:
    durations: list[float] = []
    for _ in range(10):
        with LocalServer():
            started = time.perf_counter()
        durations.append(time.perf_counter() - started)

    # A busy machine delays some of them, but not all.
    assert min(durations) < UVICORN_SHUTDOWN_DELAY


# The event loop accepts a connection in one iteration, and uvicorn registers it two iterations later.
@pytest.mark.parametrize("iterations", range(6))
def test_connection_accepted_during_the_shutdown_is_closed(iterations: int) -> None:
    address: list[tuple[str, int]] = []

    async def connect_and_stop() -> socket.socket:
        config = uvicorn.Config(
            app, port=0, http=ServerProtocol, lifespan="off", log_config=None, access_log=False
        )
        server = Server(config, 100, Timeouts(), lambda *bound: address.append(bound), lambda: None)
        config.load()
        server.lifespan = config.lifespan_class(config)
        await server.startup()
        client = socket.create_connection(address[0], timeout=60)
        for _ in range(iterations):
            await asyncio.sleep(0)
        await server.shutdown()
        return client

    with asyncio.run(connect_and_stop()) as client:
        assert recv_until_closed(client) == b""
