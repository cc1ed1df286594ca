"""Wait until a fault server has no open connection, or no more than some."""

from __future__ import annotations

import gc

import anyio.to_thread

from tests.support.fault_server import FaultServer


def wait_until_idle(server: FaultServer, remaining: int = 0) -> None:
    """Collect garbage, which closes abandoned streams, and wait until few connections are open."""
    gc.collect()
    server.wait_until_idle(remaining)


async def wait_until_idle_async(server: FaultServer, remaining: int = 0) -> None:
    """Do the same in a worker thread, so that the event loop can close connections meanwhile."""
    gc.collect()
    await anyio.to_thread.run_sync(server.wait_until_idle, remaining)
