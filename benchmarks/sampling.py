"""The rounds of a run, and its results.

In each round, every client measures once, in a process of its own. Each round begins with another client, so
that other work on the machine affects all of them. A ratio is one of figures from the same round.
"""

import io
import json
import statistics
import subprocess
import sys
from collections.abc import Callable, Generator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, Self

import pyperf

from benchmarks.metrics import METRICS
from benchmarks.peers import PEERS, SDK

ROOT = Path(__file__).resolve().parents[1]
Spread = tuple[float, float, float]  # the median and the quartiles
_KEYS = ("quick", "before", "failures", "profiles")  # of the results, beside those of pyperf


def spread(values: Sequence[float]) -> Spread:
    """Return the median and the quartiles of at least one value."""
    values = [*values, *values] if len(values) == 1 else values
    low, median, high = statistics.quantiles(values, n=4, method="inclusive")
    return median, low, high


@dataclass
class Results:
    """The results of a run. The file has pyperf's format, and a few keys that pyperf ignores."""

    quick: bool = False
    before: str = ""  # a commit that is measured as well
    failures: dict[str, dict[str, str]] = field(default_factory=dict[str, Any])  # by metric
    profiles: dict[str, list[Any]] = field(default_factory=dict[str, Any])  # by metric and row
    benchmarks: dict[str, pyperf.Benchmark] = field(default_factory=dict[str, Any])

    def add(self, suite: pyperf.BenchmarkSuite) -> None:
        for benchmark in suite:
            known = self.benchmarks.setdefault(benchmark.get_name(), benchmark)
            if known is not benchmark:
                known.add_runs(benchmark)

    def rows(self, metric: str) -> tuple[str, ...]:
        """Return the rows of a metric. If another commit is measured, its row is the second one."""
        rows = METRICS[metric].rows
        return (SDK, f"{SDK} before", *rows[1:]) if self.before and rows[0] == SDK else rows

    def figures(self, metric: str, row: str, figure: str) -> list[float]:
        """Return the values of a figure in the order of the rounds, or none if it was not measured."""
        if figure == "growth":  # it may be 0, and pyperf records positive values only
            before, after = (self.figures(metric, row, name) for name in ("before", "after"))
            return [end - start for start, end in zip(before, after, strict=True)]
        benchmark = self.benchmarks.get(f"{metric}/{row}/{figure}")
        return list(benchmark.get_values()) if benchmark else []

    def dumps(self) -> str:
        """Return the results as JSON, with one benchmark on each line."""
        buffer = io.StringIO()
        pyperf.BenchmarkSuite(list(self.benchmarks.values())).dump(buffer)
        document = json.loads(
            buffer.getvalue(), parse_float=lambda text: float(f"{float(text):.5g}")
        )
        lines = ",\n".join(map(json.dumps, document.pop("benchmarks")))
        document |= {key: getattr(self, key) for key in _KEYS}
        return f'{json.dumps(document)[:-1]}, "benchmarks": [\n{lines}\n]}}\n'

    @classmethod
    def loads(cls, text: str) -> Self:
        document = json.loads(text)
        results = cls(*(document[key] for key in _KEYS))
        results.add(pyperf.BenchmarkSuite.loads(text))
        return results


def _command(environment: str, module: str, *arguments: str) -> list[str]:
    """Return the command for a module in an environment of `scripts/bench`, or else in this one."""
    python = ROOT / ".venv-bench" / environment / "bin" / "python"
    python = python if python.exists() else Path(sys.executable)
    return [str(python), "-m", f"benchmarks.{module}", *arguments]


@contextmanager
def serving() -> Generator[str]:
    """Run the server, and return its origin."""
    command = _command("plain", "server")
    process = subprocess.Popen(command, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True)
    try:
        yield f"http://127.0.0.1:{int(process.stdout.readline())}"  # type: ignore[union-attr]
    finally:
        process.communicate()  # the server stops when its standard input ends


def run_worker(origin: str, metric: str, row: str, *options: str) -> str:
    """Run a workload in the environment of a client, and return the JSON that it prints."""
    environment = PEERS[row if row in PEERS else SDK].environment
    command = _command(environment, "worker", metric, row, origin, *options)
    done = subprocess.run(command, capture_output=True, text=True)
    crash = {"failure": done.stderr[-500:] or f"exit code {done.returncode}"}
    return (done.stdout or json.dumps(crash)).splitlines()[-1]


def sample(results: Results, name: str, measure: Callable[..., str]) -> None:
    """Measure the rows of a metric, and add the figures and failures that `measure` prints."""
    metric = METRICS[name]
    for number in range(min(metric.rounds, 2) if results.quick else metric.rounds):
        rows = [row for row in results.rows(name) if row not in results.failures.get(name, {})]
        rows = [row for row in rows if number == 0 or row not in metric.once]
        first = number % max(len(rows), 1)
        for row in rows[first:] + rows[:first]:
            printed = measure(row, *(["--quick"] if results.quick else []))
            if failure := json.loads(printed).get("failure"):
                results.failures.setdefault(name, {})[row] = failure
            else:
                results.add(pyperf.BenchmarkSuite.loads(printed))


def sample_profile(results: Results, name: str, row: str, origin: str) -> None:
    """Profile a workload, and add the functions or modules that take the most time to the results."""
    rows: Any = json.loads(run_worker(origin, name, row, "--profile"))
    if isinstance(rows, list):  # otherwise the client failed
        total = sum(own for own, _, _ in rows)
        shares = [(round(own / total, 5), calls, place) for own, calls, place in rows]
        results.profiles[f"{name}/{row}"] = sorted(shares, reverse=True)[:12]
