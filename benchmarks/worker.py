"""Run a workload in the environment of one client, and print its figures as a pyperf suite in the last line.

    python -m benchmarks.worker METRIC ROW ORIGIN [--quick] [--profile]

pyperf chooses the loops, warms up and repeats. `sampling` starts a process for each client in each round.
"""

import cProfile
import json
import os
import re
import sys
from functools import partial
from importlib import import_module
from importlib.metadata import version
from types import CodeType

import pyperf

from benchmarks.metrics import METRICS
from benchmarks.peers import PEERS
from benchmarks.startup import profile_imports
from benchmarks.workloads import Context, Figures, ProfileRow, Workload

BYTES, NUMBERS = ("memory", "before", "after"), ("modules", "calls", "order")
MACHINE = ("cpu_count", "cpu_model_name", "platform", "python_implementation", "python_version")


def measure(context: Context, workload: Workload) -> pyperf.BenchmarkSuite:
    """Repeat a workload with pyperf, and return a benchmark for each of its figures."""
    metric, name = METRICS[context.metric], f"{context.metric}/{context.row}"
    observed: list[Figures] = []

    def repeat(loops: int) -> float:
        figures = workload.repeat(loops)
        totals = dict.fromkeys(("wall", "cpu"), loops * workload.units)
        observed.append({key: value / totals.get(key, 1) for key, value in figures.items()})
        return next(iter(figures.values()))

    values, min_time = (1, 0.001) if context.quick else (metric.values, 0.1)
    runner = pyperf.Runner(
        values=values, processes=1, loops=metric.loops, warmups=metric.warmups, min_time=min_time
    )
    runner.parse_args(["--in-process", "--quiet"])  # this process is the worker already
    timed = runner.bench_time_func(name, repeat, inner_loops=workload.units)
    collected = timed.get_runs()[-1].get_metadata()
    metadata = {key: collected[key] for key in (*MACHINE, "date") if key in collected}
    if packages := PEERS[context.row].packages if context.row in PEERS else "":
        metadata["packages"] = ", ".join(f"{name} {version(name)}" for name in packages.split())
    benchmarks: list[pyperf.Benchmark] = []
    for key in [figure for _, figure, _ in metric.columns if figure in observed[0]]:
        unit = "byte" if key in BYTES else "integer" if key in NUMBERS else "second"
        described = {**metadata, "name": f"{name}/{key}", "unit": unit}
        recorded = [figures[key] for figures in observed[-values:]]
        run = pyperf.Run(recorded, metadata=described, collect_metadata=False)
        benchmarks.append(pyperf.Benchmark([run]))
    return pyperf.BenchmarkSuite(benchmarks)


def profile(workload: Workload) -> list[ProfileRow]:
    """Return the time in each function without the functions that it calls."""
    loops = 500 if workload.units == 1 else 1
    workload.repeat(loops)
    profiler = cProfile.Profile()
    profiler.runcall(workload.repeat, loops)
    rows = [
        (entry.inlinetime, entry.callcount, _place(entry.code)) for entry in profiler.getstats()
    ]
    return [row for row in rows if "gc.collect" not in row[2]]  # each measurement begins with it


def _place(code: CodeType | str) -> str:
    """Return the name of a built-in function, or a place without the folder of the installation."""
    if isinstance(code, str):
        return re.sub(r" at 0x[0-9a-f]+", "", code.strip("<>"))
    folders = [f"{folder}/" for folder in sys.path if code.co_filename.startswith(f"{folder}/")]
    file = code.co_filename.removeprefix(max(folders, key=len, default=""))
    return f"{file}:{code.co_firstlineno} {code.co_name}"


def main() -> None:
    _, name, row, origin, *options = sys.argv
    context, metric = Context(name, row, origin, "--quick" in options), METRICS[name]
    module, function = metric.workload.split(".")
    try:
        make = partial(getattr(import_module(f"benchmarks.{module}"), function), context)
        if "--profile" not in options:
            measure(context, make(**metric.settings)).dump(sys.stdout)
        elif module == "startup":
            print(json.dumps(profile_imports(context, "sends" in metric.settings)))
        else:
            print(json.dumps(profile(make(**metric.settings))))
    except Exception as error:  # noqa: BLE001  the page shows how a client failed
        print(json.dumps({"failure": f"{type(error).__name__}: {error}"}), flush=True)
        os._exit(0)  # threads of the client may wait for a long time


if __name__ == "__main__":
    main()
