"""Client disconnects: wait for one, and cancel work when one happens."""

from __future__ import annotations

import asyncio
from collections.abc import Coroutine
from typing import Any, TypeVar

from starlette.requests import ClientDisconnect
from starlette.types import Receive

T = TypeVar("T")


async def wait_for_disconnect(receive: Receive) -> None:
    """Return when the client has disconnected. Ignores the rest of the request body."""
    while (await receive())["type"] != "http.disconnect":
        pass


async def run_until_disconnect(work: Coroutine[Any, Any, T], receive: Receive) -> T:
    """Return the result of the work; cancel it if the client disconnects first.

    Raises:
        ClientDisconnect: If the client disconnected before the work was done.
    """
    working = asyncio.create_task(work)
    disconnect = asyncio.create_task(wait_for_disconnect(receive))
    try:
        await asyncio.wait({working, disconnect}, return_when=asyncio.FIRST_COMPLETED)
        if not working.done():
            raise ClientDisconnect
        return working.result()
    finally:
        working.cancel()
        disconnect.cancel()
        # Unlike `wait`, this retrieves the exceptions, which asyncio would log otherwise.
        await asyncio.gather(working, disconnect, return_exceptions=True)
