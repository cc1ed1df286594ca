"""The figures of a run as a page of Markdown."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any

from benchmarks.peers.catalogue import SDK
from benchmarks.sampling import Spread, ratios, spread
from benchmarks.tables import DECODED, SECTIONS, Column, Section
from benchmarks.targets import TARGETS, Told, missed, order_of_growth, series

HEAD = """\
# Results

Written by `scripts/bench` from the figures of one run (`results.json`); [README.md](README.md) says what is measured
and how. Medians, with the quartiles in brackets. A ratio is taken in each round, between figures that were measured
next to each other; compare ratios, since times are those of this machine on that day.
"""
QUICK = "\nThis was a short run (`--quick`), on a machine that may have had other work: few rounds, wide spreads.\n"


def page(told: Told) -> str:
    """The whole page."""
    parts = [HEAD + (QUICK if told["quick"] else ""), _machine(told), _targets(told)]
    parts += [
        _section(section, told) for section in SECTIONS if section.measure in told["measures"]
    ]
    if "decoder" in told:
        parts.append(_decoder(told["decoder"]))
    profiles = _profiles(told)
    return "\n".join(parts + ([profiles] if profiles else []))


def table(headings: list[str], rows: Iterable[list[str]], words: int = 1) -> str:
    """A table whose first columns are words, and the others figures."""
    marks = ["---" if at < words else "--:" for at in range(len(headings))]
    return "\n".join(f"| {' | '.join(row)} |" for row in [headings, marks, *rows]) + "\n"


def number(value: float) -> str:
    """Three digits, or what is left of them when the last say nothing."""
    if value == int(value) or abs(value) >= 100:
        return f"{value:,.0f}"
    if abs(value) >= 10:
        return f"{value:.1f}"
    return f"{value:.2f}" if abs(value) >= 0.1 else f"{value:.2g}"


def shown(found: Spread) -> str:
    """A median and, where they differ from it, its quartiles."""
    if found.low == found.high:
        return number(found.median)
    return f"{number(found.median)} [{number(found.low)}–{number(found.high)}]"


def _machine(told: Told) -> str:
    machine = told["machine"]
    lines = [
        f"{machine['python']} on {machine['system']}, {machine['cores']} cores, {machine['processor']}.\n",
        table(
            ["client", "packages"],
            (
                [name, ", ".join(f"{package} {found}" for package, found in packages.items())]
                for name, packages in told["versions"].items()
                if packages
            ),
            words=2,
        ),
    ]
    return "\n".join(lines)


def _targets(told: Told) -> str:
    rows: list[list[str]] = []
    for target in TARGETS:
        found = target.reading(told)
        verdict = {True: "met", False: "**not met**", None: "not measured"}[target.met(told)]
        said = "" if found is None else f"{shown(found)} {target.unit}".rstrip()
        rows.append([target.work, target.must_be, said, verdict])
    heading = table(["work", "must be", "measured", ""], rows, words=2)
    count = len(missed(told))
    said = f"{count} of {len(rows)} are not met; their profiles are at the end.\n" if count else ""
    return f"## What it must show\n\n{heading}\n{said}"


def _section(section: Section, told: Told) -> str:
    measured = told["measures"][section.measure]
    against = section.columns[0].series
    ours = series(told, section.measure, SDK, against)
    rows: list[list[str]] = []
    failures: list[str] = []
    for name, figures in measured.items():
        if "failed" in figures:
            failures.append(f"- {name} could not do it: `{figures['failed']}`")
            continue
        cells = [_cell(figures.get(column.series), column) for column in section.columns]
        theirs = figures.get(against)
        ratio = shown(ratios(theirs, ours)) if section.ratio and ours and theirs else ""
        rows.append([name, *cells, *([ratio] if section.ratio else [])])
    headings = ["", *(column.heading for column in section.columns)]
    if section.ratio:
        headings.append(f"× {SDK}")
    text = f"## {section.title}\n\n{section.note}\n\n{table(headings, rows)}"
    return text + ("\n" + "\n".join(failures) + "\n" if failures else "")


def _cell(figures: list[float] | None, column: Column) -> str:
    return shown(spread([figure * column.scale for figure in figures])) if figures else ""


def _decoder(rows: dict[str, dict[str, float]]) -> str:
    sizes = list(dict.fromkeys(size for row in rows.values() for size in row))
    headings = ["bytes", *(f"{int(size):,}" for size in sizes), "order of growth"]
    told = [
        [
            name,
            *(number(row[size]) if size in row else "" for size in sizes),
            number(order_of_growth(row)),
        ]
        for name, row in rows.items()
    ]
    return f"## The decoder by itself\n\n{DECODED}\n\n{table(headings, told)}"


def _profiles(told: Told) -> str:
    parts: list[str] = []
    for target in missed(told):
        rows: list[dict[str, Any]] = told["profiles"].get(target.key, [])
        if not rows:
            continue
        found = table(
            ["own time", "calls", "where"],
            ([f"{row['own']:.1%}", f"{row['calls']:,}", f"`{row['what']}`"] for row in rows),
            words=0,
        ).replace("--: |\n", "--- |\n", 1)
        below = target.of_httpx(told) if target.of_httpx else None
        limit = f"httpx by itself: {shown(below)} {target.unit}\n\n" if below else ""
        parts.append(f"### {target.work}: {target.must_be}\n\n{limit}{found}")
    if not parts:
        return ""
    return (
        "## Where the time goes in what was not met\n\n"
        "What costs the most by itself, without what it calls, as a part of the whole; profiling makes Python code\n"
        "look dearer than C code. For imports, the modules that take longest. Where httpx by itself does the same work, its\n"
        "figure stands above the profile: what it costs is not the SDK's to save.\n\n"
        + "\n".join(parts)
    )
