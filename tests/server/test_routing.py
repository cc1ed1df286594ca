"""Routing: 404 for unknown paths, and 405 for unknown methods."""

from __future__ import annotations

import httpx
import pytest

from tests.support.server_api import Api, assert_error_envelope


@pytest.mark.parametrize(
    "path",
    [
        "/nothing",
        "/conversations/",
        "/conversations/x/y/z",
        "/messages",
        "/conversations/a%2Fb",
        "/conversations/%00",
        "/conversations/..%2F..",
        "/conversations/%ff",
        "/conversations/" + "x" * 255,
    ],
)
def test_unknown_path_is_404(api: Api, path: str) -> None:
    assert_error_envelope(api.http.get(path), 404, "NOT_FOUND")


def test_id_that_is_too_long_is_400(api: Api) -> None:
    error = assert_error_envelope(
        api.http.get("/conversations/" + "x" * 5000), 400, "VALIDATION_ERROR"
    )

    assert [each["field"] for each in error["details"]] == ["conversationId"]


def test_path_outside_the_api_is_404(api: Api) -> None:
    root = api.server.base_url.removesuffix("/api/v1")

    assert_error_envelope(httpx.get(root + "/other"), 404, "NOT_FOUND")


@pytest.mark.parametrize("method", ["PUT", "TRACE", "OPTIONS", "QUERY", "DELETE"])
def test_wrong_method_is_405_with_the_allowed_methods(api: Api, method: str) -> None:
    response = api.http.request(method, "/conversations")

    assert_error_envelope(response, 405, "METHOD_NOT_ALLOWED")
    assert response.headers["allow"] == "GET, POST"


def test_head_request_is_405_without_a_body(api: Api) -> None:
    response = api.http.head("/conversations")

    assert response.status_code == 405
    assert response.content == b""
