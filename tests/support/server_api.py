"""Requests to a running server, and checks of its responses, without the SDK."""

from __future__ import annotations

import functools
import re
import uuid
from collections import Counter
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any, Self

import httpx
import yaml
from jsonschema_path import SchemaPath
from openapi_core import V31ResponseValidator
from openapi_core.templating.paths.exceptions import PathError
from openapi_core.testing import MockRequest, MockResponse

from chatroutes_server import LocalServer
from tests.support.contract import ALL_OPERATIONS, resolve
from tests.support.paths import CONTRACT
from tests.support.upstream_server import FakeUpstream

# Validation takes as long as the request itself, so only a few short responses of each kind are validated.
MAX_VALIDATIONS = 3
MAX_VALIDATED_LENGTH = 100_000

# Headers of HTTP itself and of CORS, which the contract does not describe one by one.
HTTP_HEADERS = {
    "access-control-allow-origin",
    "access-control-expose-headers",
    "connection",
    "content-length",
    "content-type",
    "date",
    "server",
    "transfer-encoding",
    "vary",
}
# Statuses that the contract describes one by one. `4XX` and `5XX` stand for the others.
DESCRIBED_STATUSES = {"400", "401", "404", "409", "429"}

validations: Counter[tuple[str, str, int]] = Counter()


@functools.cache
def validator() -> V31ResponseValidator:
    document = yaml.safe_load(CONTRACT.read_text("utf-8"))
    document["servers"] = [{"url": "/api/v1"}]
    return V31ResponseValidator(SchemaPath.from_dict(document))


def assert_matches_contract(response: httpx.Response) -> None:
    """Fail if the contract does not describe the response."""
    assert_is_declared(response)
    if response.headers["content-type"] != "application/json":
        return
    text, request = response.read(), response.request
    shape = re.sub("(br|conv|cp|msg)_[0-9a-f]+", "*", request.url.path)
    kind = (request.method, shape, response.status_code)
    if validations[kind] >= MAX_VALIDATIONS or len(text) > MAX_VALIDATED_LENGTH:
        return
    validations[kind] += 1
    mock_request = MockRequest("", request.method.lower(), request.url.path)
    mock_response = MockResponse(
        text, response.status_code, dict(response.headers), content_type="application/json"
    )
    errors = list(validator().iter_errors(mock_request, mock_response))
    # A path error means that the contract has no such operation, so there is no schema to validate against.
    assert not [error for error in errors if not isinstance(error, PathError)], errors


def assert_is_declared(response: httpx.Response) -> None:
    """Fail if the operation does not declare the status, or the status does not declare a header."""
    if response.is_error and b"injected by a fault" in response.read():
        return  # a fault can have any status and header
    method, path = response.request.method.lower(), response.request.url.path
    for operation in ALL_OPERATIONS:
        pattern = re.sub(r"{\w+}", "[^/]+", operation.path)
        if operation.method == method and re.fullmatch(f"/api/v1{pattern}", path):
            break
    else:
        return
    responses, status = operation.fields["responses"], str(response.status_code)
    assert status in responses or status not in DESCRIBED_STATUSES, f"{operation.id}: {status}"
    declared = resolve(responses.get(status) or responses[f"{status[0]}XX"])["headers"]
    undeclared = set(response.headers) - HTTP_HEADERS - {name.lower() for name in declared}
    assert not undeclared, f"{operation.id}: {status}: {undeclared}"


class Api:
    """A client of a running server, without the SDK: requests by path, responses as JSON.

    Every response is validated against the contract.
    """

    def __init__(self, server: LocalServer, api_key: str | None = None) -> None:
        self.server = server
        self.http = httpx.Client(
            base_url=server.base_url,
            headers={"Authorization": f"ApiKey {api_key or server.api_key}"},
            timeout=120,
            verify=False,  # the server has no TLS, and loading certificates takes longer than most tests
            event_hooks={"response": [assert_matches_contract]},
        )

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *error: object) -> None:
        self.http.close()

    def data(self, method: str, path: str, **options: Any) -> Any:
        """Send a request that must succeed, and return the envelope's `data`."""
        response = self.http.request(method, path, **options)
        assert response.is_success, response.text
        body = response.json()
        assert body["success"] is True
        return body.get("data")

    def error(self, method: str, path: str, **options: Any) -> tuple[int, str, str]:
        """Send a request that must fail, and return its status, error code and message."""
        response = self.http.request(method, path, **options)
        body = response.json()
        assert body["success"] is False
        return response.status_code, body["error"], body["message"]

    def conversation(self, **fields: Any) -> str:
        """Create a conversation, and return its id."""
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

    def pages(self, path: str, name: str, limit: int, **params: Any) -> list[Any]:
        """Return the objects of all pages of a list."""
        objects: list[Any] = []
        params["limit"] = limit
        while True:
            page = self.data("GET", path, params=params)
            objects += page[name]
            if "nextCursor" not in page:
                return objects
            assert len(page[name]) == limit
            params["cursor"] = page["nextCursor"]

    def main_branch(self, conversation_id: str) -> Any:
        return self.data("GET", f"/conversations/{conversation_id}/branches")["branches"][0]


@contextmanager
def api_with_upstream(upstream: FakeUpstream, **options: Any) -> Iterator[Api]:
    """Run a server whose first model is `llama`, served by the upstream.

    By default, streams have no comments: one would begin the response if a busy machine delays a failure.
    """
    options = {"upstreams": [f"llama={upstream.url}"], "keep_alive": 600, **options}
    with LocalServer(**options) as server, Api(server) as api:
        yield api


def new_idempotency_key() -> str:
    return uuid.uuid4().hex


def post_with_key(api: Api, path: str, body: Any, key: str) -> httpx.Response:
    """Post a body with an idempotency key."""
    return api.http.post(path, json=body, headers={"Idempotency-Key": key})


def stream_message(api: Api, conversation_id: str, content: str, **fields: Any) -> httpx.Response:
    return api.http.post(
        f"/conversations/{conversation_id}/messages/stream", json={"content": content, **fields}
    )


def post_message(
    api: Api, path: str, key: str, last_event_id: str | None = None, **fields: Any
) -> httpx.Response:
    """Post a message with an idempotency key, and with the id of the last event that was read."""
    headers = {"Idempotency-Key": key}
    if last_event_id is not None:
        headers["Last-Event-ID"] = last_event_id
    return api.http.post(path, json={"content": "hello", **fields}, headers=headers)


def assert_error_envelope(response: httpx.Response, status: int, code: str) -> Any:
    """Assert that the response is this error, and return its body."""
    assert response.status_code == status, response.text
    assert response.headers["content-type"] == "application/json"
    assert response.headers["x-request-id"].startswith("req_")
    body = response.json()
    assert body["success"] is False
    assert body["error"] == code
    assert body["message"]
    return body
