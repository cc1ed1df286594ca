"""The decoder of event streams by itself: time for each byte, from 1 KB to 100 MB.

    scripts/bench --only decoder

Each size is fed whole, and cut into single bytes, in two shapes: events of one line, as the service
sends them, and one event as long as the stream. Were any of it not linear, the time for each byte
would grow with the size: by 10 × for each further digit, if it were quadratic.
"""

from __future__ import annotations

import argparse
import gc
import json
import statistics
import time
from collections.abc import Callable
from typing import Any

from benchmarks.payloads import documents
from chatroutes._sse import Decoder

SIZES = tuple(10**digits for digits in range(3, 9))
WHOLE_ENOUGH = 1 << 20  # bytes: smaller streams are decoded again and again until so much was read


class WrongCountError(Exception):
    """The decoder gave other events than were fed to it."""


def events_of(size: int) -> tuple[bytes, int]:
    """A stream of about so many bytes in events of one line, and how many there are."""
    event = b"data: %b\n\n" % documents("chatroutes", 1)[0]
    count = max(1, round(size / len(event)))
    return event * count, count


def long_event(size: int) -> tuple[bytes, int]:
    """A stream of so many bytes that is one event of one line."""
    return b"data: " + b"x" * (size - 8) + b"\n\n", 1


SHAPES: dict[str, Callable[[int], tuple[bytes, int]]] = {"events": events_of, "one": long_event}


def whole(data: bytes) -> int:
    return len(Decoder().feed(data))


def single_bytes(data: bytes) -> int:
    feed = Decoder().feed
    events = 0
    for at in range(len(data)):
        completed = feed(data[at : at + 1])
        if completed:
            events += len(completed)
    return events


def nanoseconds(work: Callable[[bytes], int], data: bytes, expected: int, rounds: int) -> float:
    """The median of the CPU's time for each byte; there is nothing to wait for.

    Raises:
        WrongCountError: not all events came out.
    """
    repeat = max(1, WHOLE_ENOUGH // len(data)) if work is whole else 1
    times: list[float] = []
    for _ in range(rounds):
        gc.collect()
        events = 0
        began = time.process_time()
        for _ in range(repeat):
            events = work(data)
        times.append((time.process_time() - began) / repeat)
        if events != expected:
            raise WrongCountError(f"{expected} events went in, {events} came out.")
    return statistics.median(times) / len(data) * 1e9


def measure(quick: bool) -> dict[str, Any]:
    """Nanoseconds for each byte, by shape and way of cutting, by size."""
    told: dict[str, Any] = {}
    for shape, make in SHAPES.items():
        # A byte at a time, 100 MB take a minute; they are given to the shape that would show what is not
        # linear, the one in which ever more bytes are held.
        most_cut = 10**6 if quick else SIZES[-1] if make is long_event else 10**7
        for work, most in ((whole, SIZES[-1]), (single_bytes, most_cut)):
            row: dict[str, float] = {}
            for size in SIZES:
                if size <= most:
                    rounds = 1 if work is single_bytes and size > 10**6 else 3
                    row[str(size)] = nanoseconds(work, *make(size), rounds)
            told[f"{shape}, {'whole' if work is whole else 'single bytes'}"] = row
    return told


if __name__ == "__main__":
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--quick", action="store_true")
    print(json.dumps(measure(parser.parse_args().quick)))
