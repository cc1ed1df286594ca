"""The decoder of event streams without HTTP: CPU time for each byte of streams from 1 KB to 100 MB."""

import math

from benchmarks.payloads import json_documents
from benchmarks.stream_reader import IncompleteError
from benchmarks.workloads import Context, Figures, Workload, measure_time
from chatroutes._sse import Decoder


def _decode(data: bytes, size: int) -> int:
    """Feed the data in pieces of a size, and return the number of events."""
    feed = Decoder().feed
    return sum(len(feed(data[at : at + size])) for at in range(0, len(data), size))


def time_per_byte(size: int, many_events: bool, single_bytes: bool) -> float:
    event = f"data: {json_documents('chatroutes', 1)[0].decode()}\n\n"
    text = event * round(size / len(event)) if many_events else f"data: {'x' * (size - 8)}\n\n"
    data, piece = text.encode(), 1 if single_bytes else len(text)
    loops = 1 if single_bytes else max(1, 2**20 // size)
    events: set[int] = set()
    cpu = measure_time(lambda: events.add(_decode(data, piece)), loops)["cpu"]
    if events != {text.count("\n\n")}:
        raise IncompleteError(f"The decoder returned {events} events.")
    return cpu / loops / len(data)


def decode(context: Context) -> Workload:
    """Decode streams of each size."""
    many_events, single_bytes = "events" in context.row, "single" in context.row
    # Single bytes of the largest sizes take minutes.
    largest = (6 if context.quick else 7 if many_events else 8) if single_bytes else 8

    def repeat(_: int) -> Figures:
        sizes = [10**digits for digits in range(3, largest + 1)]
        times = [time_per_byte(size, many_events, single_bytes) for size in sizes]
        return {**dict(zip(map(str, sizes), times, strict=True)), "order": order_of_growth(times)}

    return Workload(repeat)


def order_of_growth(times: list[float]) -> float:
    """Return the exponent of growth of the total time over the last two powers of ten."""
    return 1 + math.log10(times[-1] / times[-3]) / 2
