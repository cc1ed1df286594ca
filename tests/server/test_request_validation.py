"""Validation of parameters and bodies against the contract."""

from __future__ import annotations

import json
from typing import Any

import pytest

from tests.support.server_api import Api, assert_error_envelope

JSON = {"Content-Type": "application/json"}


@pytest.mark.parametrize(
    ("body", "field", "message"),
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
        ({"title": "x" * 1001}, "title", "is too long"),
        ({"title": "x", "model": "x" * 256}, "model", "is too long"),
        ({"title": None}, "title", "is required"),
        ({}, "title", "is required"),
        ([], "body", "[] is not of type 'object'"),
        ("title", "body", '"title" is not of type'),
    ],
)
def test_error_names_the_invalid_field_and_the_problem(
    api: Api, body: Any, field: str, message: str
) -> None:
    response = api.http.post("/conversations", json=body)

    error = assert_error_envelope(response, 400, "VALIDATION_ERROR")

    assert error["message"].startswith(f"{field}: ")
    assert message in error["message"]
    assert error["details"][0]["field"] == field
    assert message in error["details"][0]["message"]


def test_longest_allowed_strings_are_accepted(api: Api) -> None:
    body = {"title": "🌿" * 1000, "model": "x" * 255, "systemPrompt": "x" * 1_000_000}
    created = api.data("POST", "/conversations", json=body)["conversation"]
    assert {name: created[name] for name in body} == body


def test_longer_id_in_a_path_is_rejected(api: Api) -> None:
    response = api.http.get(f"/conversations/{'x' * 256}")
    assert_error_envelope(response, 400, "VALIDATION_ERROR")
    assert_error_envelope(api.http.get(f"/conversations/{'x' * 255}"), 404, "NOT_FOUND")


def test_error_lists_all_invalid_fields(api: Api) -> None:
    response = api.http.post("/conversations", json={"temperature": 3, "maxTokens": "many"})

    details = assert_error_envelope(response, 400, "VALIDATION_ERROR")["details"]
    assert {each["field"] for each in details} == {"title", "temperature", "maxTokens"}


def test_invalid_context_mode_error_lists_the_valid_modes(api: Api) -> None:
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
def test_error_names_the_invalid_query_parameter(api: Api, name: str, value: str) -> None:
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
def test_invalid_json_body_is_400(api: Api, raw: bytes) -> None:
    response = api.http.post("/conversations", content=raw, headers=JSON)

    message = assert_error_envelope(response, 400, "VALIDATION_ERROR")["message"]
    assert len(message) < 400


def test_unknown_fields_are_ignored(api: Api) -> None:
    body = {"title": "x", "colour": {"nested": [None]}, "size": 10**30, "surrogate": "\ud800"}

    response = api.http.post("/conversations", content=json.dumps(body), headers=JSON)

    assert response.status_code == 201


@pytest.mark.parametrize("sign", ["", "-"])
@pytest.mark.parametrize("digits", [400, 5000])  # Python converts 4,300
def test_integer_of_any_length_is_a_value_of_its_field(api: Api, sign: str, digits: int) -> None:
    number = sign + "9" * digits
    bodies = [f'{{"title": "x", "{name}": {number}}}' for name in ("maxTokens", "unknown")]

    rejected, accepted = [
        api.http.post("/conversations", content=each, headers=JSON) for each in bodies
    ]

    error = assert_error_envelope(rejected, 400, "VALIDATION_ERROR")
    assert {each["field"] for each in error["details"]} == {"maxTokens"}
    assert accepted.status_code == 201


@pytest.mark.parametrize("media_type", ["text/plain", "application/xml", "", "multipart/form-data"])
def test_other_media_types_are_415(api: Api, media_type: str) -> None:
    response = api.http.post(
        "/conversations", content=b'{"title": "x"}', headers={"Content-Type": media_type}
    )

    assert_error_envelope(response, 415, "UNSUPPORTED_MEDIA_TYPE")


@pytest.mark.parametrize("other", ["text/plain", ""])
def test_two_media_types_are_415(api: Api, other: str) -> None:
    for media_types in ([other, "application/json"], ["application/json", other]):
        headers = [("Content-Type", each) for each in media_types]

        response = api.http.post("/conversations", content=b'{"title": "x"}', headers=headers)

        assert_error_envelope(response, 415, "UNSUPPORTED_MEDIA_TYPE")


def test_media_type_with_parameters_is_accepted(api: Api) -> None:
    headers = {"Content-Type": "Application/JSON; charset=utf-8"}

    response = api.http.post("/conversations", content=b'{"title": "x"}', headers=headers)

    assert response.status_code == 201


def test_rejected_request_stores_nothing(api: Api) -> None:
    conversation_id = api.conversation()
    path = f"/conversations/{conversation_id}/messages"

    assert_error_envelope(api.http.post(path, json={"content": ""}), 400, "VALIDATION_ERROR")
    rejected = api.http.post(path, json={"content": "x", "branchId": "br_none"})

    assert_error_envelope(rejected, 404, "NOT_FOUND")
    assert api.messages(conversation_id) == []
