"""The generation manager: runs the turns of a server.

A turn is a message and the reply to it (see `turns.py` for the order).

* A waiting turn is in memory only. When it begins, the user's message is committed, and the model is
  called. When it ends, the reply is committed, and the next turn of the branch begins.
* A turn runs in a task that does not depend on a connection, and any number of clients can follow it.
* When the last client has disconnected, the turn continues for the resume window if the request had an
  Idempotency-Key, because only then can a client reconnect. Without a key, or when a client waits for a
  later turn of the branch, the turn is stopped at once.
* To stop a turn, the request to the upstream is closed, and the text so far is stored with the finish
  reason `cancelled`. It is then the response to the request. For a turn that has not begun, nothing is
  stored.
* If the model fails, the user's message stays. A retry with the same key is a new turn.
* When the server stops, waiting turns are rejected, and running turns get a short time to finish.
* A turn that was interrupted by a crash, or by a failure of the database such as a full disk, runs
  again when its request is retried, or without a client: see `recovery.py`.
"""

from __future__ import annotations

import asyncio
import logging
import time
from dataclasses import dataclass

from chatroutes_server.errors import (
    ApiError,
    InternalError,
    ServiceUnavailableError,
    unexpected_error,
)
from chatroutes_server.generation import notifications
from chatroutes_server.generation.generation import Generation
from chatroutes_server.generation.store import (
    GenerationRequest,
    PreparedGeneration,
    check_request,
    prepare_generation,
    replay,
    store_reply,
)
from chatroutes_server.generation.turns import RETRY_AFTER, Readers, Turn, TurnQueue
from chatroutes_server.llm.model import ReplyStream
from chatroutes_server.llm.registry import ModelRegistry
from chatroutes_server.store import pending_replies
from chatroutes_server.store.connection import DatabaseError
from chatroutes_server.store.database import Database
from chatroutes_server.store.idempotency import StoredResponse

logger: logging.Logger = logging.getLogger("chatroutes_server")

CANCELLED = "cancelled"
# The event loop needs some rounds to process a disconnect that arrived before a message. Wait for them, so
# that the message stops the abandoned turn.
DISCONNECT_ROUNDS = 20


@dataclass(frozen=True)
class _Run:
    """A request with its turn, its generation and its readers."""

    request: GenerationRequest
    turn: Turn
    generation: Generation
    readers: Readers


class Reader:
    """A client that follows a generation. Close it at the end, or when the client disconnects."""

    def __init__(self, run: _Run) -> None:
        self.generation: Generation = run.generation
        self._readers = run.readers
        self._closed = False
        run.readers.add()

    def close(self) -> None:
        if not self._closed:
            self._closed = True
            self._readers.remove()


