"""Interleaved rounds, and what is made of them: medians, and ratios with their spread.

Each round asks every client once, so that whatever else the machine does meets all of them. A ratio
is taken within each round, and its median and quartiles over the rounds.
"""

from __future__ import annotations

import statistics
from collections.abc import Callable, Iterable, Mapping, Sequence
from typing import Any, NamedTuple

from benchmarks.processes import FailedError

Series = dict[str, list[float]]
"""The figures of one client, by what they are, one for each round."""
Measured = dict[str, Any]
"""The series of each client; {"failed": what it said} of one that could not do it."""


class Spread(NamedTuple):
    """A median, and the quartiles around it."""

    median: float
    low: float
    high: float


def interleaved(
    names: Iterable[str], rounds: int, once: Callable[[str], Mapping[str, float]], warm: int = 1
) -> Measured:
    """Ask each in turn, so many rounds, after those that only warm up; each round begins with another."""
    measured: Measured = {name: {} for name in names}
    for number in range(-warm, rounds):
        order = [name for name in measured if "failed" not in measured[name]]
        first = number % max(len(order), 1)
        for name in order[first:] + order[:first]:
            try:
                figures = once(name)
            except FailedError as problem:
                measured[name] = {"failed": str(problem)}
                continue
            if number >= 0:
                for series, figure in figures.items():
                    measured[name].setdefault(series, []).append(figure)
    return measured


def spread(values: Sequence[float]) -> Spread:
    """The median and quartiles of at least one value."""
    if len(values) == 1:
        return Spread(values[0], values[0], values[0])
    low, median, high = statistics.quantiles(values, n=4, method="inclusive")
    return Spread(median, low, high)


def ratios(over: Sequence[float], under: Sequence[float]) -> Spread:
    """The ratio of two series, round by round."""
    return spread([a / b for a, b in zip(over, under, strict=False) if b])
