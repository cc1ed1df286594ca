"""What the measurements must show, and whether they do."""

from __future__ import annotations

import math
from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Any, Final

from benchmarks.metrics import EACH, MANY, TOGETHER, Run
from benchmarks.peers.catalogue import FAST, FAST_ALONE, HTTPX, JSON, OPENAI, PUBLISHED, SDK
from benchmarks.profiles import Row
from benchmarks.sampling import Spread, ratios, spread
from benchmarks.startup import first_call_profile, import_profile

Told = dict[str, Any]
"""All figures of a run."""
Reading = Callable[[Told], "Spread | None"]
"""Takes the figure that is held against the limit out of a run; None if it was not measured."""


@dataclass(frozen=True)
class Target:
    """A limit for one figure."""

    key: str
    work: str
    must_be: str
    limit: float
    reading: Reading
    unit: str = "×"
    client: str = SDK
    work_to_profile: dict[str, Any] = field(default_factory=dict[str, Any])
    """For the worker; or, under "cold", which program's imports are looked at."""
    of_httpx: Reading | None = None
    """The same figure of httpx by itself: what is below the SDK, and not its to save."""

    def met(self, told: Told) -> bool | None:
        found = self.reading(told)
        return None if found is None else found.median <= self.limit


def series(told: Told, measure: str, name: str, what: str = "wall") -> list[float]:
    """A client's figures, one for each round; empty if there are none."""
    return told["measures"].get(measure, {}).get(name, {}).get(what) or []


def _ratio(measure: str, over: str, under: str, what: str = "wall") -> Reading:
    def reading(told: Told) -> Spread | None:
        above, below = (series(told, measure, name, what) for name in (over, under))
        return ratios(above, below) if above and below else None

    return reading


def _figure(measure: str, what: str, scale: float) -> Reading:
    def reading(told: Told) -> Spread | None:
        found = series(told, measure, SDK, what)
        return spread([figure * scale for figure in found]) if found else None

    return reading


def _many_against_one(name: str) -> Reading:
    def reading(told: Told) -> Spread | None:
        above, below = (series(told, f"together-{count}", name, "cpu") for count in (1000, 1))
        return ratios(above, below) if above and below else None

    return reading


def _incomplete(told: Told) -> Spread | None:
    measured = told["measures"].get("together-1000", {}).get(SDK)
    if measured is None:
        return None
    left_out = 1000.0 if "failed" in measured else 0.0
    return Spread(left_out, left_out, left_out)


def _own_objects(told: Told) -> Spread | None:
    ours, httpx = (series(told, "open-streams", name, "memory") for name in (SDK, HTTPX))
    if not ours or not httpx:
        return None
    return spread([(a - b) / 1000 for a, b in zip(ours, httpx, strict=False)])


def _growth(name: str) -> Reading:
    def reading(told: Told) -> Spread | None:
        grown, calls = (series(told, "endurance", name, what) for what in ("growth", "calls"))
        return ratios(grown, calls) if grown else None

    return reading


def order_of_growth(row: dict[str, float]) -> float:
    """The power of the size with which the whole time grows, over the last two digits of the sizes.

    1 is linear, 2 quadratic. Over smaller sizes one would see how much the processor's caches hold.
    """
    first, last = sorted(map(int, row))[-3::2]
    return 1 + math.log(row[str(last)] / row[str(first)]) / math.log(last / first)


def _decoder(told: Told) -> Spread | None:
    if "decoder" not in told:
        return None
    return spread([max(order_of_growth(row) for row in told["decoder"].values())])


_IMPORT: Final = "`from chatroutes import ChatRoutes`"
_FIRST: Final = "cold process to its first answer"
_LATER: Final = "second and later clients"
_SMALL: Final = "small call"
_ONE_PER: Final = "streamed event, one per chunk"
_MANY_PER: Final = "streamed event, many per chunk"
_TOGETHER: Final = "1,000 streams at once, async"
_MEMORY: Final = "memory"
_CALLS: Final = {"profiling": "calls", "plan": "small", "repeat": 500}
_READS: Final = {"profiling": "stream", "plan": EACH}
_READS_MANY: Final = {"profiling": "stream", "plan": MANY}
_AT_ONCE: Final = {
    "profiling": "together",
    "plan": f"held-{TOGETHER[1000]}",
    "mode": "async",
    "count": 1000,
}


