"""What is shown of each measure: its columns, their units, and what must be known to read them."""

from __future__ import annotations

from typing import Final, NamedTuple

from benchmarks.metrics import TOGETHER


class Column(NamedTuple):
    """A series of each client, in a unit."""

    heading: str
    series: str
    scale: float = 1


class Section(NamedTuple):
    """The table of one measure. Its ratios are of the first column."""

    measure: str
    title: str
    note: str
    columns: tuple[Column, ...]
    ratio: bool = True


_MS: Final = 1e3
_US: Final = 1e6
_CALL: Final = (Column("time, µs", "wall", _US), Column("CPU, µs", "cpu", _US))
_EVENT: Final = (Column("time per event, µs", "wall", _US), Column("CPU per event, µs", "cpu", _US))
_CLIENTS: Final = (Column("first, ms", "first", _MS), Column("each later one, ms", "later", _MS))
_OPEN: Final = (
    Column("CPU per event, µs", "cpu", _US),
    Column("time per event, µs", "wall", _US),
    Column("memory per stream, KB", "memory", 1e-3),
)

SECTIONS: Final = (
    Section(
        "import",
        "Import",
        "The import statement in a new process, the modules that it loads, and the whole process.",
        (
            Column("import, ms", "wall", _MS),
            Column("modules", "modules"),
            Column("process, ms", "process", _MS),
            Column("CPU of the process, ms", "cpu", _MS),
        ),
    ),
    Section(
        "first-call",
        "A cold process with one small call",
        "From the start of the process to its end, over plain HTTP.",
        (Column("process, ms", "wall", _MS), Column("CPU, ms", "cpu", _MS)),
    ),
    Section(
        "new-client",
        "A new client",
        "Of the hosted service, with TLS; nothing is sent. All are kept.",
        (_CLIENTS[1], _CLIENTS[0]),
    ),
    Section(
        "new-client-call",
        "A new client and its first small call",
        "Over plain HTTP, with a connection of its own: what a client puts off until then is in it.",
        (_CLIENTS[1], _CLIENTS[0]),
    ),
    Section("small", "A small call", "GET of one small object.", _CALL),
    Section("big", "An answer of 1 MB", "GET of 1,000 objects of 1 KB.", _CALL),
    Section(
        "stream-each",
        "A stream, one event per chunk",
        "Each event is an HTTP chunk of its own. The floors read the events of ChatRoutes.",
        _EVENT,
    ),
    Section(
        "stream-many",
        "A stream, many events per chunk",
        "HTTP chunks of 32 KiB, which end anywhere.",
        _EVENT,
    ),
    Section(
        "stream-ids",
        "A stream of events with ids",
        "One event per chunk, each with an `id` line, as the local server sends them.",
        _EVENT,
    ),
    Section("stream-each-async", "An async stream, one event per chunk", "As above.", _EVENT),
    Section("stream-many-async", "An async stream, many events per chunk", "As above.", _EVENT),
    Section(
        "first-event",
        "The first event of a stream",
        "From asking for it, on an open connection, to its first text.",
        (Column("time, µs", "wall", _US),),
    ),
    Section(
        "held-back",
        "A text that is followed by silence",
        "A stream of which the server sends the first text, and the rest when that was shown. A transport that fills a buffer\n"
        "before it hands anything over shows nothing; its other figures are of text that was held back.",
        (Column("time per event of the rest, µs", "wall", _US),),
    ),
    *(
        Section(
            f"together-{count}",
            f"{count:,} {'streams' if count > 1 else 'stream'} at once",
            f"In one process: {events:,} events each, which come when all are open. Async, but for the published release,\n"
            "which has threads. Memory is that of the process, before the events.",
            _OPEN,
        )
        for count, events in TOGETHER.items()
    ),
    Section(
        "open-streams",
        "What an open stream holds",
        "By `tracemalloc`: 100 async streams after their first event.",
        (Column("memory per stream, KB", "memory", 1e-3),),
    ),
    Section(
        "endurance",
        "Many calls",
        "Memory of the process after the first 1,000 small calls, and after the last.",
        (
            Column("calls", "calls"),
            Column("after 1,000, MB", "before", 1e-6),
            Column("at the end, MB", "after", 1e-6),
            Column("growth, KB", "growth", 1e-3),
        ),
        ratio=False,
    ),
)

DECODED: Final = """\
Nanoseconds of CPU for each byte, by the size of the stream: in events of one line, as the service sends them, or as one
event; fed whole, or cut into single bytes (where Python's loop over the bytes is most of it). The order of growth is that of
the whole time from a hundredth of the last size on: 1 is linear, 2 would be quadratic."""
