"""The benchmarks: a client that returns an incomplete response has no time, and the page shows the recorded run."""

from __future__ import annotations

import json
import os
import re
import sys
from collections.abc import Iterator
from importlib import import_module
from importlib.util import find_spec
from pathlib import Path
from typing import Any

import pytest

from tests.support.markers import single_python

if find_spec("pyperf") is None or os.name == "nt":
    pytest.skip("the benchmarks need the extra `dev` and a POSIX system", allow_module_level=True)

import pyperf

from benchmarks import server_speed
from benchmarks.__main__ import CHART, PAGE, RESULTS
from benchmarks.decoder import order_of_growth, time_per_byte
from benchmarks.metrics import CHART as CHART_SETTINGS
from benchmarks.metrics import METRICS
from benchmarks.payloads import (
    json_documents,
    json_response,
    stream_response,
    words,
)
from benchmarks.peers import PEERS, SDK, Peer
from benchmarks.report import page, show
from benchmarks.sampling import ROOT, Results, run_worker, sample, sample_profile, serving, spread
from benchmarks.server import end_of_request
from benchmarks.stream_reader import IncompleteError, StreamReader
from benchmarks.targets import READINGS, TARGETS, missed, ratios
from benchmarks.workloads import Context
from benchmarks.workloads import requests as request_workload

pytestmark = single_python

CLIENTS = ("chatroutes", "chatroutes fast", "httpx", "http.client", "socket", "json.loads")
APIS = ("chatroutes", "openai", "anthropic", "langgraph")


@pytest.fixture(scope="module")
def origin() -> Iterator[str]:
    """The origin of the benchmark server, which runs in a process of its own."""
    with serving() as address:
        yield address


def suite(name: str, **figures: float) -> str:
    """What a worker prints: one value for each figure of a row."""
    benchmarks: list[Any] = []
    for figure, value in figures.items():
        run = pyperf.Run([value], metadata={"name": f"{name}/{figure}"}, collect_metadata=False)
        benchmarks.append(pyperf.Benchmark([run]))
    document: dict[str, Any] = pyperf.BenchmarkSuite(benchmarks)._as_json()
    return json.dumps(document)


# Workers.


@pytest.mark.parametrize(
    ("metric", "row"),
    [
        *((metric, row) for metric in ("small", "stream-each") for row in CLIENTS),
        ("big", "chatroutes"),
        ("big", "socket"),
        ("stream-ids", "chatroutes"),
        ("stream-many-async", "chatroutes"),
        ("stream-each-async", "httpx"),
        ("first-event", "http.client"),
        ("held-back", "chatroutes"),
        ("concurrent-10", "chatroutes"),
        ("open-streams", "httpx"),
        ("endurance", "http.client"),
        ("import", "chatroutes"),
        ("import", "python alone"),
        ("new-client-request", "http.client"),
    ],
)
def test_worker_measures_the_columns_of_a_metric(metric: str, row: str, origin: str) -> None:
    results = Results(quick=True)
    results.add(pyperf.BenchmarkSuite.loads(run_worker(origin, metric, row, "--quick")))
    figures = {figure for _, figure, _ in METRICS[metric].columns} - {"growth"}
    if row == "python alone":
        figures = {"process", "cpu"}
    assert set(results.benchmarks) == {f"{metric}/{row}/{figure}" for figure in figures}
    assert all(results.figures(metric, row, figure)[0] > 0 for figure in figures)


def test_worker_prints_the_error_of_a_client() -> None:
    printed = json.loads(run_worker("http://127.0.0.1:1", "stream-each", "httpx", "--quick"))
    assert printed["failure"].startswith("ConnectError")


@pytest.mark.parametrize("metric", ["small", "first-request"])
def test_profile_has_the_functions_or_modules_without_their_folder(
    metric: str, origin: str
) -> None:
    results = Results()
    sample_profile(results, metric, SDK, origin)
    rows = results.profiles[f"{metric}/{SDK}"]
    assert len(rows) == 12
    assert rows == sorted(rows, reverse=True)
    assert not any(str(ROOT) in location for _, _, location in rows)


# Complete responses.


