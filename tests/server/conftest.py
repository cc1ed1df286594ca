"""A running server, and short ways to talk to it."""

from __future__ import annotations

import functools
import re
from collections import Counter
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any, Self

import httpx
import pytest
import yaml
from jsonschema_path import SchemaPath
from openapi_core import V31ResponseValidator
from openapi_core.templating.paths.exceptions import PathError
from openapi_core.testing import MockRequest, MockResponse

from chatroutes_server import LocalServer
from tests.support.upstream_server import KEY, FakeUpstream

CONTRACT = Path(__file__).parents[2] / "openapi" / "chatroutes.yaml"
# Checking takes as long as answering: a few answers of each kind are enough, and short ones.
OFTEN_ENOUGH = 3
LONGEST_CHECKED = 100_000

checked: Counter[tuple[str, str, int]] = Counter()


@functools.cache
def validator() -> V31ResponseValidator:
    document = yaml.safe_load(CONTRACT.read_text("utf-8"))
    document["servers"] = [{"url": "/api/v1"}]
    return V31ResponseValidator(SchemaPath.from_dict(document))


def assert_as_the_contract_says(response: httpx.Response) -> None:
    """Fail on an answer that the contract does not describe."""
    if response.headers["content-type"] != "application/json":
        return
    text, request = response.read(), response.request
    shape = re.sub("(br|conv|cp|msg)_[0-9a-f]+", "*", request.url.path)
    kind = (request.method, shape, response.status_code)
    if checked[kind] >= OFTEN_ENOUGH or len(text) > LONGEST_CHECKED:
        return
    checked[kind] += 1
    asked = MockRequest("", request.method.lower(), request.url.path)
    told = MockResponse(
        text, response.status_code, dict(response.headers), content_type="application/json"
    )
    errors = list(validator().iter_errors(asked, told))
    # Where there is no operation, the contract has nothing to say.
    assert not [error for error in errors if not isinstance(error, PathError)], errors


class Api:
    """The server over HTTP, by the contract's paths; `data` takes the envelope off a success."""

    def __init__(self, server: LocalServer, api_key: str | None = None) -> None:
        self.server = server
        self.http = httpx.Client(
            base_url=server.base_url,
            headers={"Authorization": f"ApiKey {api_key or server.api_key}"},
            timeout=30,
            verify=False,  # there is no TLS, and loading certificates takes longer than most tests
            event_hooks={"response": [assert_as_the_contract_says]},
        )

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *error: object) -> None:
        self.http.close()

    def data(self, method: str, path: str, **options: Any) -> Any:
        response = self.http.request(method, path, **options)
        assert response.is_success, response.text
        body = response.json()
        assert body["success"] is True
        return body.get("data")

    def refusal(self, method: str, path: str, **options: Any) -> tuple[int, str, str]:
        response = self.http.request(method, path, **options)
        body = response.json()
        assert body["success"] is False
        return response.status_code, body["error"], body["message"]

    def conversation(self, **fields: Any) -> str:
        created = self.data("POST", "/conversations", json={"title": "Talk", **fields})
        return created["conversation"]["id"]

    def send(self, conversation_id: str, content: str, **fields: Any) -> Any:
        body = {"content": content, **fields}
        return self.data("POST", f"/conversations/{conversation_id}/messages", json=body)

    def branch(
        self, conversation_id: str, title: str, after: str | None = None, **fields: Any
    ) -> Any:
        body = {"title": title, "baseNodeId": after, **fields}
        path = f"/conversations/{conversation_id}/branches"
        return self.data("POST", path, json=body)["branch"]

    def messages(self, conversation_id: str, branch_id: str | None = None) -> Any:
        params = {} if branch_id is None else {"branchId": branch_id}
        path = f"/conversations/{conversation_id}/messages"
        return self.data("GET", path, params=params)["messages"]

    def main_branch(self, conversation_id: str) -> Any:
        return self.data("GET", f"/conversations/{conversation_id}/branches")["branches"][0]


@contextmanager
def api_of(upstream: FakeUpstream, **options: Any) -> Iterator[Api]:
    """A server whose first model is that upstream, by the name of llama."""
    named = [f"llama={upstream.url}"]
    with LocalServer(upstreams=named, **options) as server, Api(server) as api:
        yield api


@pytest.fixture
def upstream() -> Iterator[FakeUpstream]:
    """A model elsewhere, which behaves as a test wants."""
    with FakeUpstream() as running:
        yield running


@pytest.fixture
def patience() -> float:
    """Seconds of silence that the server bears: more than a busy machine makes."""
    return 60


@pytest.fixture
def talk(upstream: FakeUpstream, patience: float, monkeypatch: pytest.MonkeyPatch) -> Iterator[Api]:
    """A server that has a model of `upstream`, with a key for it, and its own beside it."""
    monkeypatch.setenv("UPSTREAM_KEY", KEY)
    named = f"llama={upstream.url},model=llama3:8b,provider=ollama,key=UPSTREAM_KEY"
    named += f",timeout={patience}"
    with LocalServer(upstreams=[named]) as server, Api(server) as api:
        yield api


@pytest.fixture(scope="session")
def server() -> Iterator[LocalServer]:
    with LocalServer() as running:
        yield running


@pytest.fixture
def api(server: LocalServer) -> Iterator[Api]:
    with Api(server) as talking:
        yield talking
