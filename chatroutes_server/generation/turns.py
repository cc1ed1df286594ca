"""Turns: the order in which the messages of a branch are replied to.

A turn is a message and the reply to it. `TurnQueue` alone decides which turn runs next, by the rule
in `_start_next`. The order is kept in memory, so it applies within one process. A turn that is due
also locks its branches, so that the servers of a shared database do not use them at the same time:
see `Database.lock`.

A turn arrives as soon as its request is read, before its branch is known. It enters when the branch
is known, waits until no earlier turn uses the branch, and leaves when its reply is stored. A merge is
a turn on two branches. `Readers` has the resume window: when the clients of a turn have disconnected,
the turn ends after it.
"""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Collection, Iterator

from chatroutes_server.errors import ApiError, NotFoundError, ServiceUnavailableError

MAX_WAITING_TURNS = 100  # on one branch
RETRY_AFTER = 1  # seconds


class Turn:
    """A place in the order of the turns of a conversation.

    Attributes:
        branch_ids: The branches that the turn uses. Empty until they are known.
        message_id: The id of the user's message, when it is stored.
        abandoned: Whether all clients have disconnected, and one may reconnect.
        running: Whether the turn has begun before it was ended.
        locked: Whether its branches are locked for this server.
        error: The reason why the turn was ended without a reply.
        recovered: Whether the turn continues after a crash, and no client has reconnected.
        has_task: Whether a task runs the turn. The task also removes it from the queue.
        finished: Whether the turn has left the queue.
    """

    def __init__(self, conversation_id: str) -> None:
        self.conversation_id = conversation_id
        self.branch_ids: frozenset[str] = frozenset()
        self.message_id: str | None = None
        self.abandoned = False
        self.running: bool = False
        self.locked: bool = False
        self.error: ApiError | None = None
        self.recovered: bool = False
        self.has_task = False
        self.finished = False
        self._due = asyncio.Event()
        self._ended = asyncio.Event()

    @property
    def due(self) -> bool:
        return self._due.is_set()

    @property
    def ended(self) -> bool:
        return self._ended.is_set()

    @property
    def withdrawn(self) -> bool:
        """Whether the turn was ended before it began."""
        return self.ended and not self.running

    def set_due(self) -> None:
        self._due.set()

    def end(self, error: ApiError | None = None) -> None:
        """Stop the turn. With an error, no reply is stored, and the clients get the error."""
        if not self.ended:
            self.error = error
            self._ended.set()
            self._due.set()

    async def begin(self) -> bool:
        """Wait until the turn is due. Return False if it was ended before."""
        await self._due.wait()
        self.running = not self.ended
        return self.running

    async def wait_for_end(self) -> None:
        await self._ended.wait()


