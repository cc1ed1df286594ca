"""Run the turns that were interrupted, in their order.

If there is a pending reply, and no server runs its turn, then a crash or a failure of the database has
interrupted the turn.

* If no other server uses the database, a server runs these turns at its start, before it accepts requests.
* The servers of a shared database also look for pending replies whose branch no server has locked. A
  server that crashes loses its locks. Each server runs an interrupted turn at most once, because the
  failure may occur again.

These turns have no clients. A turn of the built-in model is completed. A turn of an upstream gets a
resume window if its request had an Idempotency-Key, and is stopped otherwise.
"""

from __future__ import annotations

import asyncio
import logging
import random
from collections.abc import Sequence
from contextlib import suppress

from chatroutes_server.errors import ApiError
from chatroutes_server.generation.generation import Generation
from chatroutes_server.generation.manager import GenerationManager, Reader
from chatroutes_server.generation.store import GenerationRequest
from chatroutes_server.llm.registry import ModelRegistry
from chatroutes_server.store import idempotency, pending_replies
from chatroutes_server.store.connection import Connection
from chatroutes_server.store.database import Database

logger: logging.Logger = logging.getLogger("chatroutes_server")

RECOVERY_INTERVAL = 5  # seconds, on average: the servers do not look at the same time


class Recovery:
    """Runs the interrupted turns of a database.

    Args:
        generations: Runs the turns.
        database: Has the pending replies.
        models: The models of the server.
    """

    def __init__(
        self, generations: GenerationManager, database: Database, models: ModelRegistry
    ) -> None:
        self._generations = generations
        self._database = database
        self._models = models
        self._recovered: set[str] = set()  # the ids of the users' messages

    async def run_at_start(self) -> None:
        """Run the interrupted turns, if no other process may still run them."""
        if self._database.opened_exclusively:
            await self._recover(await self._database.read(_list_interrupted))

    async def run_continuously(self) -> None:
        """Run the turns that other servers of a shared database left unfinished, until it is cancelled."""
        unlocked_before: set[str] = set()
        while self._database.is_shared:
            await asyncio.sleep(RECOVERY_INTERVAL * random.uniform(0.5, 1.5))
            try:
                unlocked = await self._list_unlocked()
                # A server that has lost its connection needs a moment to lock its branches again.
                await self._recover(
                    [each for each in unlocked if each.user_message_id in unlocked_before]
                )
                unlocked_before = {str(each.user_message_id) for each in unlocked}
            except Exception as error:  # noqa: BLE001  the next round tries again
                logger.warning("cannot look for interrupted replies: %s", error)

    async def _list_unlocked(self) -> list[GenerationRequest]:
        """Return the interrupted requests whose branch no server has locked."""
        unlocked: list[GenerationRequest] = []
        for request in await self._database.read(_list_interrupted):
            if request.user_message_id in self._recovered:
                continue
            # The branches that this server uses can be locked once more.
            if self._generations.turns.has_turns(request.conversation_id):
                continue
            if await self._database.is_unlocked(str(request.branch_id)):
                unlocked.append(request)
        return unlocked

    async def _recover(self, requests: Sequence[GenerationRequest]) -> None:
        completed: list[Generation] = []
        resumable: list[Reader] = []
        resumable_branches: set[str] = set()
        for request in requests:
            self._recovered.add(str(request.user_message_id))
            turn = self._generations.turns.arrive(request.conversation_id)
            turn.recovered = True
            try:
                reader = await self._generations.start(request, turn)
            except ApiError:
                continue
            if not self._models.get(request.model or "").deterministic:
                if request.idempotent_request is not None:
                    resumable.append(reader)
                    resumable_branches |= turn.branch_ids
                    continue
                reader.close()
            if turn.branch_ids.isdisjoint(resumable_branches):
                completed.append(reader.generation)
        for reader in resumable:
            reader.close()
        for generation in completed:
            with suppress(ApiError):
                await generation.wait_for_result()


def _list_interrupted(connection: Connection) -> list[GenerationRequest]:
    """Return requests that continue the pending replies."""
    return [
        GenerationRequest(
            user_id=row.user_id,
            conversation_id=row.conversation_id,
            branch_id=row.branch_id,
            content=row.content,
            model=row.model,
            idempotent_request=idempotency.find_by_message(connection, row.user_message_id),
            user_message_id=row.user_message_id,
        )
        for row in pending_replies.list_all(connection)
    ]
