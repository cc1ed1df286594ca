"""The benchmarks: each client is given the whole answer, or its time does not count; and what the page says."""

from __future__ import annotations

import asyncio
import json
import os
from collections.abc import Callable, Iterator
from typing import Any

import pytest

from benchmarks.__main__ import FIGURES, RESULTS
from benchmarks.concurrency import together_async
from benchmarks.payloads import Plan, api_of, stream, text_of
from benchmarks.peers import bare_httpx, bare_socket, chatroutes_sdk, json_floor, standard_library
from benchmarks.peers.catalogue import FIELD, HTTPX, OPENAI, PUBLISHED, SDK
from benchmarks.processes import ROOT, FailedError, Workers, module_folder, serving
from benchmarks.report import page
from benchmarks.sampling import Spread, interleaved, ratios, spread
from benchmarks.server import end_of_request
from benchmarks.targets import TARGETS, missed, order_of_growth
from benchmarks.workloads import (
    IncompleteError,
    calls,
    check_big,
    check_small,
    check_stream,
    first_event,
    stream_async,
)
from benchmarks.workloads import stream as read_stream

pytestmark = pytest.mark.skipif(os.name == "nt", reason="the benchmarks need a POSIX system")

CLIENTS = {
    "chatroutes": chatroutes_sdk,
    "httpx": bare_httpx,
    "http.client": standard_library,
    "socket": bare_socket,
    "json.loads": json_floor,
}
LAYOUTS = ("each-300", "many-300", "ids-300")


@pytest.fixture(scope="module")
def origin() -> Iterator[str]:
    """The address of the benchmarks' server, which runs in a process of its own."""
    with module_folder() as folder, serving(folder) as address:
        yield address


@pytest.fixture(params=CLIENTS)
def connect(request: pytest.FixtureRequest, origin: str) -> Iterator[Callable[[str], Any]]:
    """Makes synchronous clients of the server, by plan."""
    made: list[Any] = []

    def make(plan: str) -> Any:
        made.append(CLIENTS[request.param].Sync(f"{origin}/{plan}"))
        return made[-1]

    yield make
    for client in made:
        client.close()


# What is timed.


def test_each_client_gets_the_whole_of_a_small_and_of_a_long_answer(
    connect: Callable[[str], Any],
) -> None:
    check_small(connect("small"))
    check_big(connect("big"))
    assert calls(connect("small"), "small", 2)["wall"] > 0
    assert calls(connect("big"), "big", 2)["wall"] > 0


@pytest.mark.parametrize("layout", ["each-300", "many-300"])
def test_each_client_gets_every_event_of_a_stream(
    connect: Callable[[str], Any], layout: str
) -> None:
    client = connect(layout)
    for _ in range(2):  # on the same connection
        assert read_stream(client, Plan.parse(layout))["wall"] > 0


def test_the_first_event_is_waited_for_once_a_stream(origin: str) -> None:
    client = chatroutes_sdk.Sync(f"{origin}/each-10")
    assert first_event(client, Plan("each", 10), 3)["wall"] > 0
    client.close()


@pytest.mark.parametrize("module", [chatroutes_sdk, bare_httpx])
def test_each_asynchronous_client_gets_every_event_of_one_stream_and_of_many_at_once(
    module: Any, origin: str
) -> None:
    loop = asyncio.new_event_loop()
    for layout in ("each-300", "many-300"):
        one = module.Async(f"{origin}/{layout}")
        assert stream_async(one, Plan.parse(layout), loop)["wall"] > 0
        loop.run_until_complete(one.close())
    many = module.Async(f"{origin}/held-20")
    assert together_async(many, origin, 5, 20, loop)["cpu"] > 0
    loop.run_until_complete(many.close())
    loop.close()


@pytest.mark.parametrize(
    "taken",
    [
        ["word 00000 "],
        ["word 00000 ", "word 00001 ", "word 00001 "],
        ["word 00001 ", "word 00000 "],
        [text_of(2)],
    ],
    ids=["one is missing", "one is twice", "in another order", "two in one"],
)
def test_a_stream_that_is_not_whole_has_no_time(taken: list[str]) -> None:
    with pytest.raises(IncompleteError):
        check_stream(taken, 2, object())


