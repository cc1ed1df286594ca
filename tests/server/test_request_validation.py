"""Who is let in, and how a request that is not the contract's is refused."""

from __future__ import annotations

import json
import socket
from http.client import HTTPResponse
from typing import Any
from urllib.parse import urlsplit

import httpx
import pytest

from chatroutes_server import LocalServer
from tests.support.server_api import Api, assert_error_envelope

JSON = {"Content-Type": "application/json"}


@pytest.mark.parametrize(
    ("name", "value"),
    [
        ("Authorization", "ApiKey {}"),
        ("Authorization", "apikey {}"),
        ("Authorization", "Bearer {}"),
        ("X-API-Key", "{}"),
    ],
)
def test_the_key_is_taken_in_each_of_its_forms(api: Api, name: str, value: str) -> None:
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
        {"Authorization": "Bearer {}x"},
        {"X-API-Key": ""},
        {"X-API-Key": "ApiKey {}"},
        {"X-API-Key": "schlüssel"},
    ],
)
@pytest.mark.parametrize(
    ("method", "path"),
    [("GET", "/conversations"), ("POST", "/conversations"), ("DELETE", "/messages/x")],
)
def test_without_the_key_every_operation_is_401(
    api: Api, headers: dict[str, str], method: str, path: str
) -> None:
    sent = {
        name: value.format(api.server.api_key).encode("latin-1") for name, value in headers.items()
    }

    response = httpx.request(method, api.server.base_url + path, headers=sent, verify=False)

    body = assert_error_envelope(response, 401, "UNAUTHORIZED")
    assert api.server.api_key not in body["message"]
    assert response.headers["www-authenticate"]


@pytest.mark.parametrize(
    ("body", "field", "words"),
    [
        ({"title": "x", "temperature": 3}, "temperature", "3 is greater than the maximum of 2"),
        ({"title": "x", "temperature": -1}, "temperature", "-1 is less than the minimum of 0"),
        ({"title": "x", "temperature": "1"}, "temperature", '"1" is not of type'),
        ({"title": "x", "temperature": True}, "temperature", "true is not of type"),
        ({"title": "x", "maxTokens": 0}, "maxTokens", "0 is less than the minimum of 1"),
        ({"title": "x", "maxTokens": 1.5}, "maxTokens", "1.5 is not of type"),
        ({"title": "x", "maxTokens": 10**30}, "maxTokens", "is "),
        ({"title": 5}, "title", "5 is not of type 'string'"),
        ({"title": ""}, "title", "must not be empty"),
        ({"title": None}, "title", "is required"),
        ({}, "title", "is required"),
        ([], "body", "[] is not of type 'object'"),
        ("title", "body", '"title" is not of type'),
    ],
)
def test_a_wrong_field_is_named_with_what_is_wrong(
    api: Api, body: Any, field: str, words: str
) -> None:
    answer = assert_error_envelope(
        api.http.post("/conversations", json=body), 400, "VALIDATION_ERROR"
    )

    assert answer["message"].startswith(f"{field}: ")
    assert words in answer["message"]
    assert answer["details"][0]["field"] == field
    assert words in answer["details"][0]["message"]


def test_all_wrong_fields_are_listed(api: Api) -> None:
    response = api.http.post("/conversations", json={"temperature": 3, "maxTokens": "many"})

    details = assert_error_envelope(response, 400, "VALIDATION_ERROR")["details"]
    assert {each["field"] for each in details} == {"title", "temperature", "maxTokens"}


def test_a_context_mode_that_is_none_is_refused_with_those_there_are(api: Api) -> None:
    path = f"/conversations/{api.conversation()}/branches"

    response = api.http.post(path, json={"title": "x", "contextMode": "SOME"})

    message = assert_error_envelope(response, 400, "VALIDATION_ERROR")["message"]
    assert message == """contextMode: "SOME" is not one of ['FULL', 'PARTIAL', 'MINIMAL']"""


@pytest.mark.parametrize(
    ("name", "value"),
    [
        ("page", "0"),
        ("page", "x"),
        ("page", ""),
        ("page", "1.5"),
        ("limit", "0"),
        ("limit", "101"),
        ("filter", "some"),
    ],
)
def test_a_wrong_query_parameter_is_named(api: Api, name: str, value: str) -> None:
    response = api.http.get("/conversations", params={name: value})

    message = assert_error_envelope(response, 400, "VALIDATION_ERROR")["message"]
    assert message.startswith(f"{name}: ")


@pytest.mark.parametrize(
    "raw",
    [
        b"",
        b"{",
        b"not json",
        b'{"title": "x"} more',
        b"\x00",
        b'{"title": "a\x00b"}',
        b'{"title": "\xff\xfe"}',
        '{"title": "x"}'.encode("utf-16"),
        b"\xef\xbb\xbf" + b'{"title": "x"}',
        b'{"title": "x", "temperature": NaN}',
        b'{"title": "x", "temperature": 1e999}',
        b'{"title": "x", "maxTokens": ' + b"9" * 5000 + b"}",
        b'{"title": "\\ud800"}',
        b'{"title": ' + b"[" * 100_000 + b"]" * 100_000 + b"}",
        b'{"title": ' + b"[" * 900 + b"]" * 900 + b"}",
        b"[" * 100_000,
    ],
    ids=lambda raw: repr(raw[:40]),
)
def test_a_body_that_is_no_json_of_the_contract_is_400(api: Api, raw: bytes) -> None:
    response = api.http.post("/conversations", content=raw, headers=JSON)

    message = assert_error_envelope(response, 400, "VALIDATION_ERROR")["message"]
    assert len(message) < 400


