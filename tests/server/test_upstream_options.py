"""Upstream options: URLs, names, and which models the API accepts."""

from __future__ import annotations

from typing import Any

import pytest

from chatroutes_server import LocalServer, StartupError, Upstream
from tests.support.server_api import Api, api_with_upstream
from tests.support.upstream_server import FakeUpstream


@pytest.mark.parametrize(
    ("path", "requested_path"),
    [
        ("", "/chat/completions"),
        ("/v1/", "/v1/chat/completions"),
        ("/v1/chat/completions", "/v1/chat/completions"),
        ("/deployed?api-version=2024", "/deployed/chat/completions?api-version=2024"),
    ],
)
def test_completions_path_is_added_to_the_base_url(
    upstream: FakeUpstream, path: str, requested_path: str
) -> None:
    upstream_option = "llama=" + upstream.url.removesuffix("/v1") + path
    with LocalServer(upstreams=[upstream_option]) as server, Api(server) as api:
        api.send(api.conversation(), "hello")

    assert upstream.requests[0].path == requested_path


def test_models_lists_upstreams_and_the_builtin_model(upstream_api: Api) -> None:
    assert upstream_api.data("GET", "/models")["models"] == [
        {"id": "llama", "provider": "ollama", "isDefault": True},
        {"id": "builtin", "provider": "local", "isDefault": False},
    ]


def test_strict_models_reject_other_names(upstream: FakeUpstream) -> None:
    with api_with_upstream(upstream, strict_models=True) as api:
        conversation_id = api.conversation()
        path = f"/conversations/{conversation_id}"
        errors: list[Any] = [
            api.error("POST", "/conversations", json={"title": "x", "model": "gpt-4"}),
            api.error("PATCH", path, json={"model": "gpt-4"}),
            api.error("POST", f"{path}/messages", json={"content": "x", "model": "gpt-4"}),
            api.error("POST", f"{path}/messages/stream", json={"content": "x", "model": "gpt-4"}),
        ]

        assert {each[:2] for each in errors} == {(400, "VALIDATION_ERROR")}
        assert {each[2] for each in errors} == {
            "model: model gpt-4 does not exist; this server has llama, builtin"
        }
        assert api.messages(conversation_id) == []
        assert api.send(conversation_id, "x")["model"] == "llama"
        assert "built-in" in api.send(conversation_id, "x", model="builtin")["message"]["content"]


@pytest.mark.parametrize(
    ("text", "message"),
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
        ("llama=http://x,key=NOT_SET", "NOT_SET"),
    ],
)
def test_invalid_upstream_raises(text: str, message: str) -> None:
    with pytest.raises(StartupError, match=message):
        Upstream.parse(text)


def test_two_upstreams_with_one_name_raise() -> None:
    with pytest.raises(StartupError, match="two upstreams have the name a"):
        LocalServer(upstreams=["a=http://x", Upstream("a", "http://y")]).__enter__()