class Forgetful:
    """A client that loses the last message of a long answer, and takes one thing for another."""

    def big(self) -> list[str]:
        return [f"{number:05}" for number in range(999)]

    def small(self) -> str:
        return "conv_of_another"


def test_an_answer_that_is_not_whole_has_no_time() -> None:
    with pytest.raises(IncompleteError, match="gave 999"):
        check_big(Forgetful())
    with pytest.raises(IncompleteError):
        check_small(Forgetful())


def test_a_worker_says_what_failed_and_goes_on(origin: str) -> None:
    with module_folder() as folder:
        workers = Workers(folder, origin)
        with pytest.raises(FailedError, match="ValueError"):
            workers.ask(SDK, "stream", plan="each-x")
        assert workers.ask(SDK, "calls", plan="small", repeat=1)["wall"] > 0
        rows = workers.ask(SDK, "profile", profiling="calls", plan="small", repeat=3)["rows"]
        workers.stop()
    assert rows
    assert not any(str(ROOT) in row["what"] for row in rows)


# The server.


@pytest.mark.parametrize("layout", LAYOUTS)
@pytest.mark.parametrize("api", ["chatroutes", "openai", "anthropic", "langgraph"])
def test_every_api_has_streams_of_as_many_texts(api: str, layout: str) -> None:
    first, rest = stream(Plan.parse(layout), api)
    body, chunks = b"", (first + rest).partition(b"\r\n\r\n")[2]
    while chunks:
        size, _, chunks = chunks.partition(b"\r\n")
        body += chunks[: int(size, 16)]
        chunks = chunks[int(size, 16) + 2 :]
    events = [event for event in body.decode().split("\n\n") if "word " in event]
    assert len(events) == 300
    assert all(word in event for word, event in zip(_words(), events, strict=True))


def _words() -> list[str]:
    return [f"word {number:05} " for number in range(300)]


def test_a_path_tells_whose_api_it_is() -> None:
    assert api_of("/small/api/v1/conversations/c/messages/stream") == "chatroutes"
    assert api_of("/each-5/openai/v1/chat/completions") == "openai"
    assert api_of("/each-5/anthropic/v1/messages") == "anthropic"
    assert api_of("/each-5/threads/t/runs/stream") == "langgraph"
    with pytest.raises(ValueError, match="/nowhere"):
        api_of("/small/nowhere")


@pytest.mark.parametrize(
    ("received", "end"),
    [
        (b"GET /small HTTP/1.1\r\nHost: x\r\n", 0),
        (b"GET /small HTTP/1.1\r\n\r\n", 23),
        (b"POST /a HTTP/1.1\r\ncontent-length: 3\r\n\r\n{}", 0),
        (b"POST /a HTTP/1.1\r\ncontent-length: 3\r\n\r\n{ }GET", 42),
        (b"POST /a HTTP/1.1\r\nTransfer-Encoding: chunked\r\n\r\n2\r\n{}\r\n", 0),
        (b"POST /a HTTP/1.1\r\nTransfer-Encoding: chunked\r\n\r\n2\r\n{}\r\n0\r\n\r\n", 60),
    ],
)
def test_a_request_ends_where_its_length_says(received: bytes, end: int) -> None:
    assert end_of_request(received) == end


# Rounds and ratios.


def test_each_round_asks_everyone_and_begins_with_another() -> None:
    asked: list[str] = []

    def once(name: str) -> dict[str, float]:
        asked.append(name)
        return {"wall": float(len(asked))}

    measured = interleaved(["a", "b"], 2, once)
    assert [sorted(asked[at : at + 2]) for at in (0, 2, 4)] == [["a", "b"]] * 3
    assert asked[2] != asked[4]
    assert len(measured["a"]["wall"]) == 2, "what warms up is not counted"


