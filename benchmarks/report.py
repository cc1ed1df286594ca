"""The page of a run, from the template `RESULTS.md.jinja`, and the chart of the project's README."""

from importlib import import_module
from pathlib import Path
from typing import Any

import jinja2

from benchmarks.metrics import CHART, METRICS
from benchmarks.peers import PEERS
from benchmarks.sampling import Results, Spread, spread
from benchmarks.targets import TARGETS, first_column, missed, ratios

STYLES = [{"color": colour, "ecolor": "#4b5563"} for colour in ("#9ca3af", "#2563eb")]


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
    source = Path(__file__).with_name("RESULTS.md.jinja").read_text("utf-8")
    template = jinja2.Template(source, trim_blocks=True, keep_trailing_newline=True)
    return str(template.render(results=results, tables=tables, show=show, **names))


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


def draw(results: Results, path: Path) -> None:
    """Draw bars of four metrics, with their quartiles. The same results give the same file."""
    settings = {"svg.hashsalt": "chatroutes", "svg.fonttype": "none", "font.family": "sans-serif"}
    import_module("matplotlib").rcParams.update(settings)
    figure: Any = import_module("matplotlib.figure").Figure((10, 5.6), layout="constrained")
    for axis, panel in zip(figure.subplots(2, 2).flat, CHART["panels"], strict=True):
        metric, title, factor = panel
        for at, name in enumerate(CHART["bars"]):
            values = first_column(results, metric, name)
            median, low, high = spread([value * factor for value in values])
            axis.barh(
                name, median, xerr=[[median - low], [high - median]], **STYLES[name in CHART["own"]]
            )
            offset = {"xytext": (4, 0), "textcoords": "offset points"}
            axis.annotate(number(median), (high, at), va="center", **offset)
        axis.invert_yaxis()
        axis.set_title(title, fontsize=10, loc="left")
        axis.margins(x=0.15)
        axis.spines[["top", "right"]].set_visible(False)
    figure.suptitle("Shorter is faster: medians of one run, and their quartiles", fontsize=11)
    figure.savefig(path, metadata={"Date": None, "Creator": None})
    lines = (line.rstrip() for line in path.read_text("utf-8").splitlines())
    path.write_text("\n".join(lines) + "\n", "utf-8")
