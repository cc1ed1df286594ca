"""Results of benchmarks with made-up figures."""

from __future__ import annotations

import json
from typing import Any

import pyperf


def dump_suite(name: str, **figures: float) -> str:
    """Return what a worker prints: one value for each figure of a row."""
    benchmarks: list[Any] = []
    for figure, value in figures.items():
        run = pyperf.Run([value], metadata={"name": f"{name}/{figure}"}, collect_metadata=False)
        benchmarks.append(pyperf.Benchmark([run]))
    document: dict[str, Any] = pyperf.BenchmarkSuite(benchmarks)._as_json()
    return json.dumps(document)
