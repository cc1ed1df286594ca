"""Model names: the published ones, those that are not known, and strict models."""

from __future__ import annotations

from typing import Any

import pytest

from chatroutes_server import LocalServer
from chatroutes_server.llm.registry import PUBLISHED_MODELS
from tests.support.server_api import Api, stream_message
from tests.support.server_events import parse_events


def test_models_lists_the_published_names_and_the_builtin_model(api: Api) -> None:
    models = api.data("GET", "/models")["models"]

    assert [each["id"] for each in models] == [*PUBLISHED_MODELS, "builtin"]
    assert {each["provider"] for each in models} == {"local"}
    assert [each["id"] for each in models if each["isDefault"]] == ["gpt-5"]


@pytest.mark.parametrize("name", [*PUBLISHED_MODELS, "builtin"])
def test_known_name_causes_no_warning(api: Api, name: str) -> None:
    sent = api.send(api.conversation(), "hello", model=name)

    assert "warning" not in sent["message"]["metadata"]


@pytest.mark.parametrize(
    ("name", "hint"),
    [
        ("gpt-55", "did you mean gpt-5?"),
        ("GPT-5", "did you mean gpt-5?"),
        ("claude-opus-4.1", "did you mean claude-opus-4-1?"),
        ("claude_sonnet_4_5", "did you mean claude-sonnet-4-5?"),
        ("mistral", "GET /models lists the known models"),
    ],
)
def test_unknown_name_causes_a_warning_in_the_metadata(api: Api, name: str, hint: str) -> None:
    conversation_id = api.conversation(model=name)

    sent = api.send(conversation_id, "hello")
    streamed = parse_events(stream_message(api, conversation_id, "hello").text)[-2][1]

    for message in (sent["message"], streamed["message"]):
        assert message["metadata"]["warning"] == f"unknown model {name}; {hint}"
    assert api.messages(conversation_id)[1] == sent["message"]


def test_upstreams_replace_the_published_names(upstream_api: Api) -> None:
    warnings = [
        upstream_api.send(upstream_api.conversation(), "hello", model=name)["message"][
            "metadata"
        ].get("warning")
        for name in ("llama", "llamma", "gpt-5")
    ]

    assert warnings == [
        None,
        "unknown model llamma; did you mean llama?",
        "unknown model gpt-5; GET /models lists the known models",
    ]


def test_strict_models_reject_an_unknown_name_and_suggest_the_nearest() -> None:
    with LocalServer(strict_models=True) as server, Api(server) as api:
        conversation_id = api.conversation()
        body: Any = {"content": "x", "model": "claude-opus4"}
        error = api.error("POST", f"/conversations/{conversation_id}/messages", json=body)

        assert error[:2] == (400, "VALIDATION_ERROR")
        assert (
            "model claude-opus4 does not exist; did you mean claude-opus-4? this server" in error[2]
        )
        assert api.messages(conversation_id) == []
        assert api.send(conversation_id, "x", model="gpt-4")["model"] == "gpt-4"
