"""Authentication: the headers that carry an API key, and 401 responses."""

from __future__ import annotations

import httpx
import pytest

from tests.support.server_api import Api, assert_error_envelope


@pytest.mark.parametrize(
    ("name", "value"),
    [
        ("Authorization", "ApiKey {}"),
        ("Authorization", "apikey {}"),
        ("X-API-Key", "{}"),
    ],
)
def test_api_key_is_accepted_in_each_header(api: Api, name: str, value: str) -> None:
    headers = {name: value.format(api.server.api_key)}

    response = httpx.get(f"{api.server.base_url}/conversations", headers=headers, verify=False)

    assert response.status_code == 200
    assert response.headers["x-request-id"].startswith("req_")


@pytest.mark.parametrize(
    "headers",
    [
        {},
        {"Authorization": "ApiKey wrong"},
        {"Authorization": "ApiKey"},
        {"Authorization": ""},
        {"Authorization": "Basic {}"},
        {"Authorization": "{}"},
        {"Authorization": "Bearer {}"},
        {"Authorization": "Bearer eyJhbGciOiJIUzI1NiJ9.e30.c2lnbmF0dXJl"},
        {"X-API-Key": ""},
        {"X-API-Key": "ApiKey {}"},
        {"X-API-Key": "schlüssel"},
        {"X-API-Key": "{}", "Authorization": "ApiKey wrong"},
        {"X-API-Key": "wrong", "Authorization": "ApiKey {}"},
        {"X-API-Key": "", "Authorization": "ApiKey {}"},
    ],
)
@pytest.mark.parametrize(
    ("method", "path"),
    [("GET", "/conversations"), ("POST", "/conversations"), ("DELETE", "/messages/x")],
)
def test_requests_without_a_valid_key_are_401(
    api: Api, headers: dict[str, str], method: str, path: str
) -> None:
    encoded_headers = {
        name: value.format(api.server.api_key).encode("latin-1") for name, value in headers.items()
    }

    response = httpx.request(
        method, api.server.base_url + path, headers=encoded_headers, verify=False
    )

    body = assert_error_envelope(response, 401, "UNAUTHORIZED")
    assert api.server.api_key not in body["message"]
    assert response.headers["www-authenticate"]


@pytest.mark.parametrize("name", ["X-API-Key", "Authorization"])
@pytest.mark.parametrize(
    ("keys", "status"),
    [("{} {}", 200), ("{} wrong", 401), ("wrong {}", 401), ("{} {} wrong", 401)],
)
def test_repeated_headers_must_all_have_a_valid_key(
    api: Api, name: str, keys: str, status: int
) -> None:
    key = api.server.api_key
    prefix = "" if name == "X-API-Key" else "ApiKey "
    headers = [(name, prefix + each) for each in keys.replace("{}", key).split()]

    response = httpx.get(f"{api.server.base_url}/models", headers=headers, verify=False)

    assert response.status_code == status


def test_bearer_token_is_rejected_with_a_reason(api: Api) -> None:
    headers = {"Authorization": f"Bearer {api.server.api_key}"}
    response = httpx.get(f"{api.server.base_url}/models", headers=headers, verify=False)
    assert response.json()["message"].startswith("this server does not accept Bearer tokens: send")


@pytest.mark.parametrize("authorization", ["", "Bearer", "Bearer x", "{}"])
def test_api_key_header_alone_is_accepted(api: Api, authorization: str) -> None:
    """Generated clients may send another value for each security scheme."""
    key = api.server.api_key
    headers = {"X-API-Key": key, "Authorization": authorization.format(key)}
    response = httpx.get(f"{api.server.base_url}/models", headers=headers, verify=False)
    assert response.status_code == 200
