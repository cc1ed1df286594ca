"""The queue of writes: waiting writes share a transaction, and none is affected by the failure of another."""

from __future__ import annotations

import asyncio
import threading
from collections.abc import Callable, Coroutine
from pathlib import Path
from typing import Any

import pytest

from chatroutes_server.store import conversations
from chatroutes_server.store.connection import Connection
from chatroutes_server.store.database import Database
from chatroutes_server.store.write_queue import MAX_BATCH_SIZE, Work, WriteQueue


class Store:
    """Counts the transactions, and rolls back the ones that fail."""

    def __init__(self) -> None:
        self.committed: list[list[str]] = []
        self.failed = 0
        self.first_has_started = threading.Event()
        self.first_may_end = threading.Event()
        self._changes: list[str] = []

    def run(self, work: Work) -> Any:
        self._changes = []
        try:
            result = work(None)  # type: ignore[arg-type]  the works below use no connection
        except Exception:  # any error of a write rolls the transaction back
            self.failed += 1
            raise
        self.committed.append(self._changes)
        return result

    def work(self, name: str) -> Callable[[Connection], str]:
        def append(_: Connection) -> str:
            self._changes.append(name)
            return f"result of {name}"

        return append

    def wait(self, _: Connection) -> str:
        self._changes.append("first")
        self.first_has_started.set()
        assert self.first_may_end.wait(60)
        return "result of first"

    def fail(self, _: Connection) -> str:
        self._changes.append("failure")
        raise LookupError("no such row")


def run_while_the_first_write_runs(
    store: Store, scenario: Callable[[WriteQueue], Coroutine[Any, Any, list[Any]]]
) -> tuple[Any, list[Any]]:
    """Run a scenario while a first write keeps the writer thread busy."""

    async def main() -> tuple[Any, list[Any]]:
        queue = WriteQueue(store.run)
        first = asyncio.create_task(queue.write(store.wait))
        assert await asyncio.to_thread(store.first_has_started.wait, 20)
        others = asyncio.create_task(scenario(queue))
        for _ in range(5):
            await asyncio.sleep(0)
        store.first_may_end.set()
        return await first, await others

    return asyncio.run(main())


def test_waiting_writes_share_a_transaction() -> None:
    store = Store()

    async def scenario(queue: WriteQueue) -> list[Any]:
        return await asyncio.gather(*(queue.write(store.work(name)) for name in "abc"))

    first, others = run_while_the_first_write_runs(store, scenario)

    assert first == "result of first"
    assert others == ["result of a", "result of b", "result of c"]
    assert store.committed == [["first"], ["a", "b", "c"]]


def test_failure_of_a_write_affects_no_other_write() -> None:
    store = Store()

    async def scenario(queue: WriteQueue) -> list[Any]:
        works = [store.work("a"), store.fail, store.work("b")]
        return await asyncio.gather(*map(queue.write, works), return_exceptions=True)

    _, (a, failure, b) = run_while_the_first_write_runs(store, scenario)

    assert (a, b) == ("result of a", "result of b")
    assert isinstance(failure, LookupError)
    assert store.committed == [["first"], ["a"], ["b"]]


def test_cancelled_write_that_waits_is_not_run() -> None:
    store = Store()

    async def scenario(queue: WriteQueue) -> list[Any]:
        cancelled = asyncio.create_task(queue.write(store.work("cancelled")))
        kept = asyncio.create_task(queue.write(store.work("kept")))
        await asyncio.sleep(0)
        cancelled.cancel()
        return [await kept]

    run_while_the_first_write_runs(store, scenario)

    assert store.committed == [["first"], ["kept"]]


def test_transaction_has_a_limited_number_of_writes() -> None:
    store = Store()
    names = [str(number) for number in range(MAX_BATCH_SIZE + 1)]

    async def scenario(queue: WriteQueue) -> list[Any]:
        return await asyncio.gather(*(queue.write(store.work(name)) for name in names))

    _, results = run_while_the_first_write_runs(store, scenario)

    assert results == [f"result of {name}" for name in names]
    assert store.committed == [["first"], names[:MAX_BATCH_SIZE], names[MAX_BATCH_SIZE:]]


def test_failed_write_to_a_database_is_rolled_back_alone(tmp_path: Path) -> None:
    database = Database(tmp_path / "x.db", temporary=True)

    def create(connection: Connection) -> str:
        return conversations.create(connection, "u", {"title": "T", "model": "m"})

    def create_and_fail(connection: Connection) -> str:
        create(connection)
        raise LookupError("after the change")

    async def main() -> list[Any]:
        works = [create, create_and_fail, create]
        return await asyncio.gather(*map(database.write, works), return_exceptions=True)

    try:
        first, failure, last = asyncio.run(main())
        rows, total = database.write_sync(lambda each: conversations.list_page(each, "u", 1, 10))
    finally:
        database.close()

    assert isinstance(failure, LookupError)
    assert {row.id for row in rows} == {first, last}
    assert total == 2


def test_error_of_a_write_is_raised_once() -> None:
    store = Store()

    with pytest.raises(LookupError, match="no such row"):
        asyncio.run(WriteQueue(store.run).write(store.fail))

    assert store.failed == 1
