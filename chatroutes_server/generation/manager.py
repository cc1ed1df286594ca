"""A turn: what a user writes, and the reply to it.

The user's message is committed before the model is asked. The reply is written by a task that
belongs to no connection: readers look over its shoulder, one or several. What becomes of it when
they all go away depends on what it costs and on who may come back:

* The built-in model costs nothing: its reply is finished and stored.
* A model elsewhere goes on for a request with an Idempotency-Key, because somebody may come back
  with it; the reply is finished and stored.
* Without a key nobody can come back. The request to the upstream is cancelled, and what was
  received so far is stored with the finish reason `cancelled`; if nothing was, nothing is.

If the model fails, the user's message stays, and the same key tries the reply again. When the
server stops, running turns are hurried to their end. What a crash cut off is finished at the next
start, before anybody is let in, or by the next try; only a reply that would have been cancelled,
since its reader is gone, is not begun again.
"""

from __future__ import annotations

import asyncio
import logging
import time
from functools import partial

from sqlalchemy import Connection

from chatroutes_server.errors import ApiError, InternalError
from chatroutes_server.generation.generation import Generation
from chatroutes_server.generation.store import (
    GenerationRequest,
    PreparedGeneration,
    prepare_generation,
    store_reply,
)
from chatroutes_server.llm.model import ReplyStream
from chatroutes_server.llm.registry import ModelRegistry
from chatroutes_server.store import idempotency, pending_replies
from chatroutes_server.store.database import Database

logger = logging.getLogger("chatroutes_server")

CANCELLED = "cancelled"


class GenerationManager:
    """All turns of one server."""

    def __init__(self, database: Database, catalogue: ModelRegistry) -> None:
        self._database = database
        self._catalogue = catalogue
        self._running: set[asyncio.Task[None]] = set()
        self._by_name: dict[tuple[str, str, str, str], tuple[str, asyncio.Future[Generation]]] = {}

    async def start(self, ask: GenerationRequest) -> Generation:
        """Store the user's message and set the model to work; a request seen before is joined.

        Comes back once the message is safe. Raises ApiError if it cannot be taken.
        """
        this = ask.first_try
        known = None if this is None else self._by_name.get(this.name)
        if this is not None and known is not None:
            body_hash, ready = known
            this.require_same_body(body_hash)
        else:
            _, ready = self._set_to_work(ask)
        turn = await asyncio.shield(ready)
        if ask.after is not None:
            ask.after.refuse_other_reply(turn.reply_id)
        return turn

    def _set_to_work(
        self, ask: GenerationRequest
    ) -> tuple[asyncio.Task[None], asyncio.Future[Generation]]:
        ready: asyncio.Future[Generation] = asyncio.get_running_loop().create_future()
        task = asyncio.create_task(self._run(ask, ready))
        self._running.add(task)
        task.add_done_callback(self._running.discard)
        if ask.first_try is not None:
            name = ask.first_try.name
            self._by_name[name] = ask.first_try.body_hash, ready
            task.add_done_callback(lambda _: self._by_name.pop(name))
        return task, ready

    async def recover(self) -> None:
        """Take up the replies that a crash cut off."""
        if not self._database.alone:
            return  # they may be another process's, which is still writing them
        costless: list[asyncio.Task[None]] = []
        for ask in await self._database.read(_left_behind):
            deterministic = self._catalogue.named(ask.model or "").deterministic
            if deterministic or ask.first_try is not None:
                task, _ = self._set_to_work(ask)
                costless += [task] if deterministic else []
            else:
                await self._database.write(partial(_forget, ask))
        if costless:
            await asyncio.wait(costless)

    async def stop(self, patience: float) -> None:
        """Let the running turns come to their end, at most `patience` seconds, then cut them off."""
        self.hurry()
        if self._running:
            _, late = await asyncio.wait(self._running, timeout=patience)
            for task in late:
                task.cancel()
            if late:
                await asyncio.wait(late)

    def hurry(self) -> None:
        self._catalogue.builtin.hurry()

    async def _run(self, ask: GenerationRequest, ready: asyncio.Future[Generation]) -> None:
        try:
            opened = await self._database.write(
                lambda connection: prepare_generation(connection, ask, self._catalogue)
            )
        except Exception as error:  # noqa: BLE001  it belongs to the request that waits for this
            ready.set_exception(error)
            ready.exception()
            if ask.user_message_id is not None:
                await self._database.write(partial(_forget, ask))
            return
        except asyncio.CancelledError:
            ready.cancel()
            raise
        if isinstance(opened, Generation):
            ready.set_result(opened)
            return
        turn = Generation(opened.reply_id, opened.context.model, opened.created)
        ready.set_result(turn)
        try:
            await self._write_reply(opened, turn)
        except asyncio.CancelledError:
            turn.error = InternalError("the server stopped before the reply was whole")
            raise
        except Exception as error:  # noqa: BLE001  whatever a model raises ends this turn alone
            turn.error = await self._given_up(opened, error)
        finally:
            turn.tell()

    async def _write_reply(self, opening: PreparedGeneration, turn: Generation) -> None:
        started = time.perf_counter()
        no_delay = opening.ask.user_message_id is not None
        reply = opening.model.stream_reply(opening.context, no_delay)
        reading = asyncio.create_task(_read(reply, turn))
        waited_for = {reading}
        left = opening.ask.reader_left
        if left is not None and opening.ask.first_try is None and not opening.model.deterministic:
            waited_for.add(asyncio.create_task(left()))
        try:
            await asyncio.wait(waited_for, return_when=asyncio.FIRST_COMPLETED)
            cancelled = not reading.done()
        finally:
            for task in waited_for:
                task.cancel()
            await asyncio.wait(waited_for)
        if not cancelled:
            reading.result()
        elif not turn.pieces:
            raise InternalError("the reader went away before the reply began")
        finish_reason = CANCELLED if cancelled else reply.finish_reason
        response_time = round((time.perf_counter() - started) * 1000)
        turn.result = await self._database.write(
            lambda connection: store_reply(
                connection, opening, turn.pieces, finish_reason, response_time
            )
        )

    async def _given_up(self, opening: PreparedGeneration, error: Exception) -> ApiError:
        def forget(connection: Connection) -> None:
            pending_replies.end(connection, opening.user_message_id, opening.reply_id)

        await self._database.write(forget)
        if isinstance(error, ApiError):
            return error
        logger.error("the reply %s failed", opening.reply_id, exc_info=error)
        return InternalError("the reply failed")


async def _read(reply: ReplyStream, turn: Generation) -> None:
    async for piece in reply:
        turn.pieces.append(piece)
        turn.tell()


def _left_behind(connection: Connection) -> list[GenerationRequest]:
    return [
        GenerationRequest(
            user_id=row.user_id,
            conversation_id=row.conversation_id,
            branch_id=row.branch_id,
            content=row.content,
            model=row.model,
            first_try=idempotency.of_message(connection, row.user_message_id),
            user_message_id=row.user_message_id,
        )
        for row in pending_replies.everything(connection)
    ]


def _forget(ask: GenerationRequest, connection: Connection) -> None:
    """Take a reply that was left behind off the list: it is not to be begun again."""
    assert ask.user_message_id is not None
    pending_replies.remove(connection, ask.user_message_id)