class GenerationManager:
    """The turns of a server.

    Attributes:
        turns: The order of the turns.
    """

    def __init__(self, database: Database, models: ModelRegistry, resume_window: float) -> None:
        self.turns: TurnQueue = TurnQueue()
        self._database = database
        self._models = models
        self._resume_window = resume_window
        self._tasks: set[asyncio.Task[None]] = set()
        self._by_key: dict[tuple[str, str, str, str], _Run] = {}

    async def start(self, request: GenerationRequest, turn: Turn) -> Reader:
        """Run the turn of a request when it is due, and return a reader of its reply.

        A request with the idempotency key of a running request follows the turn of that request.
        Returns when the turn runs, waits or has failed.

        Raises:
            ApiError: If the request is rejected.
        """
        idempotent = request.idempotent_request
        run = None if idempotent is None else self._by_key.get(idempotent.scoped_key)
        if idempotent is None or run is None or run.turn.withdrawn:
            run = self._start_task(request, turn)
        else:
            first = run.request.idempotent_request
            assert first is not None
            idempotent.require_same_body(first.body_hash)
            self.turns.leave(turn)
        reader = Reader(run)
        generation = run.generation
        try:
            await generation.accepted.wait()
            if generation.error is not None and not generation.chunks:
                raise generation.error
            if request.last_event_id is not None:
                request.last_event_id.require_reply(generation.reply_id)
        except BaseException:
            reader.close()
            raise
        return reader

    async def begin(self, turn: Turn) -> bool:
        """Wait until the turn is due, also on other servers. Return False if it was ended before."""
        if not await turn.begin():
            return False
        turn.locked = turn.running = await self._database.lock(
            turn.branch_ids, lambda: turn.ended, lambda: notifications.waiting(turn)
        )
        return turn.locked

    async def leave(self, turn: Turn) -> None:
        """Remove a turn, and start the next one, also on other servers."""
        self.turns.leave(turn)
        if turn.locked:
            turn.locked = False
            await self._database.unlock(turn.branch_ids)

    async def end_deleted(self, field: str, deleted_id: str) -> None:
        """End the turns of a deleted conversation, branch or message, also on other servers."""
        self.turns.end_deleted(field, deleted_id)
        await self._database.notify(notifications.deleted(field, deleted_id))

    def listen(self) -> None:
        """Receive the notifications of other servers."""
        self._database.listen(
            lambda payload: notifications.receive(payload, self.turns, self._keep_for_other_server)
        )

    def _keep_for_other_server(self, message_id: str) -> None:
        """Count a client that follows the turn of a message on another server, for a short time."""
        loop = asyncio.get_running_loop()
        for run in self._by_key.values():
            if run.turn.locked and run.turn.message_id == message_id:
                run.readers.add()
                loop.call_later(notifications.FOLLOWED_FOR, run.readers.remove)

    async def stop(self, timeout: float) -> None:
        """Wait for the running turns, and cancel them after `timeout` seconds."""
        self.prepare_to_stop()
        if self._tasks:
            _, unfinished = await asyncio.wait(self._tasks, timeout=timeout)
            for task in unfinished:
                task.cancel()
            if unfinished:
                await asyncio.wait(unfinished)

    def prepare_to_stop(self) -> None:
        """Let the built-in model finish its replies without delays, and reject the waiting turns."""
        self._models.builtin.skip_delays()
        error = ServiceUnavailableError("the server is stopping", retry_after=RETRY_AFTER)
        self.turns.end(lambda turn: not turn.due, error)

    def _start_task(self, request: GenerationRequest, turn: Turn) -> _Run:
        idempotent = request.idempotent_request
        # Without a key, no client can reconnect.
        readers = Readers(self.turns, turn, 0 if idempotent is None else self._resume_window)
        run = _Run(request, turn, Generation(), readers)
        turn.has_task = True
        task = asyncio.create_task(self._run(run))
        self._tasks.add(task)
        task.add_done_callback(lambda _: self._on_done(run, task))
        if idempotent is not None:
            self._by_key[idempotent.scoped_key] = run
        return run

    def _on_done(self, run: _Run, task: asyncio.Task[None]) -> None:
        self._tasks.discard(task)
        if task.cancelled():  # perhaps before its first step
            self._finish(run, InternalError("the server stopped before the reply was complete"))

    def _finish(self, run: _Run, error: ApiError | None) -> None:
        """Start the next turn, and notify the clients. Later requests with the key are new turns."""
        self.turns.leave(run.turn)
        idempotent = run.request.idempotent_request
        if idempotent is not None and self._by_key.get(idempotent.scoped_key) is run:
            del self._by_key[idempotent.scoped_key]
        run.generation.error = error
        run.generation.accepted.set()
        run.generation.notify()

    async def _run(self, run: _Run) -> None:
        error: ApiError | None = None
        try:
            prepared = await self._prepare(run)
            if prepared is not None:
                error = await self._reply(run, prepared)
        except Exception as failure:  # noqa: BLE001  a failure must only end this turn
            error = _to_api_error(run, failure)
            message_id = run.request.user_message_id
            is_rejected = error is failure and not isinstance(error, ServiceUnavailableError)
            if message_id is not None and is_rejected:
                # The message or its model no longer exists.
                await self._delete_pending(message_id)
        self._finish(run, error)
        await self.leave(run.turn)

    async def _prepare(self, run: _Run) -> PreparedGeneration | None:
        """Wait until the turn is due, and store the user's message.

        Returns None if the response is stored already.
        """
        request, turn, generation = run.request, run.turn, run.generation
        # Other servers may use the branch, so it must be known before the turn begins.
        must_check = request.user_message_id is not None or self._database.is_shared
        if must_check or not self.turns.start_if_first(turn):
            checked = await self._database.read(
                lambda connection: check_request(connection, request, self._models)
            )
            if isinstance(checked, StoredResponse):
                replay(checked, generation)
                return None
            generation.reply_id = checked.reply_id
            if checked.user_message is not None:
                turn.message_id = checked.user_message.id
            for _ in range(DISCONNECT_ROUNDS):
                await asyncio.sleep(0)
            self.turns.enter(turn, checked.branch.id)
            generation.accepted.set()
        if not await self.begin(turn):
            raise turn.error or ServiceUnavailableError(
                "the message was not sent: its client disconnected", retry_after=RETRY_AFTER
            )
        prepared = await self._database.write(
            lambda connection: prepare_generation(connection, request, self._models)
        )
        if isinstance(prepared, StoredResponse):  # another process has stored it meanwhile
            replay(prepared, generation)
            return None
        if not turn.branch_ids:
            self.turns.enter(turn, prepared.branch_id)
        turn.message_id = prepared.user_message_id
        generation.reply_id, generation.model = prepared.reply_id, prepared.context.model
        generation.created = prepared.created
        generation.accepted.set()
        return prepared

    async def _reply(self, run: _Run, prepared: PreparedGeneration) -> ApiError | None:
        """Generate and store the reply. Return the error for the clients."""
        try:
            await self._generate(run, prepared)
        except Exception as failure:  # noqa: BLE001  a failing model must only end this turn
            error = _to_api_error(run, failure)
            if not isinstance(failure, DatabaseError):
                await self._delete_pending(prepared.user_message_id, prepared.reply_id)
            return error
        return None

    async def _generate(self, run: _Run, prepared: PreparedGeneration) -> None:
        turn, generation = run.turn, run.generation
        started = time.perf_counter()
        is_recovery = run.request.user_message_id is not None
        reply = prepared.model.stream_reply(prepared.context, no_delay=is_recovery)
        stopped = turn.ended or not await _read_until_end(reply, run)
        if turn.error is not None:
            raise turn.error
        response_time = round((time.perf_counter() - started) * 1000)
        generation.result = await self._database.write(
            lambda connection: store_reply(
                connection,
                prepared,
                generation.chunks,
                reply,
                CANCELLED if stopped else reply.finish_reason,
                response_time,
            )
        )

    async def _delete_pending(self, user_message_id: str, reply_id: str | None = None) -> None:
        """Delete a pending reply. If this fails, the next retry or the next start generates the reply."""
        try:
            await self._database.write(
                lambda connection: pending_replies.delete(connection, user_message_id, reply_id)
            )
        except Exception as error:  # noqa: BLE001  the caller reports an error of its own
            logger.error("cannot delete the pending reply to %s: %s", user_message_id, error)


