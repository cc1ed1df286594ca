"""A turn: what a user writes, and the reply to it.

The user's message is committed before the model is asked. The reply is written by a task that
belongs to no connection: readers look over its shoulder, one or several, and if they all go away
it is finished and stored all the same. When the server stops, running turns are hurried to their
end.

What the model is given follows from the branch: of the inherited messages its context mode keeps
all (FULL), the last ten (PARTIAL) or the one at the fork point (MINIMAL); its own messages count
always, up to the one that is answered. If the fork point was deleted, the nearest message before
it takes its place.
"""

from __future__ import annotations

import asyncio
import json
import logging
import time
from collections.abc import AsyncIterator, Sequence
from dataclasses import dataclass
from typing import Any

from sqlalchemy import Connection, Row

from chatroutes_server import wire
from chatroutes_server.errors import ApiError, InternalError
from chatroutes_server.ids import new_id
from chatroutes_server.models import Context, ContextMessage, Model, words
from chatroutes_server.store import accounts, branches, conversations, first_tries, messages
from chatroutes_server.store.database import Database
from chatroutes_server.store.first_tries import Answer, Try
from chatroutes_server.tokens import count_tokens

logger = logging.getLogger("chatroutes_server")

INHERITED_IN_PARTIAL = 10


@dataclass(frozen=True)
class Ask:
    """One request to send a message."""

    user_id: str
    conversation_id: str
    branch_id: str | None
    content: str
    model: str | None
    temperature: float | None
    max_tokens: int | None
    first_try: Try | None


@dataclass(frozen=True)
class _Opening:
    """What is fixed when the user's message has been stored."""

    conversation_id: str
    branch_id: str
    user_message: wire.Json
    context: Context
    prompt_tokens: int
    truncated: bool


class Turn:
    """A reply on its way, or a stored one read again."""

    def __init__(self, model: str) -> None:
        self.reply_id = new_id("msg")
        self.model = model
        self.created = int(time.time())
        self.pieces: list[str] = []
        self.result: wire.Json | None = None
        self.error: ApiError | None = None
        self._news = asyncio.Event()

    @property
    def done(self) -> bool:
        return self.result is not None or self.error is not None

    def tell(self) -> None:
        """Wake everybody who waits for something new."""
        self._news.set()
        self._news = asyncio.Event()

    async def batches(self) -> AsyncIterator[list[str]]:
        """Give the pieces from the first one on, as many at a time as there are."""
        given = 0
        while True:
            news = self._news
            if given < len(self.pieces):
                batch = self.pieces[given:]
                given += len(batch)
                yield batch
            elif self.done:
                return
            else:
                await news.wait()

    async def finished(self) -> wire.Json:
        """Wait for the end and give the answer's `data`, or raise what went wrong."""
        while not self.done:
            await self._news.wait()
        if self.error is not None:
            raise self.error
        assert self.result is not None
        return self.result


class Turns:
    """All turns of one server."""

    def __init__(self, database: Database, model: Model) -> None:
        self._database = database
        self._model = model
        self._running: set[asyncio.Task[None]] = set()
        self._by_name: dict[tuple[str, str, str, str], asyncio.Task[None]] = {}

    async def start(self, ask: Ask) -> Turn:
        """Store the user's message and set the model to work; a request seen before is replayed.

        Comes back once the message is safe. Raises ApiError if it cannot be taken.
        """
        this = ask.first_try
        while this is not None and this.name in self._by_name:
            await asyncio.wait([self._by_name[this.name]])
        ready: asyncio.Future[Turn] = asyncio.get_running_loop().create_future()
        task = asyncio.create_task(self._run(ask, ready))
        self._running.add(task)
        task.add_done_callback(self._running.discard)
        if this is not None:
            name = this.name
            self._by_name[name] = task
            task.add_done_callback(lambda _: self._by_name.pop(name))
        return await asyncio.shield(ready)

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
        self._model.hurry()

    async def _run(self, ask: Ask, ready: asyncio.Future[Turn]) -> None:
        try:
            opening = await self._database.write(lambda connection: _open(connection, ask))
        except Exception as error:  # noqa: BLE001  it belongs to the request that waits for this
            ready.set_exception(error)
            ready.exception()
            return
        except asyncio.CancelledError:
            ready.cancel()
            raise
        if isinstance(opening, Answer):
            ready.set_result(_replay(opening))
            return
        turn = Turn(opening.context.model)
        ready.set_result(turn)
        try:
            await self._write_reply(ask, opening, turn)
        except ApiError as error:
            turn.error = error
        except Exception:  # whatever a model raises ends this turn and no other
            logger.exception("the reply %s failed", turn.reply_id)
            turn.error = InternalError("the reply failed")
        except asyncio.CancelledError:
            turn.error = InternalError("the server stopped before the reply was whole")
            raise
        finally:
            turn.tell()

    async def _write_reply(self, ask: Ask, opening: _Opening, turn: Turn) -> None:
        started = time.perf_counter()
        reply = self._model.reply(opening.context)
        async for piece in reply:
            turn.pieces.append(piece)
            turn.tell()
        content = "".join(turn.pieces)
        metadata: wire.Json = {
            "model": opening.context.model,
            "responseTime": round((time.perf_counter() - started) * 1000),
            "finishReason": reply.finish_reason,
            "cost": 0,
            "context_truncated": opening.truncated,
            "checkpoint_used": False,
            "prompt_tokens": opening.prompt_tokens,
            "context_message_count": len(opening.context.messages),
        }
        if opening.context.temperature is not None:
            metadata["temperature"] = opening.context.temperature
        if opening.context.max_tokens is not None:
            metadata["maxTokens"] = opening.context.max_tokens
        turn.result = await self._database.write(
            lambda connection: _close(connection, ask, opening, turn.reply_id, content, metadata)
        )


