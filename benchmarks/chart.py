"""The chart of the README, from the figures of a run."""

from __future__ import annotations

from pathlib import Path
from typing import Any, Final

from benchmarks.peers.catalogue import ANTHROPIC, FAST, HTTPX, LANGGRAPH, OPENAI, PUBLISHED, SDK
from benchmarks.report import number
from benchmarks.sampling import spread
from benchmarks.targets import Told, series

BARS: Final = (SDK, FAST, PUBLISHED, HTTPX, LANGGRAPH, ANTHROPIC, OPENAI)
PANELS: Final = (
    ("import", "Import, ms", 1e3),
    ("first-call", "Cold process to its first answer, ms", 1e3),
    ("small", "Small call, µs", 1e6),
    ("stream-each", "Streamed event, µs", 1e6),
)
OURS: Final = "#2563eb"
OTHERS: Final = "#9ca3af"


def draw(told: Told, path: Path) -> None:
    """Draw bars of four measures, each with its quartiles. The same figures give the same file."""
    import matplotlib

    matplotlib.use("svg")
    matplotlib.rcParams["svg.hashsalt"] = "chatroutes"
    matplotlib.rcParams["svg.fonttype"] = "none"  # text stays text
    matplotlib.rcParams["font.family"] = "sans-serif"
    from matplotlib import pyplot

    figure, axes = pyplot.subplots(2, 2, figsize=(10, 5.6), layout="constrained")
    for axis, (measure, title, scale) in zip(axes.flat, PANELS, strict=True):
        _panel(axis, told, measure, title, scale)
    figure.suptitle("Shorter is faster: medians of one run, and their quartiles", fontsize=11)
    figure.savefig(path, metadata={"Date": None, "Creator": None})
    pyplot.close(figure)
    lines = (line.rstrip() for line in path.read_text("utf-8").splitlines())
    path.write_text("\n".join(lines) + "\n", "utf-8")


def _panel(axis: Any, told: Told, measure: str, title: str, scale: float) -> None:
    names = [name for name in BARS if series(told, measure, name)]
    found = [spread([value * scale for value in series(told, measure, name)]) for name in names]
    medians = [one.median for one in found]
    errors = [[one.median - one.low for one in found], [one.high - one.median for one in found]]
    colours = [OURS if name in (SDK, FAST) else OTHERS for name in names]
    axis.barh(names, medians, xerr=errors, color=colours, height=0.7, ecolor="#4b5563")
    for at, one in enumerate(found):
        axis.annotate(
            number(one.median), (one.high, at), (4, 0), textcoords="offset points", va="center"
        )
    axis.invert_yaxis()
    axis.set_title(title, fontsize=10, loc="left")
    axis.margins(x=0.15)
    axis.spines[["top", "right"]].set_visible(False)