async def _read_until_end(reply: ReplyStream, run: _Run) -> bool:
    """Read the chunks of a reply. Return False if the turn was ended before the last one.

    Cancelling the task that reads closes the request to an upstream.
    """
    reading = asyncio.create_task(_read_chunks(reply, run.generation))
    ending = asyncio.create_task(run.turn.wait_for_end())
    try:
        await asyncio.wait({reading, ending}, return_when=asyncio.FIRST_COMPLETED)
        complete = reading.done()
    finally:
        reading.cancel()
        ending.cancel()
        # Unlike `wait`, this retrieves the exceptions, which asyncio would log otherwise.
        await asyncio.gather(reading, ending, return_exceptions=True)
    if complete:
        reading.result()
    return complete


async def _read_chunks(reply: ReplyStream, generation: Generation) -> None:
    async for chunk in reply:
        generation.chunks.append(chunk)
        generation.notify()


def _to_api_error(run: _Run, error: Exception) -> ApiError:
    """Return the error for the clients, and log an unexpected one."""
    if isinstance(error, ApiError):
        return error
    name = f"request {run.request.request_id}"
    if run.request.request_id is None:
        name = f"message {run.request.user_message_id}"
    reply_id = run.generation.reply_id
    logger.error("generating the reply %s failed (%s)", reply_id, name, exc_info=error)
    return unexpected_error(name)
