"""Suggestions of branches, from patterns and from an upstream model."""

from __future__ import annotations

import json
from collections.abc import Iterator
from typing import Any

import pytest

from chatroutes_server import LocalServer
from tests.support.server_api import Api
from tests.support.upstream_server import FakeUpstream, respond_with, stream_reply

PATH = "/autobranch/suggest-branches"
CACHE_TEXT = "We could cache the replies, or we could call the model each time."


def suggest(api: Api, text: str, **fields: Any) -> Any:
    return api.data("POST", PATH, json={"text": text, **fields})


@pytest.mark.parametrize(
    ("text", "trigger", "confidence"),
    [
        (CACHE_TEXT, "or we could", 0.85),
        ("Use Redis. Alternatively, use a file.", "Alternatively", 0.9),
        ("ANOTHER OPTION is to wait.", "ANOTHER OPTION", 0.9),
        ("It is fast. On the other hand, it is new.", "On the other hand", 0.85),
        ("Take either the train or the bus.", "either", 0.85),
        ("I would go for option 2 here.", "option 2", 0.8),
        ("What if it rains", "What if", 0.8),
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
def test_each_pattern_matches(api: Api, text: str, trigger: str, confidence: float) -> None:
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
def test_ordinary_text_is_not_a_change_of_topic(api: Api, text: str) -> None:
    assert suggest(api, text, threshold=0)["suggestions"] == []


@pytest.mark.parametrize("text", ["for more oratory", "A plain statement.", "iffy", "🙂", " "])
def test_text_without_branch_points_gets_no_suggestions(api: Api, text: str) -> None:
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


def test_suggestions_are_sorted_by_confidence_and_limited(api: Api) -> None:
    text = "tea or coffee. If so, good. Alternatively, wait. What if not"

    all_suggestions = suggest(api, text, threshold=0, suggestionsCount=10)
    above_threshold = suggest(api, text, threshold=0.7)
    single = suggest(api, text, threshold=0, suggestionsCount=1)

    id_and_trigger = [(each["id"], each["triggerText"]) for each in all_suggestions["suggestions"]]
    assert id_and_trigger == [
        ("sug_1", "Alternatively"),
        ("sug_2", "What if"),
        ("sug_3", "If"),
        ("sug_4", "or"),
    ]
    assert [each["triggerText"] for each in above_threshold["suggestions"]] == [
        "Alternatively",
        "What if",
        "If",
    ]
    assert len(single["suggestions"]) == 1
    totals_found = [
        each["metadata"]["totalBranchPointsFound"]
        for each in (all_suggestions, above_threshold, single)
    ]
    assert totals_found == [4, 4, 4]


def test_defaults_are_three_suggestions_and_a_threshold_of_0_7(api: Api) -> None:
    many = suggest(api, "If a. If b. If c. If d. tea or coffee")
    few = suggest(api, "tea or coffee")

    assert len(many["suggestions"]) == 3
    assert many["metadata"]["totalBranchPointsFound"] == 5
    assert few["suggestions"] == []


def test_same_text_gets_the_same_suggestions(api: Api) -> None:
    assert suggest(api, CACHE_TEXT) == suggest(api, CACHE_TEXT)


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
def test_error_names_the_invalid_field(api: Api, field: str, value: Any) -> None:
    status, code, message = api.error("POST", PATH, json={"text": "x", field: value})

    assert (status, code) == (400, "VALIDATION_ERROR")
    assert message.startswith(f"{field}: ")


def test_long_text_with_many_branch_points(api: Api) -> None:
    data = suggest(api, "either or if what " * 50_000, threshold=0)

    assert len(data["suggestions"]) == 3


def test_health(api: Api) -> None:
    data = api.data("GET", "/autobranch/health")

    assert (data["status"], data["service"]) == ("healthy", "autobranch")
    assert data["version"]


def test_hybrid_detection_without_an_upstream_uses_patterns(api: Api) -> None:
    data = suggest(api, CACHE_TEXT, hybridDetection=True, llmModel="gpt-5")

    assert data["metadata"]["detectionMethod"] == "pattern"
    assert len(data["suggestions"]) == 1


@pytest.fixture
def upstreams_api(upstream: FakeUpstream) -> Iterator[Api]:
    upstreams = [f"llama={upstream.url},provider=ollama", f"other={upstream.url}"]
    with LocalServer(upstreams=upstreams) as server, Api(server) as api:
        yield api


def test_hybrid_detection_adds_valid_branch_points_of_the_model(
    upstreams_api: Api, upstream: FakeUpstream
) -> None:
    text = "😀 We ship. Tea or coffee."
    branch_points: list[Any] = [
        {"trigger": "We ship", "title": "Wait", "confidence": 0.95, "divergence": "high"},
        {"trigger": "not in the text", "confidence": 1},
        {"trigger": "Tea or coffee", "confidence": 7},
        {"trigger": "Tea", "title": "\ud800", "reasoning": 5, "divergence": "far"},
        "nonsense",
    ]
    upstream.behaviour = stream_reply("Here: ", json.dumps(branch_points), " Enjoy!")

    data = suggest(upstreams_api, text, hybridDetection=True, threshold=0, llmApiKey="my-key")

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


@pytest.mark.parametrize(
    "reply",
    [
        "",
        "I cannot do that.",
        "[not json]",
        "[5]",
        "] [",
        '{"a": 1}]',
        "[" * 9999 + "]",
        pytest.param("[" * 500_000, id="a text that a regular expression takes minutes for"),
        pytest.param(json.dumps([{"trigger": "or"}]) + " " * 100_000, id="too long"),
    ],
)
def test_invalid_replies_of_the_model_are_ignored(
    upstreams_api: Api, upstream: FakeUpstream, reply: str
) -> None:
    upstream.behaviour = stream_reply(reply)

    data = suggest(upstreams_api, CACHE_TEXT, hybridDetection=True, llmModel="other")

    assert [each["triggerText"] for each in data["suggestions"]] == ["or we could"]
    assert data["metadata"]["modelUsed"] == "other"


def test_branch_points_of_the_model_are_limited(upstreams_api: Api, upstream: FakeUpstream) -> None:
    words = [f"w{number}." for number in range(200)]
    upstream.behaviour = stream_reply(json.dumps([{"trigger": word} for word in words]))

    data = suggest(upstreams_api, " ".join(words), hybridDetection=True)

    assert data["metadata"]["totalBranchPointsFound"] == 100


def test_model_is_not_called_without_hybrid_detection(
    upstreams_api: Api, upstream: FakeUpstream
) -> None:
    assert suggest(upstreams_api, CACHE_TEXT)["metadata"]["detectionMethod"] == "pattern"
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
def test_error_names_the_invalid_field_of_the_model(
    upstreams_api: Api, fields: Any, field: str
) -> None:
    body = {"text": "x", "hybridDetection": True, **fields}

    status, _, message = upstreams_api.error("POST", PATH, json=body)

    assert status == 400
    assert message.startswith(f"{field}: ")


def test_failing_model_is_a_502(upstreams_api: Api, upstream: FakeUpstream) -> None:
    upstream.behaviour = respond_with(500, {})

    assert upstreams_api.error("POST", PATH, json={"text": "x", "hybridDetection": True})[0] == 502


def test_repeated_idempotency_key_calls_the_model_once(
    upstreams_api: Api, upstream: FakeUpstream
) -> None:
    upstream.behaviour = stream_reply("[]")
    headers = {"Idempotency-Key": "key"}
    body = {"text": CACHE_TEXT, "hybridDetection": True}

    results = [upstreams_api.data("POST", PATH, json=body, headers=headers) for _ in range(2)]

    assert results[0] == results[1]
    assert len(upstream.requests) == 1
