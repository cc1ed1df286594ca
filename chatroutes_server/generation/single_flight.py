"""Work that asks a model elsewhere and is no turn: summaries, and a model's suggestions.

The rule is that of turns. With an Idempotency-Key somebody may come back: the work belongs to no
connection, its answer is kept, and whoever comes with the key meanwhile waits for the same work.
Without a key nobody can come back: when the reader leaves, the request to the upstream is
cancelled, and nothing is stored.

When the server stops, what still runs is cut off. It has stored nothing yet, and the next try with
the key does it anew.
"""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Coroutine
from typing import Any

from chatroutes_server.errors import ApiError
from chatroutes_server.store.idempotency import IdempotentRequest, StoredResponse

Work = Callable[[], Coroutine[Any, Any, StoredResponse]]


class SingleFlight:
    """All errands with a key that are being run."""

    def __init__(self) -> None:
        self._running: dict[
            tuple[str, str, str, str], tuple[str, asyncio.Task[StoredResponse | ApiError]]
        ] = {}

    async def answer(self, this: IdempotentRequest | None, work: Work) -> StoredResponse:
        """Give what the work answers; with a key, it goes on though this is cancelled."""
        if this is None:
            return await work()
        known = self._running.get(this.name)
        if known is None:
            task = asyncio.create_task(_settled(work))
            self._running[this.name] = this.body_hash, task
            task.add_done_callback(lambda _: self._running.pop(this.name))
        else:
            body_hash, task = known
            this.require_same_body(body_hash)
        await asyncio.wait({task})
        answer = task.result()
        if isinstance(answer, ApiError):
            raise answer
        return answer

    async def stop(self) -> None:
        late = [task for _, task in self._running.values()]
        for task in late:
            task.cancel()
        if late:
            await asyncio.wait(late)


async def _settled(work: Work) -> StoredResponse | ApiError:
    try:
        return await work()
    except ApiError as error:  # for those who wait, if anybody still does
        return error
