"""Fields of a request that the contract does not define."""

from __future__ import annotations

import logging

import pytest

from chatroutes_server import LocalServer
from chatroutes_server.api.validation import MAX_HINTS
from tests.support.server_api import Api


def test_unknown_field_is_accepted_and_logged_once(
    api: Api, caplog: pytest.LogCaptureFixture
) -> None:
    url = f"{api.server.base_url}/conversations"
    with caplog.at_level(logging.WARNING, "chatroutes_server"):
        for _ in range(2):
            assert api.http.post(url, json={"title": "x", "max_tokens": 3}).status_code == 201
        assert api.http.get(url, params={"limt": 1}).status_code == 200
        assert api.http.get(url, params={"zzzz": 1}).status_code == 200

    assert [record.getMessage() for record in caplog.records] == [
        "createConversation: unknown field 'max_tokens'; did you mean 'maxTokens'?",
        "listConversations: unknown field 'limt'; did you mean 'limit'?",
        "listConversations: unknown field 'zzzz'",
    ]


def test_unknown_fields_of_a_request_are_one_line(
    api: Api, caplog: pytest.LogCaptureFixture
) -> None:
    with caplog.at_level(logging.WARNING, "chatroutes_server"):
        api.http.post("/conversations", params={"q": 1}, json={"title": "x", "modle": 1, "zz": 2})

    assert [record.getMessage() for record in caplog.records] == [
        "createConversation: unknown field 'q', unknown field 'modle'; did you mean 'model'?, "
        "unknown field 'zz'"
    ]


def test_unknown_fields_cannot_fill_the_log(caplog: pytest.LogCaptureFixture) -> None:
    with LocalServer() as server, Api(server) as api:
        for request in range(20):
            fields = {f"{request}.{number}": 1 for number in range(1000)}
            api.http.post("/conversations", json={"title": "x"} | fields).raise_for_status()

    assert sum(record.getMessage().count("unknown field") for record in caplog.records) == MAX_HINTS
    assert len(caplog.records) <= 20