def _against(
    measure: str,
    work: str,
    limit: float,
    other: str,
    work_to_profile: dict[str, Any],
    client: str = SDK,
    what: str = "wall",
) -> Target:
    whose = "" if client == SDK else f"{client}: "
    return Target(
        f"{measure}, {client} against {other}",
        work,
        f"{whose}≤ {limit:g} × {other}",
        limit,
        _ratio(measure, client, other, what),
        client=client,
        work_to_profile=work_to_profile,
        of_httpx=None if other == HTTPX else _ratio(measure, HTTPX, other, what),
    )


TARGETS: Final = (
    _against("import", _IMPORT, 0.5, PUBLISHED, {"cold": "import"}),
    _against("import", _IMPORT, 0.12, OPENAI, {"cold": "import"}),
    _against("first-call", _FIRST, 0.9, PUBLISHED, {"cold": "first-call"}),
    _against("first-call", _FIRST, 0.4, OPENAI, {"cold": "first-call"}),
    Target(
        "new-client",
        _LATER,
        "≤ 0.5 ms",
        0.5,
        _figure("new-client", "later", 1000),
        "ms",
        work_to_profile=_CALLS,
    ),
    _against("new-client", _LATER, 0.05, HTTPX, {}, what="later"),
    _against("small", _SMALL, 1.0, HTTPX, _CALLS),
    _against("small", _SMALL, 0.75, PUBLISHED, _CALLS),
    _against("small", _SMALL, 0.45, OPENAI, _CALLS),
    _against("small", _SMALL, 0.5, PUBLISHED, _CALLS, FAST),
    _against("stream-each", _ONE_PER, 1.1, HTTPX, _READS),
    _against("stream-each", _ONE_PER, 0.125, OPENAI, _READS),
    _against("stream-each", _ONE_PER, 0.7, PUBLISHED, _READS, FAST),
    _against("stream-each", _ONE_PER, 1.3, JSON, _READS, FAST_ALONE),
    _against("stream-each", _ONE_PER, 1.0, JSON, _READS, FAST),
    _against("stream-many", _MANY_PER, 1.5, JSON, _READS_MANY),
    Target("together-1000, whole", _TOGETHER, "all complete", 0, _incomplete, "incomplete"),
    Target(
        "together-1000, cpu",
        _TOGETHER,
        "CPU per event ≤ 1.3 × that of one stream",
        1.3,
        _many_against_one(SDK),
        work_to_profile=_AT_ONCE,
        of_httpx=_many_against_one(HTTPX),
    ),
    Target(
        "endurance",
        _MEMORY,
        "no growth over many calls: less than one object (16 bytes) a call",
        16,
        _growth(SDK),
        "bytes a call",
    ),
    Target(
        "endurance, fast",
        _MEMORY,
        f"{FAST}: the same",
        16,
        _growth(FAST),
        "bytes a call",
        client=FAST,
    ),
    Target(
        "open-streams",
        _MEMORY,
        "≤ 30 KB per idle open stream, beyond what a stream of bare httpx holds",
        30,
        _own_objects,
        "KB",
    ),
    Target(
        "decoder",
        "the decoder, 1 KB to 100 MB",
        "time grows linearly, however the bytes are cut: order ≤ 1.2",
        1.2,
        _decoder,
        "",
    ),
)


def missed(told: Told) -> list[Target]:
    """The targets that were measured and not met."""
    return [target for target in TARGETS if target.met(told) is False]


def profile(target: Target, run: Run) -> list[Row]:
    """Where the time goes in a work that missed its target; empty if no profile can tell."""
    asked = dict(target.work_to_profile)
    if not asked:
        return []
    if asked.get("cold") == "import":
        return import_profile(target.client)
    if asked.get("cold"):
        return first_call_profile(target.client, run.origin)
    rows: list[Row] = run.workers.ask(target.client, "profile", **asked)["rows"]
    return rows