def test_fields_that_the_contract_does_not_know_do_no_harm(api: Api) -> None:
    body = {"title": "x", "colour": {"deep": [None]}, "size": 10**30, "half": "\ud800"}

    response = api.http.post("/conversations", content=json.dumps(body), headers=JSON)

    assert response.status_code == 201


@pytest.mark.parametrize("media_type", ["text/plain", "application/xml", "", "multipart/form-data"])
def test_a_body_of_another_media_type_is_415(api: Api, media_type: str) -> None:
    response = api.http.post(
        "/conversations", content=b'{"title": "x"}', headers={"Content-Type": media_type}
    )

    assert_error_envelope(response, 415, "UNSUPPORTED_MEDIA_TYPE")


def test_a_media_type_may_carry_parameters(api: Api) -> None:
    headers = {"Content-Type": "Application/JSON; charset=utf-8"}

    response = api.http.post("/conversations", content=b'{"title": "x"}', headers=headers)

    assert response.status_code == 201


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
        "/conversations/" + "x" * 5000,
    ],
)
def test_what_is_not_there_is_404(api: Api, path: str) -> None:
    assert_error_envelope(api.http.get(path), 404, "NOT_FOUND")


def test_a_path_outside_the_api_is_404(api: Api) -> None:
    root = api.server.base_url.removesuffix("/api/v1")

    assert_error_envelope(httpx.get(root + "/"), 404, "NOT_FOUND")


@pytest.mark.parametrize("method", ["PUT", "TRACE", "OPTIONS", "QUERY", "DELETE"])
def test_a_wrong_method_is_405_and_told_the_right_ones(api: Api, method: str) -> None:
    response = api.http.request(method, "/conversations")

    assert_error_envelope(response, 405, "METHOD_NOT_ALLOWED")
    assert response.headers["allow"] == "GET, POST"


def test_a_head_request_is_405_and_has_no_body(api: Api) -> None:
    response = api.http.head("/conversations")

    assert response.status_code == 405
    assert response.content == b""


def test_a_refused_request_leaves_nothing_behind(api: Api) -> None:
    conversation_id = api.conversation()
    path = f"/conversations/{conversation_id}/messages"

    assert_error_envelope(api.http.post(path, json={"content": ""}), 400, "VALIDATION_ERROR")
    refused = api.http.post(path, json={"content": "x", "branchId": "br_none"})

    assert_error_envelope(refused, 404, "NOT_FOUND")
    assert api.messages(conversation_id) == []


@pytest.mark.parametrize(
    "raw",
    [
        b"hello\r\n\r\n",
        b"GET / HTTP/1.1\r\nno colon\r\n\r\n",
        b"GET / HTTP/1.1\r\n\r\n",
        b"POST /x HTTP/1.1\r\nHost: x\r\nContent-Length: many\r\n\r\n",
        b"GET / HTTP/1.1\r\nHost: x\r\nX-Long: " + b"x" * 1_000_000,
    ],
    ids=range(5),
)
def test_what_is_no_http_gets_the_envelope_too(api: Api, raw: bytes) -> None:
    address = urlsplit(api.server.base_url)
    with socket.create_connection((address.hostname, address.port), timeout=20) as connection:
        connection.sendall(raw)
        answer = b""
        while piece := connection.recv(4096):
            answer += piece

    head, _, body = answer.partition(b"\r\n\r\n")
    assert head.startswith(b"HTTP/1.1 400 ")
    assert b"content-type: application/json" in head
    assert json.loads(body)["error"] == "VALIDATION_ERROR"


def test_what_arrives_after_an_invalid_request_is_discarded(
    caplog: pytest.LogCaptureFixture,
) -> None:
    with LocalServer() as server:
        address = urlsplit(server.base_url)
        with socket.create_connection((address.hostname, address.port), timeout=20) as connection:
            connection.sendall(b"hello\r\n\r\n")
            while connection.recv(4096):
                pass
            for _ in range(2):  # a connection that was closed would be reset by the first
                connection.sendall(b"more")
                assert connection.recv(1) == b""

    assert [each.message for each in caplog.records] == ["Invalid HTTP request received."]


# Java's client offers h2c with every request over plain HTTP.
@pytest.mark.parametrize("protocol", ["h2c", "websocket"])
def test_an_offer_to_change_the_protocol_is_answered_over_this_one(
    api: Api, caplog: pytest.LogCaptureFixture, protocol: str
) -> None:
    address = urlsplit(api.server.base_url)
    body = b'{"title": "Upgraded"}'
    request = (
        "POST /api/v1/conversations HTTP/1.1\r\nHost: x\r\nContent-Type: application/json\r\n"
        f"Authorization: ApiKey {api.server.api_key}\r\nContent-Length: {len(body)}\r\n"
        f"Connection: Upgrade, HTTP2-Settings\r\nUpgrade: {protocol}\r\n"
        "HTTP2-Settings: AAEAAEAAAAIAAAABAAMAAABkAAQBAAAAAAUAAEAA\r\n\r\n"
    ).encode() + body
    with socket.create_connection((address.hostname, address.port), timeout=20) as connection:
        for _ in range(2):  # the connection stays as it was
            connection.sendall(request)
            with HTTPResponse(connection) as answer:
                answer.begin()
                assert answer.status == 201
                assert json.load(answer)["data"]["conversation"]["title"] == "Upgraded"

    assert [each.message for each in caplog.records if each.name.startswith("uvicorn")] == []
