"""Suggestions for where a text could branch."""

from __future__ import annotations

import json
from collections.abc import Iterator
from typing import Any

import pytest

from chatroutes_server import LocalServer
from tests.support.server_api import Api
from tests.support.upstream_server import FakeUpstream, respond_with, stream_reply

PATH = "/autobranch/suggest-branches"
CACHE = "We could cache the answers, or we could ask the model again each time."


def suggest(api: Api, text: str, **fields: Any) -> Any:
    return api.data("POST", PATH, json={"text": text, **fields})


@pytest.mark.parametrize(
    ("text", "trigger", "confidence"),
    [
        (CACHE, "or we could", 0.85),
        ("Use Redis. Alternatively, use a file.", "Alternatively", 0.9),
        ("ANOTHER OPTION is to wait.", "ANOTHER OPTION", 0.9),
        ("It is fast. On the other hand, it is new.", "On the other hand", 0.85),
        ("Take either the train or the bus.", "either", 0.85),
        ("I would go for option 2 here.", "option 2", 0.8),
        ("What if nobody comes", "What if", 0.8),
        ("Well, it depends.", "it depends", 0.75),
        ("Should we ship it today?", "Should we ship it today?", 0.75),
        ("If it rains, stay.", "If", 0.7),
        ("It works; however, it is slow.", "however", 0.65),
        ("Where does it hurt?", "Where does it hurt?", 0.6),
        ("To do:\n1. Wash\n", "1. Wash", 0.6),
        ("First, wash.", "First,", 0.55),
        ("tea or coffee", "or", 0.5),
    ],
)
def test_each_pattern_finds_its_words(api: Api, text: str, trigger: str, confidence: float) -> None:
    data = suggest(api, text, threshold=0)

    first = data["suggestions"][0]
    assert (first["triggerText"], first["confidence"]) == (trigger, confidence)
    assert first["branchPoint"]["start"] == text.index(trigger)
    assert data["metadata"]["detectionMethod"] == "pattern"


@pytest.mark.parametrize(
    ("text", "trigger"),
    [
        (
            "I need help with billing and also have a technical question about the API.",
            "and also",
        ),
        ("Fix the login. Separately, the invoice is wrong.", "Separately"),
        ("Reset my password and separately, cancel my plan.", "separately"),
        ("Thanks! By the way, do you ship to Spain?", "By the way"),
        ("ok by the way what is the price", "by the way"),
        ("Your service is great, by the way.", "by the way"),
        ("BTW the link is dead.", "BTW"),
        ("I have another question about refunds.", "another question"),
        ("Now an unrelated question about tax.", "an unrelated question"),
        ("One more thing about the invoice.", "One more thing"),
        ("On a different note, the app crashes.", "On a different note"),
        ("Let me change the topic to tests.", "change the topic"),
        ("While we are at it, the docs are old.", "While we are at it"),
        ("The export works. We also need an invoice.", "We also need"),
        ("Send the invoice. Also, please check the logs.", "Also"),
    ],
)
def test_change_of_topic_is_suggested(api: Api, text: str, trigger: str) -> None:
    [suggestion] = suggest(api, text, threshold=0.5)["suggestions"]

    assert suggestion["triggerText"] == trigger
    start, end = suggestion["branchPoint"]["start"], suggestion["branchPoint"]["end"]
    assert text[start:end] == trigger


@pytest.mark.parametrize(
    "text",
    [
        "The parts are sold separately.",
        "The teams were trained separately, in two cities.",
        "They are jointly and separately liable.",
        "He judged her by the way she walks.",
        "She also has a dog.",
        "This is another example of a plain sentence.",
        "He changed the subject line.",
        "The server stores messages, and it serves them.",
        "I need help with billing.",
    ],
)
def test_ordinary_text_is_no_change_of_topic(api: Api, text: str) -> None:
    assert suggest(api, text, threshold=0)["suggestions"] == []


@pytest.mark.parametrize("text", ["for more oratory", "A plain statement.", "iffy", "🙂", " "])
def test_where_nothing_branches_nothing_is_suggested(api: Api, text: str) -> None:
    data = suggest(api, text, threshold=0)

    assert data == {
        "suggestions": [],
        "metadata": {
            "detectionMethod": "pattern",
            "totalBranchPointsFound": 0,
            "modelUsed": None,
        },
    }


def test_indexes_count_code_points(api: Api) -> None:
    text = "😀👩‍👩‍👧 é🇩🇪 tea or coffee 😀, alternatively 🫖"

    for each in suggest(api, text, threshold=0)["suggestions"]:
        point = each["branchPoint"]
        assert text[point["start"] : point["end"]] == each["triggerText"]


def test_the_surest_come_first_and_threshold_and_count_cut_the_rest(api: Api) -> None:
    text = "tea or coffee. If so, good. Alternatively, wait. What if not"

    everything = suggest(api, text, threshold=0, suggestionsCount=10)
    some = suggest(api, text, threshold=0.7)
    one = suggest(api, text, threshold=0, suggestionsCount=1)

    found = [(each["id"], each["triggerText"]) for each in everything["suggestions"]]
    assert found == [
        ("sug_1", "Alternatively"),
        ("sug_2", "What if"),
        ("sug_3", "If"),
        ("sug_4", "or"),
    ]
    assert [each["triggerText"] for each in some["suggestions"]] == [
        "Alternatively",
        "What if",
        "If",
    ]
    assert len(one["suggestions"]) == 1
    totals = [each["metadata"]["totalBranchPointsFound"] for each in (everything, some, one)]
    assert totals == [4, 4, 4]


