"""Run the benchmarks: `scripts/bench` makes the environments and calls this in one of them."""

from __future__ import annotations

import argparse
import json
import re
import sys
import time
from typing import Any

from benchmarks.chart import draw
from benchmarks.machine import described
from benchmarks.metrics import MEASURES, Run, versions
from benchmarks.processes import (
    ROOT,
    Child,
    Workers,
    module_folder,
    serving,
)
from benchmarks.report import page
from benchmarks.targets import missed, profile

FIGURES = ROOT / "benchmarks" / "results.json"
RESULTS = ROOT / "benchmarks" / "RESULTS.md"
CHART = ROOT / "docs" / "benchmarks.svg"
DECODER = "decoder"


def say(text: str) -> None:
    print(text, file=sys.stderr, flush=True)


def run(names: list[str], quick: bool) -> dict[str, Any]:
    """Measure, and give all figures of the run."""
    told: dict[str, Any] = {"quick": quick, "machine": described(), "measures": {}}
    began = time.monotonic()
    with module_folder() as folder, serving(folder) as origin:
        workers = Workers(folder, origin)
        at_hand = Run(workers, origin, folder, quick)
        told["versions"] = versions(at_hand)
        for name in names:
            say(f"{time.monotonic() - began:4.0f} s  {name}")
            if name == DECODER:
                child = Child(folder, "plain", "decoder", *(["--quick"] if quick else []))
                told[DECODER] = json.loads(child.read())
                child.stop()
            else:
                told["measures"][name] = MEASURES[name](at_hand)
        told["profiles"] = {target.key: profile(target, at_hand) for target in missed(told)}
        workers.stop()
    say(f"{time.monotonic() - began:4.0f} s  done")
    return rounded(told)


def rounded(told: dict[str, Any]) -> dict[str, Any]:
    """The same with figures of five digits: more than the clock gives, and short to keep."""
    figures: dict[str, Any] = json.loads(
        json.dumps(told), parse_float=lambda digits: float(f"{float(digits):.5g}")
    )
    return figures


def lines_of(told: dict[str, Any]) -> str:
    """The run as JSON, each series of figures on a line."""
    text = json.dumps(told, indent=1)
    return re.sub(r"\[[^\[\]{}]*\]", lambda found: " ".join(found[0].split()), text) + "\n"


def write(told: dict[str, Any]) -> None:
    RESULTS.write_text(page(told), "utf-8")
    draw(told, CHART)


def main() -> None:
    parser = argparse.ArgumentParser(prog="scripts/bench", description=__doc__)
    parser.add_argument("--quick", action="store_true", help="fewer rounds, shorter work")
    parser.add_argument("--only", metavar="NAME", action="append", help="a measure")
    parser.add_argument("--render", action="store_true", help="measure nothing")
    asked = parser.parse_args()
    every = [*MEASURES, DECODER]
    if asked.render:
        write(json.loads(FIGURES.read_text("utf-8")))
    elif asked.only:
        if unknown := set(asked.only) - set(every):
            parser.error(f"there is no measure {', '.join(unknown)}; there are {', '.join(every)}")
        print(page(run(asked.only, asked.quick)))
    else:
        told = run(every, asked.quick)
        FIGURES.write_text(lines_of(told), "utf-8")
        write(told)


if __name__ == "__main__":
    main()
