"""Wait until a fault server has no open connection."""

from __future__ import annotations

import gc

import anyio.to_thread

from tests.support.fault_server import FaultServer


def wait_until_idle(server: FaultServer) -> None:
    """Collect garbage, which closes abandoned streams, and wait until the server has no open connection."""
    gc.collect()
    server.wait_until_idle()


async def wait_until_idle_async(server: FaultServer) -> None:
    """Do the same in a worker thread, so that the event loop can close connections meanwhile."""
    gc.collect()
    await anyio.to_thread.run_sync(server.wait_until_idle)
