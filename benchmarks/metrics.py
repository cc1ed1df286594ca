"""What is measured, in the order in which it is shown."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from benchmarks import startup
from benchmarks.peers.catalogue import (
    ANTHROPIC,
    FAST,
    FIELD,
    HTTP_CLIENT,
    HTTPX,
    HTTPX_AIOHTTP,
    HTTPX_PYREQWEST,
    JSON,
    LANGGRAPH,
    OPENAI,
    PUBLISHED,
    SDK,
    SOCKET,
    VARIANTS,
)
from benchmarks.processes import Workers
from benchmarks.sampling import Measured, interleaved

PROGRAMS = (SDK, FAST, PUBLISHED, OPENAI, ANTHROPIC, LANGGRAPH, HTTPX)
CALLERS = (SDK, *VARIANTS, PUBLISHED, OPENAI, ANTHROPIC, LANGGRAPH, HTTPX, HTTP_CLIENT, SOCKET)
ASYNC = (SDK, *VARIANTS, OPENAI, ANTHROPIC, LANGGRAPH, HTTPX)
EACH = "each-5000"
MANY = "many-5000"
TOGETHER = {1: 5_000, 10: 1_000, 100: 200, 1000: 100}
"""Streams at once, and the events of each."""


@dataclass(frozen=True)
class Run:
    """What a measure has at hand."""

    workers: Workers
    origin: str
    folder: Path
    quick: bool

    def rounds(self, full: int) -> int:
        return max(3, full // 4) if self.quick else full

    def warm(self, names: tuple[str, ...], rounds: int, work: str, **settings: Any) -> Measured:
        """Ask workers, which have been running for a while."""
        return interleaved(
            names,
            self.rounds(rounds),
            lambda name: self.workers.ask(name, work, **settings),
        )


def small(run: Run) -> Measured:
    return run.warm((*CALLERS, HTTPX_PYREQWEST, JSON), 16, "calls", plan="small", repeat=200)


def big(run: Run) -> Measured:
    return run.warm((*CALLERS, JSON), 8, "calls", plan="big", repeat=5)


def stream_each(run: Run) -> Measured:
    return run.warm((*CALLERS, HTTPX_PYREQWEST, JSON), 12, "stream", plan=EACH)


def stream_many(run: Run) -> Measured:
    return run.warm((*CALLERS, JSON), 12, "stream", plan=MANY)


def stream_ids(run: Run) -> Measured:
    return run.warm((SDK, *VARIANTS, PUBLISHED), 8, "stream", plan="ids-5000")


def stream_each_async(run: Run) -> Measured:
    return run.warm((*ASYNC, HTTPX_AIOHTTP), 8, "stream", plan=EACH, mode="async")


def stream_many_async(run: Run) -> Measured:
    return run.warm(ASYNC, 8, "stream", plan=MANY, mode="async")


def first_event(run: Run) -> Measured:
    names = tuple(name for name in CALLERS if name != SOCKET)
    return run.warm(names, 8, "first_event", plan="each-10", repeat=50)


def held_back(run: Run) -> Measured:
    """Whether a text is shown before the next one comes: none does until all streams have begun."""

    def once(name: str) -> Mapping[str, float]:
        workers = Workers(run.folder, run.origin)
        try:
            return workers.ask(name, "together", plan="held-100", count=1)
        finally:
            workers.stop()

    names = (SDK, FAST, HTTPX, HTTPX_PYREQWEST)
    return interleaved(names, 3, once, warm=0)


def together(count: int) -> Callable[[Run], Measured]:
    """So many streams at once: asynchronous where there is such a client, else in threads."""

    def measure(run: Run) -> Measured:
        events = TOGETHER[count]

        def once(name: str) -> Mapping[str, float]:
            mode = "sync" if name == PUBLISHED else "async"
            # Memory that an earlier round left in the allocator would hide what a stream costs.
            workers = Workers(run.folder, run.origin)
            try:
                return workers.ask(name, "together", plan=f"held-{events}", mode=mode, count=count)
            finally:
                workers.stop()

        rounds = 2 if run.quick else 3
        measured = interleaved((SDK, FAST, HTTPX), rounds, once, warm=0)
        # A thousand streams of the others take most of a minute.
        others = (PUBLISHED, OPENAI, ANTHROPIC, LANGGRAPH)
        return measured | interleaved(others, 1 if count >= 1000 else rounds, once, warm=0)

    return measure


def open_streams(run: Run) -> Measured:
    """What Python's own accounting says that an open stream costs, nothing of it being read."""
    return run.warm(ASYNC, 4, "together", plan="held-2", mode="async", count=100, traced=True)


def endurance(run: Run) -> Measured:
    """Memory does not depend on time, so this may be done by two clients side by side."""
    lengths = {SDK: 100_000, FAST: 100_000}
    shorter = 10_000
    if run.quick:
        lengths, shorter = {SDK: 10_000, FAST: 10_000}, 3_000

    def once(name: str) -> Measured:
        workers = Workers(run.folder, run.origin)
        repeat = lengths.get(name, shorter)
        try:
            return interleaved(
                [name],
                1,
                lambda name: workers.ask(name, "endurance", plan="small", repeat=repeat),
                warm=0,
            )
        finally:
            workers.stop()

    with ThreadPoolExecutor(2) as pool:
        measured: Measured = {}
        for one in pool.map(once, PROGRAMS):
            measured |= one
        return measured


def imports(run: Run) -> Measured:
    names = (*PROGRAMS, HTTP_CLIENT, startup.BARE)
    return interleaved(names, run.rounds(10), startup.import_once)


def first_call(run: Run) -> Measured:
    names = (*PROGRAMS, HTTP_CLIENT, startup.BARE)
    return interleaved(
        names, run.rounds(10), lambda name: startup.first_call_once(name, run.origin)
    )


def new_clients(run: Run) -> Measured:
    further = 20 if run.quick else 100
    rounds = 3
    return interleaved(
        PROGRAMS, rounds, lambda name: startup.new_clients_once(name, further), warm=0
    )


def new_and_call(run: Run) -> Measured:
    return interleaved(
        PROGRAMS,
        run.rounds(5),
        lambda name: startup.new_and_call_once(name, run.origin),
        warm=0,
    )


MEASURES: dict[str, Callable[[Run], Measured]] = {
    "import": imports,
    "first-call": first_call,
    "new-client": new_clients,
    "new-client-call": new_and_call,
    "small": small,
    "big": big,
    "stream-each": stream_each,
    "stream-many": stream_many,
    "stream-ids": stream_ids,
    "stream-each-async": stream_each_async,
    "stream-many-async": stream_many_async,
    "first-event": first_event,
    "held-back": held_back,
    **{f"together-{count}": together(count) for count in TOGETHER},
    "open-streams": open_streams,
    "endurance": endurance,
}


def versions(run: Run) -> dict[str, dict[str, str]]:
    """The packages that were measured."""
    return {name: run.workers.ask(name, "versions") for name in FIELD}