@pytest.mark.parametrize(
    "received",
    [
        [],
        ["word 00000 "],
        ["word 00000 ", "word 00001 ", "word 00001 "],
        ["word 00001 ", "word 00000 "],
        ["word 00000 word 00001 "],
        [b"".join(stream_response("each-2", "chatroutes"))[:-1]],
        [json.loads(json_documents("chatroutes", 1)[0])],
    ],
    ids=["none", "missing", "repeated", "reordered", "joined", "bytes", "documents"],
)
def test_incomplete_stream_raises(received: list[Any]) -> None:
    with pytest.raises(IncompleteError):
        StreamReader(PEERS["json.loads"], "http://unused", "each-2").check(received)


def test_complete_stream_passes_the_check() -> None:
    reader = StreamReader(PEERS["json.loads"], "http://unused", "each-2")
    reader.check(words(2))
    reader.check(list(stream_response("each-2", "chatroutes")))
    reader.check([json.loads(document) for document in json_documents("chatroutes", 2)])


@pytest.mark.parametrize(
    ("scenario", "broken"),
    [("small", Peer(small="'conv_other'")), ("big", Peer(big="['00000']"))],
)
def test_incomplete_response_raises(
    scenario: str, broken: Peer, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setitem(PEERS, "broken", broken)
    with pytest.raises(IncompleteError):
        request_workload(Context("small", "broken", "http://unused"), scenario)


@pytest.mark.parametrize("single_bytes", [False, True])
@pytest.mark.parametrize("many_events", [False, True])
def test_decoder_returns_every_event(many_events: bool, single_bytes: bool) -> None:
    assert time_per_byte(10_000, many_events, single_bytes) > 0


# The server.


@pytest.mark.parametrize("scenario", ["each-300", "many-300", "ids-300"])
@pytest.mark.parametrize("api", APIS)
def test_stream_of_each_api_has_the_same_texts(api: str, scenario: str) -> None:
    body, chunks = b"", b"".join(stream_response(scenario, api)).partition(b"\r\n\r\n")[2]
    while chunks:
        size, _, chunks = chunks.partition(b"\r\n")
        body += chunks[: int(size, 16)]
        chunks = chunks[int(size, 16) + 2 :]
    events = [event for event in body.decode().split("\n\n") if "word " in event]
    assert len(events) == 300
    assert all(word in event for word, event in zip(words(300), events, strict=True))


@pytest.mark.parametrize("api", APIS)
def test_big_response_of_each_api_is_json_of_one_megabyte(api: str) -> None:
    head, _, body = json_response("big", api).partition(b"\r\n\r\n")
    assert f"Content-Length: {len(body)}".encode() in head
    assert 900_000 < len(body) < 1_100_000
    assert str(json.loads(body)).count("xxxxx'") == 1000


@pytest.mark.parametrize(
    ("received", "end"),
    [
        (b"GET /small HTTP/1.1\r\nHost: x\r\n", 0),
        (b"GET /small HTTP/1.1\r\n\r\n", 23),
        (b"POST /a HTTP/1.1\r\ncontent-length: 3\r\n\r\n{}", 0),
        (b"POST /a HTTP/1.1\r\ncontent-length: 3\r\n\r\n{ }GET", 42),
    ],
)
def test_request_ends_after_its_body(received: bytes, end: int) -> None:
    assert end_of_request(received) == end


@pytest.mark.skipif(sys.platform != "linux", reason="needs the CPU clock of another process")
@pytest.mark.parametrize("part", server_speed.PARTS)
def test_server_speed_measures_each_part(
    tmp_path: Path, capsys: pytest.CaptureFixture[str], part: str
) -> None:
    output = tmp_path / "results.json"

    server_speed.main(["--only", part, "--quick", "--output", str(output)])

    assert f"## {part}" in capsys.readouterr().out
    assert all(each.median() > 0 for each in pyperf.BenchmarkSuite.load(str(output)))


# Rounds and statistics.


def test_each_round_measures_every_row_and_begins_with_another() -> None:
    measured: list[str] = []

    def measure(row: str, *_: str) -> str:
        measured.append(row)
        return suite(f"stream-ids/{row}", wall=float(len(measured)), cpu=1.0)

    results = Results()
    sample(results, "stream-ids", measure)
    rows = METRICS["stream-ids"].rows
    rounds = [measured[at : at + len(rows)] for at in range(0, len(measured), len(rows))]
    assert [sorted(order) for order in rounds] == [sorted(rows)] * METRICS["stream-ids"].rounds
    assert len({order[0] for order in rounds}) == len(rounds)
    assert len(results.figures("stream-ids", SDK, "wall")) == len(rounds)


def test_rows_that_take_long_are_measured_in_one_round() -> None:
    measured: list[str] = []

    def measure(row: str, *_: str) -> str:
        measured.append(row)
        return suite(f"concurrent-1000/{row}", cpu=1.0)

    sample(Results(), "concurrent-1000", measure)
    counts = {row: measured.count(row) for row in METRICS["concurrent-1000"].rows}
    assert counts["openai"] == 1
    assert counts[SDK] == METRICS["concurrent-1000"].rounds


def test_client_that_fails_is_not_measured_again() -> None:
    measured: list[str] = []

    def measure(row: str, *_: str) -> str:
        measured.append(row)
        return '{"failure": "no connection"}' if row == SDK else suite(f"big/{row}", wall=1.0)

    results = Results()
    sample(results, "big", measure)
    assert measured.count(SDK) == 1
    assert results.failures == {"big": {SDK: "no connection"}}


def test_ratio_is_calculated_in_each_round() -> None:
    assert spread(ratios([1, 20, 3], [2, 40, 6])) == (0.5, 0.5, 0.5)
    assert spread([1, 2, 3, 4, 5]) == (3, 2, 4)
    assert spread([7]) == (7, 7, 7)


def test_order_of_growth_uses_the_last_two_powers_of_ten() -> None:
    assert order_of_growth([50, 3, 3, 3]) == 1
    assert order_of_growth([1, 10, 100, 1000]) == 2


# The page.


def make_results(
    failures: dict[str, dict[str, str]] | None = None, **milliseconds: float
) -> Results:
    """Return the results of a run that measured small requests only."""
    results = Results(failures=failures or {})
    for row, value in milliseconds.items():
        figures = {"wall": value / 1000, "cpu": value / 1000}
        for _ in range(2):
            results.add(pyperf.BenchmarkSuite.loads(suite(f"small/{row}", **figures)))
    return results


def make_run(sdk: float) -> Results:
    return make_results(**{SDK: sdk, "httpx": 0.4, "chatroutes 0.1.0": 1.0, "openai": 2.0})


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
    assert "| small request | ≤ 0.75 × chatroutes 0.1.0 | 0.50 × | met |" in text
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


def test_chart_has_every_bar_and_is_an_svg() -> None:
    text = CHART.read_text("utf-8")
    assert text.startswith("<?xml")
    assert all(name in text for name in CHART_SETTINGS["bars"])
    assert all(title in text for _, title, _ in CHART_SETTINGS["panels"])


def test_pyperf_reads_the_recorded_results() -> None:
    recorded = pyperf.BenchmarkSuite.load(str(RESULTS))
    assert recorded.get_benchmark(f"small/{SDK}/wall").get_nvalue() == 16


# The descriptions.


def test_every_row_of_a_metric_is_a_peer_or_a_stream_of_the_decoder() -> None:
    for name, metric in METRICS.items():
        assert set(metric.once) <= set(metric.rows)
        assert name == "decoder" or set(metric.rows) <= set(PEERS)


def test_every_metric_names_a_workload() -> None:
    for metric in METRICS.values():
        module, function = metric.workload.split(".")
        assert callable(getattr(import_module(f"benchmarks.{module}"), function))


def test_every_target_names_rows_and_readings_that_exist() -> None:
    for target in TARGETS:
        rows = METRICS[target.metric].rows
        assert target.to == "" or target.to in rows
        assert target.metric == "decoder" or target.of in rows
        assert target.reading == "" or target.reading in READINGS


def test_every_environment_has_pinned_packages_with_hashes() -> None:
    folder = ROOT / "benchmarks" / "requirements"
    for environment in {"report", *(peer.environment for peer in PEERS.values())}:
        required = (folder / f"{environment}.in").read_text("utf-8")
        lines = (folder / f"{environment}.txt").read_text("utf-8").replace("\\\n", "").splitlines()
        pins = [line for line in lines if not line.startswith("#")]
        assert all("--hash=sha256:" in pin for pin in pins)
        exact = re.findall(r"^\S+==\S+$", required, re.M)
        assert {pin.split()[0] for pin in pins} >= set(exact), "run scripts/lock"
