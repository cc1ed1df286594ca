"""Starlette's lifespan: start and stop of the server."""

from __future__ import annotations

import asyncio
import contextlib
import logging
from collections.abc import AsyncGenerator

from starlette.applications import Starlette

from chatroutes_server.generation.recovery import Recovery
from chatroutes_server.request_context import AppState
from chatroutes_server.store import idempotency
from chatroutes_server.store.database import Database

logger: logging.Logger = logging.getLogger("chatroutes_server")

CLEANUP_INTERVAL = 60 * 60  # seconds between removals of expired idempotency keys
# Seconds that generations and open responses get to finish when the server stops.
GRACEFUL_SHUTDOWN_TIMEOUT = 1.5


@contextlib.asynccontextmanager
async def lifespan(state: AppState, _app: Starlette) -> AsyncGenerator[None]:
    """Resume interrupted replies before the first request; stop all work after the last one."""
    try:
        state.generations.listen()
        recovery = Recovery(state.generations, state.database, state.models)
        await recovery.run_at_start()
        background = [
            asyncio.create_task(_remove_expired_keys(state.database)),
            asyncio.create_task(recovery.run_continuously()),
        ]
        yield
        for task in background:
            task.cancel()
        await state.single_flight.stop()
        await state.generations.stop(GRACEFUL_SHUTDOWN_TIMEOUT)
        if state.upstream_client is not None:
            await state.upstream_client.aclose()
    except Exception:
        # Uvicorn logs the reason too, but the command line silences its log.
        logger.exception("The server failed to start or to stop")
        raise


async def _remove_expired_keys(database: Database) -> None:
    while True:
        try:
            while await database.write(idempotency.delete_expired):
                await asyncio.sleep(0)  # let other writes go first
        except Exception as error:  # noqa: BLE001  on a full disk, the next interval tries again
            logger.warning("cannot delete expired idempotency keys: %s", error)
        await asyncio.sleep(CLEANUP_INTERVAL)
