"""Models elsewhere as they are named on the command line and in the API: URLs, options and names."""

from __future__ import annotations

from typing import Any

import pytest

from chatroutes_server import LocalServer, StartupError, Upstream
from tests.support.server_api import Api, api_with_upstream
from tests.support.upstream_server import FakeUpstream


@pytest.mark.parametrize(
    ("path", "asked"),
    [
        ("", "/chat/completions"),
        ("/v1/", "/v1/chat/completions"),
        ("/v1/chat/completions", "/v1/chat/completions"),
        ("/deployed?api-version=2024", "/deployed/chat/completions?api-version=2024"),
    ],
)
def test_the_base_of_a_url_is_enough(upstream: FakeUpstream, path: str, asked: str) -> None:
    named = "llama=" + upstream.url.removesuffix("/v1") + path
    with LocalServer(upstreams=[named]) as server, Api(server) as api:
        api.send(api.conversation(), "hello")

    assert upstream.requests[0].path == asked


def test_the_listing_names_what_is_served(upstream_api: Api, api: Api) -> None:
    assert upstream_api.data("GET", "/models")["models"] == [
        {"id": "llama", "provider": "ollama", "isDefault": True},
        {"id": "builtin", "provider": "local", "isDefault": False},
    ]
    assert api.data("GET", "/models")["models"] == [
        {"id": "builtin", "provider": "local", "isDefault": True}
    ]


def test_strict_models_refuse_other_names_by_their_field(upstream: FakeUpstream) -> None:
    with api_with_upstream(upstream, strict_models=True) as api:
        conversation_id = api.conversation()
        path = f"/conversations/{conversation_id}"
        refused: list[Any] = [
            api.error("POST", "/conversations", json={"title": "x", "model": "gpt-4"}),
            api.error("PATCH", path, json={"model": "gpt-4"}),
            api.error("POST", f"{path}/messages", json={"content": "x", "model": "gpt-4"}),
            api.error("POST", f"{path}/messages/stream", json={"content": "x", "model": "gpt-4"}),
        ]

        assert {each[:2] for each in refused} == {(400, "VALIDATION_ERROR")}
        assert {each[2] for each in refused} == {
            "model: model gpt-4 does not exist; this server has llama, builtin"
        }
        assert api.messages(conversation_id) == []
        assert api.send(conversation_id, "x")["model"] == "llama"
        assert "built-in" in api.send(conversation_id, "x", model="builtin")["message"]["content"]


@pytest.mark.parametrize(
    ("text", "words"),
    [
        ("llama", "invalid URL"),
        ("=http://x", "needs a name"),
        ("llama=ftp://x", "invalid URL"),
        ("llama=http://", "invalid URL"),
        ("llama=http://[::", "invalid URL"),
        ("llama=http://x:99999", "invalid URL"),
        ("llama=http://x:port", "invalid URL"),
        ("llama=http://x y", "invalid URL"),
        ("llama=http://x\n", "invalid URL"),
        ("llama=http://x,colour=red", "unknown option colour"),
        ("llama=http://x,timeout=soon", "timeout"),
        ("llama=http://x,timeout=0", "timeout"),
        ("llama=http://x,key=NOT_THERE", "NOT_THERE"),
    ],
)
def test_an_upstream_that_cannot_be_is_one_sentence(text: str, words: str) -> None:
    with pytest.raises(StartupError, match=words):
        Upstream.parse(text)


def test_two_upstreams_of_one_name_are_refused() -> None:
    with pytest.raises(StartupError, match="two upstreams have the name a"):
        LocalServer(upstreams=["a=http://x", Upstream("a", "http://y")]).__enter__()
