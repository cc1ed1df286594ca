"""Where the time goes: what costs the most by itself, for what did not reach its ratio."""

from __future__ import annotations

import cProfile
import pstats
import re
import sysconfig
from collections.abc import Callable
from pathlib import Path
from typing import Any, cast

TOP = 12  # rows

Row = dict[str, Any]


def profiled(work: Callable[[], object]) -> list[Row]:
    """The functions in which a work spends the most of its time, without what they call."""
    profiler = cProfile.Profile()
    profiler.runcall(work)
    # The attribute is documented nowhere, and read by all that show profiles.
    stats = cast("dict[tuple[str, int, str], Any]", vars(pstats.Stats(profiler))["stats"])
    total = sum(own for _, _, own, _, _ in stats.values())
    rows: list[Row] = [
        {"what": _name(*place), "calls": calls, "own": own / total}
        for place, (_, calls, own, _, _) in stats.items()
        if "gc.collect" not in place[2]  # what each measurement begins with
    ]
    return sorted(rows, key=lambda row: -row["own"])[:TOP]


def _name(file: str, line: int, function: str) -> str:
    """A place in the code, without where on this machine it is installed."""
    if file == "~":
        return re.sub(r" at 0x[0-9a-f]+", "", function.strip("<>"))
    path = Path(file)
    roots = sorted(set(sysconfig.get_paths().values()), key=len, reverse=True)
    root = next((root for root in roots if path.is_relative_to(root)), path.parent)
    return f"{path.relative_to(root).as_posix()}:{line} {function}"


def import_rows(told: list[str]) -> list[Row]:
    """The modules that take longest to import by themselves, as `python -X importtime` told each time."""
    fastest: dict[str, int] = {}
    for text in told:
        for own, name in re.findall(r"^import time:\s+(\d+) \|\s+\d+ \|\s+(\S+)$", text, re.M):
            fastest[name] = min(int(own), fastest.get(name, int(own)))
    total = sum(fastest.values())
    rows: list[Row] = [
        {"what": name, "calls": 1, "own": own / total} for name, own in fastest.items()
    ]
    return sorted(rows, key=lambda row: -row["own"])[:TOP]