def test_who_fails_is_not_asked_again_and_what_it_said_is_kept() -> None:
    asked: list[str] = []

    def once(name: str) -> dict[str, float]:
        asked.append(name)
        if name == "b":
            raise FailedError("no more connections")
        return {"wall": 1.0}

    measured = interleaved(["a", "b"], 3, once)
    assert measured == {"a": {"wall": [1.0, 1.0, 1.0]}, "b": {"failed": "no more connections"}}
    assert asked.count("b") == 1


def test_a_ratio_is_taken_within_each_round() -> None:
    assert ratios([1, 20, 3], [2, 40, 6]) == Spread(0.5, 0.5, 0.5)
    assert spread([1, 2, 3, 4, 5]) == Spread(3, 2, 4)


def test_the_order_of_growth_is_that_of_the_last_two_digits() -> None:
    assert order_of_growth({"1000": 50, "10000": 3, "100000": 3, "1000000": 3}) == 1
    assert order_of_growth({"1000": 1, "10000": 10, "100000": 100, "1000000": 1000}) == 2


# The page.


def told(**walls: float) -> dict[str, Any]:
    """A run that measured nothing but small calls."""
    small = {name: {"wall": [wall, wall], "cpu": [wall, wall]} for name, wall in walls.items()}
    return {
        "quick": False,
        "machine": {"python": "CPython 3", "system": "Linux", "cores": "2", "processor": "slow"},
        "versions": {"chatroutes": {"httpx": "0.28.1"}},
        "measures": {"small": small},
        "profiles": {
            f"small, {SDK} against {HTTPX}": [{"what": "http.py:1 send", "calls": 7, "own": 0.5}]
        },
    }


def run_of(sdk: float) -> dict[str, Any]:
    return told(**{SDK: sdk, HTTPX: 400e-6, PUBLISHED: 1000e-6, OPENAI: 2000e-6})


def test_a_target_that_is_met_is_said_to_be() -> None:
    text = page(run_of(300e-6))
    assert "| small call | ≤ 1 × httpx | 0.75 × | met |" in text
    assert "not met" not in text
    assert "http.py" not in text


def test_a_target_that_is_missed_is_said_to_be_with_its_profile() -> None:
    text = page(run_of(500e-6))
    assert "| small call | ≤ 1 × httpx | 1.25 × | **not met** |" in text
    assert "| small call | ≤ 0.75 × chatroutes 0.1.0 | 0.50 × | met |" in text
    assert f"1 of {len(TARGETS)} are not met" in text
    assert "| 50.0% | 7 | `http.py:1 send` |" in text


def test_what_httpx_costs_by_itself_stands_above_a_profile() -> None:
    run = run_of(1900e-6)
    run["profiles"][f"small, {SDK} against {OPENAI}"] = [{"what": "a", "calls": 1, "own": 0.1}]
    text = page(run)
    assert "### small call: ≤ 0.45 × openai\n\nhttpx by itself: 0.20 ×\n\n| own time" in text
    assert "### small call: ≤ 1 × httpx\n\n| own time" in text


def test_what_was_not_measured_is_not_said_to_be_met() -> None:
    text = page(run_of(300e-6))
    assert "| 1,000 streams at once, async | all complete |  | not measured |" in text


def test_a_table_has_each_client_with_its_ratio_to_this_sdk_or_why_it_has_none() -> None:
    run = run_of(500e-6)
    run["measures"]["small"][OPENAI] = {"failed": "PoolTimeout: too few"}
    text = page(run)
    assert "| httpx | 400 | 400 | 0.80 |" in text
    assert "- openai could not do it: `PoolTimeout: too few`" in text


def test_streams_that_did_not_complete_miss_their_target() -> None:
    run = run_of(300e-6)
    run["measures"]["together-1000"] = {SDK: {"failed": "TimeoutError: 7 are open"}}
    assert [target.must_be for target in missed(run)] == ["all complete"]


def test_every_target_names_a_client_that_takes_part() -> None:
    assert {target.client for target in TARGETS} <= set(FIELD)


def test_the_page_is_what_its_figures_say() -> None:
    figures = json.loads(FIGURES.read_text("utf-8"))
    assert RESULTS.read_text("utf-8") == page(figures), "scripts/bench --render writes it"