def _open(connection: Connection, ask: Ask) -> _Opening | Answer:
    found = None if ask.first_try is None else first_tries.find(connection, ask.first_try)
    if found is not None and found.answer is not None:
        return found.answer
    accounts.refuse_others(connection, ask.user_id, {"conversationId": ask.conversation_id})
    conversation = conversations.get(connection, ask.conversation_id)
    if found is not None and found.user_message_id is not None:
        user = messages.get(connection, found.user_message_id)
        branch = branches.get(connection, ask.conversation_id, user.branch_id)
    else:
        branch = branches.get(connection, ask.conversation_id, ask.branch_id)
        branches.refuse_inactive(branch)
        user = messages.add(connection, branch, "user", ask.content)
        if ask.first_try is not None:
            first_tries.begin(connection, ask.first_try, user.id)
    seen = messages.seen_by(connection, branch.id, user.seq)
    given = keep(branch.context_mode, branch.id, seen)
    system_prompt = conversation.system_prompt or None
    context = Context(
        model=ask.model or conversation.model,
        messages=[ContextMessage(row.role, row.content) for row in given],
        system_prompt=system_prompt,
        temperature=conversation.temperature if ask.temperature is None else ask.temperature,
        max_tokens=conversation.max_tokens if ask.max_tokens is None else ask.max_tokens,
    )
    return _Opening(
        conversation_id=conversation.id,
        branch_id=branch.id,
        user_message=wire.message(user),
        context=context,
        prompt_tokens=sum(row.token_count for row in given) + count_tokens(system_prompt or ""),
        truncated=len(given) < len(seen),
    )


def keep(context_mode: str, branch_id: str, seen: Sequence[Row[Any]]) -> Sequence[Row[Any]]:
    """Decide which of the messages that a branch sees its model is given."""
    own_from = next((i for i, row in enumerate(seen) if row.branch_id == branch_id), len(seen))
    if context_mode == "PARTIAL":
        return seen[max(0, own_from - INHERITED_IN_PARTIAL) :]
    if context_mode == "MINIMAL":
        return seen[max(0, own_from - 1) :]
    return seen


def _close(
    connection: Connection,
    ask: Ask,
    opening: _Opening,
    reply_id: str,
    content: str,
    metadata: wire.Json,
) -> wire.Json:
    if ask.first_try is not None:
        found = first_tries.find(connection, ask.first_try)
        if found is not None and found.answer is not None:
            # Another process on this file answered the same request meanwhile; one reply is enough.
            data: wire.Json = json.loads(found.answer.text)["data"]
            return data
    branch = branches.get(connection, opening.conversation_id, opening.branch_id)
    row = messages.add(
        connection, branch, "assistant", content, message_id=reply_id, metadata=metadata
    )
    assistant = wire.message(row)
    data = {
        "userMessage": opening.user_message,
        "assistantMessage": assistant,
        "message": assistant,
        "usage": {
            "promptTokens": opening.prompt_tokens,
            "completionTokens": row.token_count,
            "totalTokens": opening.prompt_tokens + row.token_count,
        },
        "model": opening.context.model,
    }
    if ask.first_try is not None:
        text = wire.dump({"success": True, "data": data})
        first_tries.finish(connection, ask.first_try, Answer(200, text))
    return data


def _replay(answer: Answer) -> Turn:
    data: wire.Json = json.loads(answer.text)["data"]
    turn = Turn(data["model"])
    turn.reply_id = data["message"]["id"]
    turn.pieces.extend(words(data["message"]["content"]))
    turn.result = data
    return turn
