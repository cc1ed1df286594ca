"""Single-flight: requests with the same Idempotency-Key share one run of an operation.

This is for operations that call a model but generate no reply: summaries and suggestions of
branches. Replies follow the same rule, see `manager.py`.

With a key, a client can retry and get the response. The operation therefore does not depend on a
connection: it continues after a disconnect, its response is stored, and other requests with the
key wait for it. Without a key, the operation is cancelled when the client disconnects, and nothing
is stored.

When the server stops, running operations are cancelled. They have stored nothing, and a retry with
the key runs them again.
"""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Coroutine
from typing import Any

from chatroutes_server.store.idempotency import IdempotentRequest, StoredResponse

Work = Callable[[], Coroutine[Any, Any, StoredResponse]]


class SingleFlight:
    def __init__(self) -> None:
        self._running: dict[
            tuple[str, str, str, str], tuple[str, asyncio.Task[StoredResponse | Exception]]
        ] = {}

    async def run(self, request: IdempotentRequest | None, work: Work) -> StoredResponse:
        """Run the work, or wait for its running task, and return the response.

        Cancelling this call cancels the work only if the request has no idempotency key.
        """
        if request is None:
            return await work()
        running = self._running.get(request.scoped_key)
        if running is None:
            task = asyncio.create_task(_catch_exception(work))
            self._running[request.scoped_key] = request.body_hash, task
            task.add_done_callback(lambda _: self._running.pop(request.scoped_key))
        else:
            body_hash, task = running
            request.require_same_body(body_hash)
        await asyncio.wait({task})
        result = task.result()
        if isinstance(result, Exception):
            raise result
        return result

    async def stop(self) -> None:
        """Cancel all running work."""
        tasks = [task for _, task in self._running.values()]
        for task in tasks:
            task.cancel()
        if tasks:
            await asyncio.wait(tasks)


async def _catch_exception(work: Work) -> StoredResponse | Exception:
    # asyncio logs an exception that is not retrieved, which happens after a disconnect.
    try:
        return await work()
    except Exception as error:  # noqa: BLE001  `run` raises it in the requests that wait
        return error
