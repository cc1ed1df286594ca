"""The page of a run, and the chart of the project's README, from the templates in this folder."""

from pathlib import Path
from typing import Any

import jinja2

from benchmarks.metrics import CHART, METRICS
from benchmarks.peers import PEERS
from benchmarks.sampling import Results, Spread, spread
from benchmarks.targets import TARGETS, first_column, missed, ratios


def page(results: Results) -> str:
    """Return the page in Markdown."""
    tables: dict[str, dict[str, list[str]]] = {name: {} for name in METRICS}
    for name, metric in METRICS.items():
        for row in results.rows(name):
            series = [
                [value * factor for value in results.figures(name, row, figure)]
                for _, figure, factor in metric.columns
            ]
            if metric.ratio:
                own, first = (first_column(results, name, each) for each in (row, metric.rows[0]))
                series.append(ratios(own, first))
            if any(series) and row not in results.failures.get(name, {}):
                tables[name][row] = [show(spread(values)) if values else "" for values in series]
    names = {"metrics": METRICS, "targets": TARGETS, "missed": missed(results), "peers": PEERS}
    return _render("RESULTS.md.jinja", results=results, tables=tables, show=show, **names)


def number(value: float) -> str:
    """Return three digits, or all digits before the decimal point."""
    if value == int(value) or abs(value) >= 100:
        return f"{value:,.0f}"
    if abs(value) >= 10:
        return f"{value:.1f}"
    return f"{value:.2f}" if abs(value) >= 0.1 else f"{value:.2g}"


def show(figures: Spread) -> str:
    """Return a median, and its quartiles if they are different."""
    median, low, high = map(number, figures)
    return median if figures[1] == figures[2] else f"{median} [{low}–{high}]"


def chart(results: Results) -> str:
    """Return an SVG with the bars of four metrics, and their quartiles."""
    panels = [
        (title, [(name, *_scaled(results, metric, name, factor)) for name in CHART["bars"]])
        for metric, title, factor in CHART["panels"]
    ]
    return _render("chart.svg.jinja", panels=panels, own=CHART["own"], number=number)


def _scaled(results: Results, metric: str, row: str, factor: float) -> Spread:
    return spread([value * factor for value in first_column(results, metric, row)])


def _render(template: str, **names: Any) -> str:
    source = Path(__file__).with_name(template).read_text("utf-8")
    environment = jinja2.Template(source, trim_blocks=True, keep_trailing_newline=True)
    return str(environment.render(**names))
