"""What is timed in a client's process: calls and streams, each checked to have given all there was."""

from __future__ import annotations

import asyncio
import gc
import statistics
import time
from collections.abc import Callable
from typing import Any

from benchmarks.payloads import CONVERSATION_ID, LONG_CONTENT, LONG_MESSAGES, Plan, text_of


class IncompleteError(Exception):
    """A client gave something else than the whole answer, so that its time means nothing."""


Figures = dict[str, float]


def timed(work: Callable[[], object], units: int) -> Figures:
    """Run it once: seconds of the clock and of this process's CPU, for each unit of work."""
    gc.collect()
    cpu, wall = time.process_time(), time.perf_counter()
    work()
    wall, cpu = time.perf_counter() - wall, time.process_time() - cpu
    return {"wall": wall / units, "cpu": cpu / units}


def check_stream(taken: list[Any], count: int, contender: Any) -> None:
    """See that the pieces of text are all there, each once and in order.

    Raises:
        IncompleteError: they are not.
    """
    pieces = contender.texts(taken) if hasattr(contender, "texts") else taken
    if len(pieces) != count or "".join(pieces) != text_of(count):
        raise IncompleteError(f"A stream of {count} pieces of text gave {len(pieces)}.")


def check_small(contender: Any) -> None:
    """Make a small call, and see that what it gives is of the answer.

    Raises:
        IncompleteError: it is not.
    """
    if contender.small() not in (CONVERSATION_ID, "gpt-5", "claude"):
        raise IncompleteError("A small call gave something else than its answer.")


def check_big(contender: Any) -> None:
    """Make a call with a long answer, and see that all of it is there.

    Raises:
        IncompleteError: it is not.
    """
    contents = contender.big()
    if [int(content[:5]) for content in contents] != list(range(LONG_MESSAGES)):
        raise IncompleteError(f"A list of {LONG_MESSAGES} messages gave {len(contents)}.")
    if any(len(content) != LONG_CONTENT for content in contents):
        raise IncompleteError("A message of the long answer was not whole.")


def calls(contender: Any, layout: str, repeat: int) -> Figures:
    """Make the same call so many times."""
    check = check_small if layout == "small" else check_big
    call = contender.small if layout == "small" else contender.big
    check(contender)

    def work() -> None:
        for _ in range(repeat):
            call()

    return timed(work, repeat)


def stream(contender: Any, plan: Plan) -> Figures:
    """Read one stream to its end."""
    taken: list[Any] = []
    figures = timed(lambda: contender.stream(taken.append), plan.events)
    check_stream(taken, plan.events, contender)
    return figures


def stream_async(contender: Any, plan: Plan, loop: asyncio.AbstractEventLoop) -> Figures:
    """Read one stream to its end with the asynchronous client."""
    taken: list[Any] = []
    figures = timed(lambda: loop.run_until_complete(contender.stream(taken.append)), plan.events)
    check_stream(taken, plan.events, contender)
    return figures


def first_event(contender: Any, plan: Plan, repeat: int) -> Figures:
    """The median time from asking for a stream to its first piece of text."""
    gc.collect()
    waits: list[float] = []
    for _ in range(repeat):
        taken: list[Any] = []
        came: list[float] = []

        def take(piece: Any, taken: list[Any] = taken, came: list[float] = came) -> None:
            if not taken:
                came.append(time.perf_counter())
            taken.append(piece)

        began = time.perf_counter()
        contender.stream(take)
        waits.append(came[0] - began)
        check_stream(taken, plan.events, contender)
    return {"wall": statistics.median(waits)}