class TurnQueue:
    """The turns of all conversations that run or wait, in the order of arrival."""

    def __init__(self) -> None:
        self._by_conversation: dict[str, list[Turn]] = {}

    def arrive(self, conversation_id: str) -> Turn:
        """Return a turn behind all others of the conversation. Call `leave` at its end."""
        turn = Turn(conversation_id)
        self._by_conversation.setdefault(conversation_id, []).append(turn)
        return turn

    def enter(self, turn: Turn, *branch_ids: str) -> None:
        """Set the branches of a turn, and end the abandoned turns that other turns then wait for.

        Raises:
            ServiceUnavailableError: If too many turns wait for one of the branches.
        """
        turn.branch_ids = frozenset(branch_ids)
        self.end_abandoned_before(turn)
        waiting = sum(not other.due for other in self._earlier(turn))
        if turn.abandoned and self.is_awaited(turn):
            turn.end()
        if waiting >= MAX_WAITING_TURNS:
            raise ServiceUnavailableError(
                f"branchId: {waiting} messages already wait for this branch, retry in {RETRY_AFTER} s",
                retry_after=RETRY_AFTER,
            )
        self._start_next(turn.conversation_id)

    def start_if_first(self, turn: Turn) -> bool:
        """Start a turn that has not entered, if there is no earlier one.

        The caller does not need a transaction to find its branch first. It must call `enter` when the
        branch is known. Until then, all later turns of the conversation wait.
        """
        is_first = self._by_conversation[turn.conversation_id][0] is turn
        if is_first:
            turn.set_due()
        return is_first

    def end_abandoned_before(self, turn: Turn) -> None:
        """End the abandoned turns for which a turn waits."""
        for other in self._earlier(turn):
            if other.abandoned:
                other.end()

    def is_awaited(self, turn: Turn) -> bool:
        """Return whether a later turn waits for this one, and a client for the later turn."""
        turns = self._by_conversation[turn.conversation_id]
        return any(
            not (other.ended or other.abandoned or other.recovered)
            for other in turns[turns.index(turn) + 1 :]
            if other.branch_ids & turn.branch_ids
        )

    def _earlier(self, turn: Turn) -> list[Turn]:
        """Return the earlier turns on the branches of a turn."""
        turns = self._by_conversation[turn.conversation_id]
        earlier = turns[: turns.index(turn)]
        return [other for other in earlier if other.branch_ids & turn.branch_ids]

    def leave(self, turn: Turn) -> None:
        """Remove a turn, and start those that waited for it. Calling this twice is harmless."""
        if turn.finished:
            return
        turn.finished = True
        turns = self._by_conversation[turn.conversation_id]
        turns.remove(turn)
        if turns:
            self._start_next(turn.conversation_id)
        else:
            del self._by_conversation[turn.conversation_id]

    def has_turns(self, conversation_id: str) -> bool:
        """Return whether a turn of the conversation runs or waits."""
        return conversation_id in self._by_conversation

    def end_abandoned(self, branch_ids: Collection[str]) -> None:
        """End the abandoned turns that run on the branches: a turn of another server waits for them."""
        for turn in self._all():
            if turn.locked and turn.abandoned and not turn.branch_ids.isdisjoint(branch_ids):
                turn.end()

    def end_deleted(self, field: str, deleted_id: str) -> None:
        """End the turns of a deleted conversation, branch or message.

        Args:
            field: The name of the id in requests, such as `branchId`.
            deleted_id: The id.
        """
        error = NotFoundError(f"{field}: {field.removesuffix('Id')} {deleted_id} was deleted")
        self.end(
            lambda turn: deleted_id in (turn.conversation_id, turn.message_id, *turn.branch_ids),
            error,
        )

    def end(self, condition: Callable[[Turn], bool], error: ApiError) -> None:
        """End the turns that match the condition, without a reply."""
        for turn in self._all():
            if condition(turn):
                turn.end(error)

    def _start_next(self, conversation_id: str) -> None:
        """Start each turn whose branches no earlier turn uses."""
        used: set[str] = set()
        for turn in self._by_conversation[conversation_id]:
            if not turn.branch_ids:
                return  # its branch is not known yet, and may be any
            if used.isdisjoint(turn.branch_ids):
                turn.set_due()
            used |= turn.branch_ids

    def _all(self) -> Iterator[Turn]:
        return (turn for turns in self._by_conversation.values() for turn in turns)


class Readers:
    """The clients that follow a turn.

    When all have disconnected, the turn ends after the resume window, or at once if a client waits for a
    later turn.
    """

    def __init__(self, turns: TurnQueue, turn: Turn, resume_window: float) -> None:
        self._turns = turns
        self._turn = turn
        self._resume_window = resume_window
        self._count = 0
        self._timer: asyncio.TimerHandle | None = None

    def add(self) -> None:
        self._count += 1
        if self._turn.abandoned:
            self._turn.abandoned = self._turn.recovered = False
            self._turns.end_abandoned_before(self._turn)
        if self._timer is not None:
            self._timer.cancel()
            self._timer = None

    def remove(self) -> None:
        self._count -= 1
        if self._count or self._turn.finished:
            return
        if not self._resume_window or self._turns.is_awaited(self._turn):
            self._turn.end()
            return
        self._turn.abandoned = True
        loop = asyncio.get_running_loop()
        self._timer = loop.call_later(self._resume_window, self._turn.end)
