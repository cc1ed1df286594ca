"""The order of turns and the resume window, without a connection."""

from __future__ import annotations

import asyncio
from pathlib import Path

from chatroutes_server.generation.manager import GenerationManager, Reader
from chatroutes_server.generation.store import GenerationRequest
from chatroutes_server.generation.turns import Readers, TurnQueue
from chatroutes_server.llm.builtin import BuiltinModel
from chatroutes_server.llm.registry import ModelRegistry
from chatroutes_server.store import conversations
from chatroutes_server.store.accounts import LOCAL_USER
from chatroutes_server.store.database import Database
from chatroutes_server.store.idempotency import IdempotentRequest
from tests.support.manual_clock import ManualClockLoop


def test_turn_waits_for_earlier_ones_whose_branch_is_not_known() -> None:
    queue = TurnQueue()
    first, second, third = (queue.arrive("conversation") for _ in range(3))
    queue.enter(third, "main")
    queue.enter(second, "other")
    before = [turn.due for turn in (first, second, third)]
    queue.enter(first, "main")
    during = [turn.due for turn in (first, second, third)]
    queue.leave(first)

    assert before == [False, False, False]
    assert during == [True, True, False]
    assert third.due


def test_queue_keeps_nothing_of_turns_that_have_left() -> None:
    queue = TurnQueue()
    turns = [queue.arrive("conversation") for _ in range(3)]
    for turn in turns:
        queue.enter(turn, "main")
    for turn in reversed(turns):
        queue.leave(turn)
        queue.leave(turn)

    assert vars(TurnQueue()) == vars(queue)


async def disconnect_and_reconnect() -> list[bool]:
    loop = asyncio.get_running_loop()
    assert isinstance(loop, ManualClockLoop)
    queue = TurnQueue()
    turn = queue.arrive("conversation")
    readers = Readers(queue, turn, resume_window=5)
    ended: list[bool] = []
    readers.add()
    readers.remove()
    await loop.advance(4.9)
    readers.add()
    await loop.advance(20)
    ended.append(turn.ended)
    readers.remove()
    await loop.advance(24.9)
    ended.append(turn.ended)
    await loop.advance(25.1)
    ended.append(turn.ended)
    return ended


def test_window_begins_when_the_last_client_leaves() -> None:
    with asyncio.Runner(loop_factory=ManualClockLoop) as runner:
        ended = runner.run(disconnect_and_reconnect())

    assert ended == [False, False, True]


async def disconnect_while_another_turn_waits(
    *later_branches: str, recovered: bool = False
) -> bool:
    """Return whether a turn on `main` is stopped at once when its client disconnects."""
    queue = TurnQueue()
    turn, later = queue.arrive("conversation"), queue.arrive("conversation")
    later.recovered = recovered
    readers = Readers(queue, turn, resume_window=600)
    readers.add()
    queue.enter(turn, "main")
    queue.enter(later, *later_branches)
    readers.remove()
    return turn.ended


def test_turn_is_stopped_when_its_client_disconnects_if_another_waits() -> None:
    assert asyncio.run(disconnect_while_another_turn_waits("main"))
    assert asyncio.run(disconnect_while_another_turn_waits("other", "main"))  # a merge
    assert not asyncio.run(disconnect_while_another_turn_waits("other"))
    # After a crash, no client waits for the messages that the server sends again.
    assert not asyncio.run(disconnect_while_another_turn_waits("main", recovered=True))


async def disconnect_two_turns(last: int) -> list[bool]:
    """Return whether two turns of a branch are stopped, and again when a client of the second is back."""
    queue = TurnQueue()
    turns = [queue.arrive("conversation") for _ in range(2)]
    readers = [Readers(queue, turn, resume_window=600) for turn in turns]
    for each, turn in zip(readers, turns, strict=True):
        each.add()
        queue.enter(turn, "main")
    readers[1 - last].remove()
    readers[last].remove()
    ended = [turn.ended for turn in turns]
    readers[1].add()
    return ended + [turn.ended for turn in turns]


def test_turn_that_waits_without_a_client_does_not_stop_another() -> None:
    first_is_last = asyncio.run(disconnect_two_turns(last=0))

    assert first_is_last == [False, False, True, False]


def test_turn_that_waits_with_a_client_stops_another() -> None:
    second_is_last = asyncio.run(disconnect_two_turns(last=1))

    assert second_is_last == [True, False, True, False]


async def disconnect_before_a_branch_is_known(later_branch: str) -> bool:
    """Return whether an abandoned turn is stopped when its branch becomes known."""
    queue = TurnQueue()
    turn, later = queue.arrive("conversation"), queue.arrive("conversation")
    readers = Readers(queue, turn, resume_window=600)
    readers.add()
    readers.remove()
    queue.enter(later, later_branch)
    queue.enter(turn, "main")
    return turn.ended


def test_turn_abandoned_before_its_branch_is_known_is_stopped_if_another_waits() -> None:
    assert asyncio.run(disconnect_before_a_branch_is_known("main"))
    assert not asyncio.run(disconnect_before_a_branch_is_known("other"))


def test_retry_of_a_removed_turn_does_not_follow_it(tmp_path: Path) -> None:
    database = Database(tmp_path / "chat.db", temporary=True)
    conversation_id = database.write_sync(
        lambda connection: conversations.create(
            connection, LOCAL_USER, {"title": "x", "model": "builtin"}
        )
    )

    async def run() -> tuple[str, str]:
        manager = GenerationManager(
            database, ModelRegistry(BuiltinModel(word_delay=60), [], False), resume_window=0
        )

        async def start(key: str) -> Reader:
            idempotent = IdempotentRequest(LOCAL_USER, key, "sendMessage", "path", "hash")
            request = GenerationRequest(
                LOCAL_USER, conversation_id, None, key, idempotent_request=idempotent
            )
            return await manager.start(request, manager.turns.arrive(conversation_id))

        running = await start("running")
        waiting = await start("waiting")
        waiting.close()
        retried = await start("waiting")
        running.close()
        stopped = await running.generation.wait_for_result()
        manager.prepare_to_stop()
        result = await retried.generation.wait_for_result()
        return stopped["message"]["metadata"]["finishReason"], result["userMessage"]["content"]

    try:
        assert asyncio.run(run()) == ("cancelled", "waiting")
    finally:
        database.close()