def test_defaults_are_three_suggestions_of_at_least_seven_tenths(api: Api) -> None:
    many = suggest(api, "If a. If b. If c. If d. tea or coffee")
    few = suggest(api, "tea or coffee")

    assert len(many["suggestions"]) == 3
    assert many["metadata"]["totalBranchPointsFound"] == 5
    assert few["suggestions"] == []


def test_the_same_text_gets_the_same_answer(api: Api) -> None:
    assert suggest(api, CACHE) == suggest(api, CACHE)


@pytest.mark.parametrize(
    ("field", "value"),
    [
        ("text", ""),
        ("suggestionsCount", 0),
        ("suggestionsCount", 11),
        ("threshold", 1.1),
        ("hybridDetection", "yes"),
        ("llmApiKey", "two words"),
    ],
)
def test_a_wrong_field_is_named(api: Api, field: str, value: Any) -> None:
    status, code, message = api.error("POST", PATH, json={"text": "x", field: value})

    assert (status, code) == (400, "VALIDATION_ERROR")
    assert message.startswith(f"{field}: ")


def test_a_long_text_of_many_places_is_answered(api: Api) -> None:
    data = suggest(api, "either or if what " * 50_000, threshold=0)

    assert len(data["suggestions"]) == 3


def test_health_is_told(api: Api) -> None:
    data = api.data("GET", "/autobranch/health")

    assert (data["status"], data["service"]) == ("healthy", "autobranch")
    assert data["version"]


def test_without_an_upstream_hybrid_detection_is_by_patterns(api: Api) -> None:
    data = suggest(api, CACHE, hybridDetection=True, llmModel="gpt-5")

    assert data["metadata"]["detectionMethod"] == "pattern"
    assert len(data["suggestions"]) == 1


@pytest.fixture
def hybrid(upstream: FakeUpstream) -> Iterator[Api]:
    named = [f"llama={upstream.url},provider=ollama", f"other={upstream.url}"]
    with LocalServer(upstreams=named) as server, Api(server) as api:
        yield api


def test_a_model_adds_what_it_finds_in_the_text(hybrid: Api, upstream: FakeUpstream) -> None:
    text = "😀 We ship. Tea or coffee."
    named: list[Any] = [
        {"trigger": "We ship", "title": "Wait", "confidence": 0.95, "divergence": "high"},
        {"trigger": "not in the text", "confidence": 1},
        {"trigger": "Tea or coffee", "confidence": 7},
        {"trigger": "Tea", "title": "\ud800", "reasoning": 5, "divergence": "far"},
        "nonsense",
    ]
    upstream.behaviour = stream_reply("Here: ", json.dumps(named), " Enjoy!")

    data = suggest(hybrid, text, hybridDetection=True, threshold=0, llmApiKey="my-key")

    assert data["metadata"] == {
        "detectionMethod": "hybrid",
        "totalBranchPointsFound": 3,
        "modelUsed": "llama",
    }
    first, second, third = data["suggestions"]
    assert (first["triggerText"], first["title"]) == ("We ship", "Wait")
    assert first["branchPoint"] == {"start": 2, "end": 9}
    assert first["estimatedDivergence"] == "high"
    assert (second["triggerText"], second["confidence"], second["title"]) == ("Tea", 0.7, "?")
    assert third["triggerText"] == "or"
    assert upstream.requests[0].headers["Authorization"] == "Bearer my-key"


@pytest.mark.parametrize("answer", ["", "I cannot do that.", "[not json]", "[5]", "[" * 9999 + "]"])
def test_what_a_model_answers_wrongly_is_left_out(
    hybrid: Api, upstream: FakeUpstream, answer: str
) -> None:
    upstream.behaviour = stream_reply(answer)

    data = suggest(hybrid, CACHE, hybridDetection=True, llmModel="other")

    assert [each["triggerText"] for each in data["suggestions"]] == ["or we could"]
    assert data["metadata"]["modelUsed"] == "other"


def test_a_model_that_is_not_asked_for_is_not_asked(hybrid: Api, upstream: FakeUpstream) -> None:
    assert suggest(hybrid, CACHE)["metadata"]["detectionMethod"] == "pattern"
    assert upstream.requests == []


@pytest.mark.parametrize(
    ("fields", "field"),
    [
        ({"llmModel": "gpt-9"}, "llmModel"),
        ({"llmModel": "other", "llmProvider": "ollama"}, "llmProvider"),
        ({"llmApiKey": "two\nlines"}, "llmApiKey"),
        ({"llmApiKey": "schlüssel"}, "llmApiKey"),
    ],
)
def test_a_field_that_cannot_be_is_named(hybrid: Api, fields: Any, field: str) -> None:
    body = {"text": "x", "hybridDetection": True, **fields}

    status, _, message = hybrid.error("POST", PATH, json=body)

    assert status == 400
    assert message.startswith(f"{field}: ")


def test_a_model_that_fails_is_a_502(hybrid: Api, upstream: FakeUpstream) -> None:
    upstream.behaviour = respond_with(500, {})

    assert hybrid.error("POST", PATH, json={"text": "x", "hybridDetection": True})[0] == 502


def test_a_repeated_key_asks_the_model_once(hybrid: Api, upstream: FakeUpstream) -> None:
    upstream.behaviour = stream_reply("[]")
    headers = {"Idempotency-Key": "once"}
    body = {"text": CACHE, "hybridDetection": True}

    answers = [hybrid.data("POST", PATH, json=body, headers=headers) for _ in range(2)]

    assert answers[0] == answers[1]
    assert len(upstream.requests) == 1
