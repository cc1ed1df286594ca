"""The benchmarks: their workers, their server, their rounds and their descriptions."""

from __future__ import annotations

import json
import os
import re
from collections.abc import Iterator
from importlib import import_module
from importlib.util import find_spec
from typing import Any

import pytest

if find_spec("pyperf") is None or os.name == "nt":
    pytest.skip("the benchmarks need the extra `dev` and a POSIX system", allow_module_level=True)

import pyperf

from benchmarks.decoder import order_of_growth, time_per_byte
from benchmarks.metrics import METRICS
from benchmarks.payloads import (
    json_documents,
    json_response,
    stream_response,
    words,
)
from benchmarks.peers import PEERS, SDK, Peer
from benchmarks.sampling import ROOT, Results, run_worker, sample, sample_profile, serving, spread
from benchmarks.server import end_of_request
from benchmarks.stream_reader import IncompleteError, StreamReader
from benchmarks.targets import READINGS, TARGETS, ratios
from benchmarks.workloads import Context
from benchmarks.workloads import requests as request_workload
from tests.support.benchmark_results import dump_suite

pytestmark = pytest.mark.check

CLIENTS = ("chatroutes", "chatroutes fast", "httpx", "http.client", "socket", "json.loads")
APIS = ("chatroutes", "openai", "anthropic", "langgraph")


@pytest.fixture(scope="module")
def origin() -> Iterator[str]:
    """The origin of the benchmark server, which runs in a process of its own."""
    with serving() as address:
        yield address


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


# Rounds and statistics.


def test_each_round_measures_every_row_and_begins_with_another() -> None:
    measured: list[str] = []

    def measure(row: str, *_: str) -> str:
        measured.append(row)
        return dump_suite(f"stream-ids/{row}", wall=float(len(measured)), cpu=1.0)

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
        return dump_suite(f"concurrent-1000/{row}", cpu=1.0)

    sample(Results(), "concurrent-1000", measure)
    counts = {row: measured.count(row) for row in METRICS["concurrent-1000"].rows}
    assert counts["openai"] == 1
    assert counts[SDK] == METRICS["concurrent-1000"].rounds


def test_client_that_fails_is_not_measured_again() -> None:
    measured: list[str] = []

    def measure(row: str, *_: str) -> str:
        measured.append(row)
        return '{"failure": "no connection"}' if row == SDK else dump_suite(f"big/{row}", wall=1.0)

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
    copied = {"before"}  # from the environment `plain`
    for environment in {peer.environment for peer in PEERS.values()} - copied:
        required = (folder / f"{environment}.in").read_text("utf-8")
        lines = (folder / f"{environment}.txt").read_text("utf-8").replace("\\\n", "").splitlines()
        pins = [line for line in lines if not line.startswith("#")]
        assert all("--hash=sha256:" in pin for pin in pins)
        exact = re.findall(r"^\S+==\S+$", required, re.M)
        assert {pin.split()[0] for pin in pins} >= set(exact), "run scripts/lock"
