"""Measure the SDK beside other clients. `scripts/bench` makes the environments and runs this module."""

import argparse
import sys
import time
from functools import partial

from benchmarks.metrics import METRICS
from benchmarks.report import chart, page
from benchmarks.sampling import ROOT, Results, run_worker, sample, sample_profile, serving
from benchmarks.targets import missed

RESULTS = ROOT / "benchmarks" / "results.json"
PAGE = ROOT / "benchmarks" / "RESULTS.md"
CHART = ROOT / "docs" / "benchmarks.svg"


def run(names: list[str], quick: bool, before: str) -> Results:
    """Measure the metrics, and profile the targets that they miss."""
    results, began = Results(quick, before), time.monotonic()
    with serving() as origin:
        for name in names:
            print(f"{time.monotonic() - began:4.0f} s  {name}", file=sys.stderr, flush=True)
            sample(results, name, partial(run_worker, origin, name))
        for metric, row in {(target.metric, target.of) for target in missed(results)}:
            if row not in results.failures.get(metric, {}):
                sample_profile(results, metric, row, origin)
    print(f"{time.monotonic() - began:4.0f} s  done", file=sys.stderr)
    return results


def main() -> None:
    parser = argparse.ArgumentParser("scripts/bench", description=__doc__, allow_abbrev=False)
    parser.add_argument("--quick", action="store_true", help="fewer rounds and less work")
    parser.add_argument("--only", action="append", choices=METRICS, help="print this metric")
    parser.add_argument("--before", default="", help="a commit to measure in the same rounds")
    parser.add_argument("--render", action="store_true", help="write the page and the chart again")
    options = parser.parse_args()
    if options.only:
        print(page(run(options.only, options.quick, options.before)))
        return
    if not options.render:
        results = run(list(METRICS), options.quick, options.before)
        RESULTS.write_text(results.dumps(), "utf-8")
    results = Results.loads(RESULTS.read_text("utf-8"))
    PAGE.write_text(page(results), "utf-8")
    CHART.write_text(chart(results), "utf-8")


if __name__ == "__main__":
    main()
