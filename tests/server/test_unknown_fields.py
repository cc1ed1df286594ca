"""Fields of a request that the contract does not define."""

from __future__ import annotations

import logging

import pytest

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
