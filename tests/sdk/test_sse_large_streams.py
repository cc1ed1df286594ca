"""The event-stream decoder reads large events and many events completely, in linear time and constant memory."""

import gc
import time
import tracemalloc
from collections.abc import Iterable

import pytest

from chatroutes._sse import Decoder
from tests.support.event_streams import Event, feed_all, split

SIZE = 1_000_000
SMALL = b"data: " + b"s" * 142 + b"\n\n"
LONG_LINE = b"data: " + b"x" * SIZE + b"\n\n"
MANY_LINES = b"data: 0123456789\n" * (SIZE // 10) + b"\n"
BIG_EVENTS = {"one line": (LONG_LINE, "x" * SIZE)} | {
    f"many lines ended by {end!r}": (
        MANY_LINES.replace(b"\n", end),
        "\n".join(["0123456789"] * (SIZE // 10)),
    )
    for end in (b"\n", b"\r", b"\r\n")
}


def measure_cpu_time(parts: Iterable[bytes], limit: float = float("inf")) -> float:
    """Decode the parts and return the CPU time; fail as soon as it exceeds the limit."""
    decoder = Decoder()
    elapsed = 0.0
    gc.collect()  # a collection during the measurement inspects only the decoder's objects
    start = time.process_time()
    for count, part in enumerate(parts):
        decoder.feed(part)
        if count % 1024 == 0:
            elapsed = time.process_time() - start
            if elapsed > limit:
                break
    elapsed = time.process_time() - start
    assert elapsed <= limit, f"{elapsed:.2f} s of CPU time, expected about {limit / 10:.2f} s"
    return elapsed


# The following tests compare large events with the same number of bytes in small events, in reads of the same
# size. The limit is ten times the CPU time. Linear decoding takes about the same time; an implementation that
# copies or searches the buffer again for each read takes at least thirty times as long for 1 MB.
def test_large_event_byte_by_byte_takes_linear_time() -> None:
    small_events = SMALL * (SIZE // len(SMALL) // 10)
    baseline = 10 * measure_cpu_time(split(small_events, 1))
    measure_cpu_time((LONG_LINE[at : at + 1] for at in range(len(LONG_LINE))), 10 * baseline)


@pytest.mark.parametrize("stream", [stream for stream, _ in BIG_EVENTS.values()], ids=BIG_EVENTS)
def test_large_event_in_small_reads_takes_linear_time(stream: bytes) -> None:
    baseline = measure_cpu_time(split(MANY_LINES.replace(b"\n", b"\n\n"), 256))
    measure_cpu_time(split(stream, 256), 10 * baseline)


@pytest.mark.parametrize(
    "event",
    [SMALL, b"event: x\n" + SMALL, SMALL.replace(b"\n", b"\r"), SMALL.replace(b"\n", b"\r\n")],
    ids=["plain", "with event type", "CR", "CRLF"],
)
def test_20000_events_in_one_read_take_linear_time(event: bytes) -> None:
    baseline = measure_cpu_time([event] * 20_000)
    measure_cpu_time([event * 20_000], 10 * baseline)


@pytest.mark.parametrize(("stream", "data"), BIG_EVENTS.values(), ids=BIG_EVENTS)
@pytest.mark.parametrize("size", [61, 4096, 16384, 65536, 10**9])
def test_large_event_is_complete_for_any_read_size(stream: bytes, data: str, size: int) -> None:
    assert feed_all(Decoder(), split(stream, size)) == [Event(data)]


@pytest.mark.parametrize("size", [7, 4096, 65536, 10**9])
def test_20000_events_are_in_order_for_any_read_size(size: int) -> None:
    stream = b"".join(b'data: {"n": %d}\n\n' % n for n in range(20_000))
    expected = [Event(f'{{"n": {n}}}') for n in range(20_000)]
    assert feed_all(Decoder(), split(stream, size)) == expected


def test_decoder_keeps_no_returned_events() -> None:
    block = (SMALL + b"event: x\nid: 1\n" + SMALL) * 100 + b"data: cut"
    decoder = Decoder()
    decoder.feed(block)
    tracemalloc.start()
    try:
        for _ in range(100):
            decoder.feed(b"\n\n" + block)
        allocated, _ = tracemalloc.get_traced_memory()
    finally:
        tracemalloc.stop()
    assert allocated < len(block)
