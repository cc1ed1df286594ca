"""The page of the benchmark results, from made-up figures and from the recorded run."""

from __future__ import annotations

import os
from importlib.util import find_spec
from xml.etree import ElementTree

import pytest

if find_spec("pyperf") is None or os.name == "nt":
    pytest.skip("the benchmarks need the extra `dev` and a POSIX system", allow_module_level=True)

import pyperf

from benchmarks.__main__ import CHART, PAGE, RESULTS
from benchmarks.metrics import CHART as CHART_SETTINGS
from benchmarks.metrics import METRICS
from benchmarks.peers import SDK
from benchmarks.report import chart, page, show
from benchmarks.sampling import Results
from benchmarks.targets import TARGETS, missed
from tests.support.benchmark_results import dump_suite

pytestmark = pytest.mark.check


def make_results(
    failures: dict[str, dict[str, str]] | None = None, **milliseconds: float
) -> Results:
    """Return the results of a run that measured small requests only."""
    results = Results(failures=failures or {})
    for row, value in milliseconds.items():
        figures = {"wall": value / 1000, "cpu": value / 1000}
        for _ in range(2):
            results.add(pyperf.BenchmarkSuite.loads(dump_suite(f"small/{row}", **figures)))
    return results


def make_run(sdk: float) -> Results:
    return make_results(**{SDK: sdk, "httpx": 0.4, "published chatroutes": 1.0, "openai": 2.0})


def test_page_shows_a_target_that_is_met() -> None:
    text = page(make_run(0.3))
    assert "| small request | ≤ 1 × httpx | 0.75 × | met |" in text
    assert "not met" not in text
    assert "Profiles" not in text


def test_page_shows_a_target_that_is_missed_with_its_profile() -> None:
    results = make_run(0.5)
    results.profiles[f"small/{SDK}"] = [(0.5, 7, "http.py:1 send")]
    text = page(results)
    assert "| small request | ≤ 1 × httpx | 1.25 × | **not met** |" in text
    assert "| small request | ≤ 0.75 × published chatroutes | 0.50 × | met |" in text
    assert f"1 of {len(TARGETS)} are not met" in text
    assert "### small request: ≤ 1 × httpx\n\n| own time" in text
    assert "| 50.0% | 7 | `http.py:1 send` |" in text


def test_page_shows_the_figure_of_httpx_above_a_profile() -> None:
    results = make_run(1.9)
    results.profiles[f"small/{SDK}"] = [(0.1, 1, "a")]
    text = page(results)
    assert "### small request: ≤ 0.45 × openai\n\nhttpx alone: 0.20 ×\n\n| own time" in text
    assert "### small request: ≤ 1 × httpx\n\n| own time" in text


def test_page_shows_a_target_that_is_not_measured() -> None:
    assert "| 1,000 streams at once, async | all complete |  | not measured |" in page(
        make_run(0.3)
    )


def test_page_shows_the_ratio_or_the_failure_of_each_client() -> None:
    text = page(
        make_results({"small": {"openai": "PoolTimeout: too few"}}, **{SDK: 0.5, "httpx": 0.4})
    )
    assert "| httpx | 400 | 400 | 0.80 |" in text
    assert "- openai failed: `PoolTimeout: too few`" in text


def test_page_shows_another_commit_after_the_sdk() -> None:
    results = make_results(**{SDK: 0.5, "chatroutes before": 0.4, "httpx": 0.4})
    results.before = "main"
    text = page(results)
    assert "The client `chatroutes before` is commit main." in text
    assert "| chatroutes | 500 | 500 | 1 |\n| chatroutes before | 400 | 400 | 0.80 |" in text


def test_page_shows_a_metric_that_every_client_failed() -> None:
    text = page(make_results({"big": {SDK: "TimeoutError"}}, **{SDK: 0.5}))
    assert "## A response of 1 MB" in text
    assert "- chatroutes failed: `TimeoutError`" in text


def test_streams_that_fail_miss_their_target() -> None:
    results = make_results({"concurrent-1000": {SDK: "TimeoutError"}}, **{SDK: 0.3})
    assert [target.text for target in missed(results)] == ["all complete"]


@pytest.mark.parametrize(
    ("figures", "text"),
    [
        ((1234.5, 1234.5, 1234.5), "1,234"),
        ((0.5, 0.25, 12.34), "0.50 [0.25–12.3]"),
        ((0.012345, 0.012345, 0.012345), "0.012"),
        ((3.0, 3.0, 3.0), "3"),
    ],
)
def test_figures_have_three_digits(figures: tuple[float, float, float], text: str) -> None:
    assert show(figures) == text


def test_results_are_the_same_after_saving_and_loading() -> None:
    results = make_run(0.5)
    results.profiles["small/httpx"] = [[0.5, 7, "http.py:1 send"]]
    results.failures["big"] = {"openai": "TimeoutError"}
    loaded = Results.loads(results.dumps())
    assert loaded.dumps() == results.dumps()
    assert loaded.figures("small", "httpx", "wall") == [0.0004, 0.0004]


# The recorded run.


def test_page_is_the_one_of_the_recorded_results() -> None:
    results = Results.loads(RESULTS.read_text("utf-8"))
    assert PAGE.read_text("utf-8") == page(results), "run scripts/bench --render"


def test_recorded_results_have_every_row_of_every_metric() -> None:
    results = Results.loads(RESULTS.read_text("utf-8"))
    for name, metric in METRICS.items():
        for row in metric.rows:
            figures = [results.figures(name, row, figure) for _, figure, _ in metric.columns]
            assert any(figures) != (row in results.failures.get(name, {})), f"{name}/{row}"


def test_chart_is_the_one_of_the_recorded_results() -> None:
    results = Results.loads(RESULTS.read_text("utf-8"))
    assert CHART.read_text("utf-8") == chart(results), "run scripts/bench --render"


def test_chart_has_every_bar_and_is_an_svg() -> None:
    svg = ElementTree.parse(CHART).getroot()
    assert svg.tag == "{http://www.w3.org/2000/svg}svg"
    texts = [element.text for element in svg.iter() if element.text]
    panels = len(CHART_SETTINGS["panels"])
    assert all(texts.count(name) == panels for name in CHART_SETTINGS["bars"])
    assert all(title in texts for _, title, _ in CHART_SETTINGS["panels"])


def test_pyperf_reads_the_recorded_results() -> None:
    recorded = pyperf.BenchmarkSuite.load(str(RESULTS))
    assert recorded.get_benchmark(f"small/{SDK}/wall").get_nvalue() == 16
