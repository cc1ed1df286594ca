"""The targets of the SDK, from `metrics.toml`, and whether a run meets them."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass

from benchmarks.metrics import METRICS
from benchmarks.peers import SDK
from benchmarks.sampling import Results, Spread, spread


def ratios(over: Sequence[float], under: Sequence[float]) -> list[float]:
    """Return the ratios of two clients' figures, round by round."""
    return [a / b for a, b in zip(over, under, strict=False)]


def first_column(results: Results, metric: str, row: str) -> list[float]:
    """Return the figures of a row in the first column of a metric's table."""
    return results.figures(metric, row, METRICS[metric].columns[0][1])


def _incomplete(results: Results, metric: str, row: str) -> list[float]:
    if row in results.failures.get(metric, {}):
        return [METRICS[metric].settings["count"]]
    return [0] if first_column(results, metric, row) else []


def _kilobytes_beyond_httpx(results: Results, metric: str, row: str) -> list[float]:
    own, httpx = (results.figures(metric, name, "memory") for name in (row, "httpx"))
    return [(a - b) / 1000 for a, b in zip(own, httpx, strict=False)]


def _order_of_growth(results: Results, metric: str, _: str) -> list[float]:
    orders = [results.figures(metric, row, "order") for row in METRICS[metric].rows]
    return [max(spread(values)[0] for values in orders if values)] if any(orders) else []


READINGS: dict[str, Callable[[Results, str, str], list[float]]] = {
    "milliseconds": lambda results, metric, row: [
        s * 1e3 for s in first_column(results, metric, row)
    ],
    "incomplete": _incomplete,
    "kilobytes_beyond_httpx": _kilobytes_beyond_httpx,
    "order_of_growth": _order_of_growth,
}


@dataclass(frozen=True)
class Target:
    """A limit for a client. `metrics.toml` explains the fields."""

    metric: str
    limit: float
    of: str = SDK
    figure: str = ""
    to: str = ""
    to_metric: str = ""
    to_figure: str = ""
    reading: str = ""
    text: str = ""
    unit: str = "×"

    def read(self, results: Results, of: str = "") -> Spread | None:
        """Return the figure of this client, or of another, if it was measured."""
        row, figure = of or self.of, self.figure or METRICS[self.metric].columns[0][1]
        if self.reading:
            values = READINGS[self.reading](results, self.metric, row)
        else:
            to = (self.to_metric or self.metric, self.to or row, self.to_figure or figure)
            values = ratios(results.figures(self.metric, row, figure), results.figures(*to))
        return spread(values) if values else None

    def is_met(self, results: Results) -> bool | None:
        """Return whether the limit is kept, or None if it was not measured."""
        figures = self.read(results)
        return None if figures is None else figures[0] <= self.limit


TARGETS = [Target(name, **fields) for name, metric in METRICS.items() for fields in metric.targets]


def missed(results: Results) -> list[Target]:
    """Return the targets that were measured and not met."""
    return [target for target in TARGETS if target.is_met(results) is False]
