"""The workloads of a client's process. Each one checks that the client returned the whole response."""

import asyncio
import gc
import time
from collections.abc import Callable
from dataclasses import dataclass
from functools import partial
from typing import Any, NamedTuple

import psutil

from benchmarks.payloads import LONG_TEXTS, parse_scenario
from benchmarks.peers import PEERS
from benchmarks.stream_reader import IncompleteError, StreamReader

Figures = dict[str, float]
ProfileRow = tuple[float, int, str]  # the time, the number of calls, and the place


class Context(NamedTuple):
    """What to measure: a row in the table of a metric, and the server."""

    metric: str
    row: str
    origin: str
    quick: bool = False


@dataclass
class Workload:
    """Work to repeat. Its figures `wall` and `cpu` are totals, for all repetitions and all units in each."""

    repeat: Callable[[int], Figures]
    units: int = 1


def measure_time(work: Callable[[], object], loops: int) -> Figures:
    """Do the work a number of times, and return the time and the CPU time of this process."""
    gc.collect()
    cpu, wall = time.process_time(), time.perf_counter()
    for _ in range(loops):
        work()
    return {"wall": time.perf_counter() - wall, "cpu": time.process_time() - cpu}


def requests(context: Context, scenario: str) -> Workload:
    """Send the same request again and again."""
    peer = PEERS[context.row]
    code = peer.small if scenario == "small" else peer.big
    send = eval(f"lambda: {code}", peer.namespace(f"{context.origin}/{scenario}"))
    if send() not in ("conv_18204df4ffd620551921895d", "gpt-5", "claude", LONG_TEXTS):
        raise IncompleteError(f"The {scenario} response is not complete.")
    return Workload(partial(measure_time, send))


def stream(context: Context, scenario: str, is_async: bool = False) -> Workload:
    """Read streams to their end, one after the other."""
    reader = StreamReader(PEERS[context.row], context.origin, scenario, is_async)
    loop = asyncio.new_event_loop() if is_async else None

    def repeat(loops: int) -> Figures:
        received: list[list[Any]] = []

        def read() -> None:
            received.append([])
            reading = reader.read(received[-1].append)
            if loop:
                loop.run_until_complete(reading)

        figures = measure_time(read, loops)
        for texts in received:
            reader.check(texts)
        return figures

    return Workload(repeat, parse_scenario(scenario)[1])


def first_event(context: Context, scenario: str) -> Workload:
    """Measure the time from the request for a stream to its first text, on an open connection."""
    reader = StreamReader(PEERS[context.row], context.origin, scenario)

    def once() -> float:
        received: list[tuple[float, Any]] = []
        began = time.perf_counter()
        reader.read(lambda text: received.append((time.perf_counter(), text)))
        reader.check([text for _, text in received])
        return received[0][0] - began

    return Workload(lambda loops: {"wall": sum(once() for _ in range(loops))})


def endurance(context: Context, calls: int, ten_times: list[str]) -> Workload:
    """Measure the memory of the process after 1,000 small requests and after many more."""
    calls = calls * (10 if context.row in ten_times else 1) // (5 if context.quick else 1)
    send = requests(context, "small").repeat

    def repeat(_: int) -> Figures:
        memory: list[int] = []
        for count in (1000, calls - 1000):
            send(count)
            gc.collect()
            memory.append(psutil.Process().memory_info().rss)
        return {"calls": calls, "before": memory[0], "after": memory[1]}

    return Workload(repeat)
