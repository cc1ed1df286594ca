"""A client's own process, in the environment where that client is installed.

    python -m benchmarks.worker NAME ORIGIN

Reads one work a line from standard input, as JSON, and answers each with a line of figures.
"""

from __future__ import annotations

import asyncio
import importlib
import json
import sys
from importlib.metadata import version
from typing import Any, TextIO

from benchmarks.concurrency import together_async, together_threads
from benchmarks.machine import allow_many_files, resident
from benchmarks.payloads import Plan
from benchmarks.peers.catalogue import FIELD
from benchmarks.profiles import profiled
from benchmarks.workloads import calls, check_small, first_event, stream, stream_async

SETTLED = 1000  # calls, after which memory is held against memory at the end


class Worker:
    """Makes the client for each plan once, and does one work after the other with it."""

    def __init__(self, name: str, origin: str) -> None:
        self._contender = FIELD[name]
        for package in self._contender.without:
            sys.modules[package] = None  # type: ignore[assignment]  # importing it fails
        self._origin = origin
        self._module = importlib.import_module(f"benchmarks.peers.{self._contender.module}")
        self._made: dict[tuple[str, str], Any] = {}
        self._loop = asyncio.new_event_loop()

    def client(self, plan: Plan, mode: str) -> Any:
        key = (str(plan), mode)
        if key not in self._made:
            make = self._module.Async if mode == "async" else self._module.Sync
            self._made[key] = make(f"{self._origin}/{plan}", **self._contender.options)
        return self._made[key]

    def do(self, work: str, plan: str = "", mode: str = "sync", **settings: Any) -> Any:
        """Do a work of this class, by its name."""
        return getattr(self, work)(Plan.parse(plan), mode, **settings)

    def versions(self, _plan: Plan, _mode: str) -> dict[str, str]:
        return {name: version(name) for name in self._contender.packages}

    def calls(self, plan: Plan, mode: str, repeat: int) -> Any:
        return calls(self.client(plan, mode), plan.layout, repeat)

    def stream(self, plan: Plan, mode: str) -> Any:
        if mode == "async":
            return stream_async(self.client(plan, mode), plan, self._loop)
        return stream(self.client(plan, mode), plan)

    def first_event(self, plan: Plan, mode: str, repeat: int) -> Any:
        return first_event(self.client(plan, mode), plan, repeat)

    def together(self, plan: Plan, mode: str, count: int, traced: bool = False) -> Any:
        client = self.client(plan, mode)
        # What it loads and keeps with its first stream is not what a stream costs.
        self.stream(Plan("each", 2), mode)
        if mode == "async":
            return together_async(client, self._origin, count, plan.events, self._loop, traced)
        return together_threads(client, self._origin, count, plan.events)

    def endurance(self, plan: Plan, mode: str, repeat: int) -> Any:
        """The memory that so many calls leave behind, beyond that after the first thousand."""
        client = self.client(plan, mode)
        calls(client, plan.layout, SETTLED)
        before = resident()
        calls(client, plan.layout, repeat - SETTLED)
        check_small(client)
        after = resident()
        return {"before": before, "after": after, "growth": after - before, "calls": repeat}

    def profile(self, plan: Plan, mode: str, profiling: str, **settings: Any) -> Any:
        """Do a work twice, the second time under the profiler."""
        self.do(profiling, str(plan), mode, **settings)
        return {"rows": profiled(lambda: self.do(profiling, str(plan), mode, **settings))}

    def close(self) -> None:
        for (_, mode), client in self._made.items():
            if mode == "async":
                self._loop.run_until_complete(client.close())
            else:
                client.close()
        self._loop.close()


def serve(worker: Worker, asked: TextIO, answers: TextIO) -> None:
    """Do what is asked, a line each, until there is no more."""
    for line in asked:
        try:
            answer = {"figures": worker.do(**json.loads(line))}
        except Exception as problem:  # noqa: BLE001  what a client fails with is a result, too
            answer = {"failed": f"{type(problem).__name__}: {problem}"}
        print(json.dumps(answer), file=answers, flush=True)


if __name__ == "__main__":
    allow_many_files()
    # What a client prints must not come between the answers.
    answers, sys.stdout = sys.stdout, sys.stderr
    worker = Worker(sys.argv[1], sys.argv[2])
    serve(worker, sys.stdin, answers)
    worker.close()
