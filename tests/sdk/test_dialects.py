"""A program gets the same answers in either dialect, and as little as possible is done to them."""

from __future__ import annotations

import asyncio
from collections.abc import Iterator
from contextlib import AbstractContextManager
from typing import Any

import pytest

from chatroutes import AsyncChatRoutes, ChatRoutes
from chatroutes_server import LocalServer
from tests.sdk._async.scenario import program as async_program
from tests.sdk._sync.scenario import EXPECTED, program
from tests.support.dialect_server import TIME, DialectServer

API_KEY = "your-api-key"
DIALECTS: dict[str, dict[str, Any]] = {
    "documented": {"dialect": "documented"},
    "documented without [DONE]": {"dialect": "documented", "done": False},
    "compact": {"dialect": "compact"},
    "compact without [DONE]": {"dialect": "compact", "done": False},
    "compact, bare under data": {"dialect": "compact", "bare": "data", "done": False},
    "compact, bare as the body": {"dialect": "compact", "bare": "body"},
}

AnyServer = DialectServer | LocalServer


def server_of(kind: str) -> AbstractContextManager[AnyServer]:
    if kind == "local":
        return LocalServer(api_key=API_KEY)
    return DialectServer(api_key=API_KEY, **DIALECTS[kind])


@pytest.fixture(params=["local", *DIALECTS])
def server(request: pytest.FixtureRequest) -> Iterator[AnyServer]:
    with server_of(request.param) as running:
        yield running


@pytest.fixture(params=list(DIALECTS))
def dialect(request: pytest.FixtureRequest) -> Iterator[DialectServer]:
    with DialectServer(api_key=API_KEY, **DIALECTS[request.param]) as running:
        yield running


def test_a_program_sees_the_same_whoever_answers(server: AnyServer) -> None:
    with ChatRoutes(API_KEY, server.base_url) as client:
        assert program(client) == EXPECTED


def test_an_async_program_sees_the_same_whoever_answers(server: AnyServer) -> None:
    async def main() -> dict[str, Any]:
        async with AsyncChatRoutes(API_KEY, server.base_url) as client:
            return await async_program(client)

    assert asyncio.run(main()) == EXPECTED


def test_both_modes_ask_for_the_same(dialect: DialectServer) -> None:
    async def main() -> None:
        async with AsyncChatRoutes(API_KEY, dialect.base_url) as client:
            await async_program(client)

    with ChatRoutes(API_KEY, dialect.base_url) as client:
        program(client)
    asked, dialect.requests = dialect.requests, []
    asyncio.run(main())

    def shapes(requests: list[Any]) -> list[tuple[str, int, Any]]:
        return [(each.method, each.path.count("/"), type(each.body)) for each in requests]

    # The first run left conversations behind, and so pages to go through: leave these out.
    begun = [each for each in asked if each.method != "GET"]
    again = [each for each in dialect.requests if each.method != "GET"]
    assert shapes(again) == shapes(begun)


def test_every_post_has_an_idempotency_key_of_its_own(dialect: DialectServer) -> None:
    with ChatRoutes(API_KEY, dialect.base_url) as client:
        program(client)
    keys = [each.headers.get("idempotency-key") for each in dialect.requests]
    posts = [key for key, each in zip(keys, dialect.requests, strict=True) if each.method == "POST"]
    others = [
        key for key, each in zip(keys, dialect.requests, strict=True) if each.method != "POST"
    ]
    assert all(posts)
    assert len(set(posts)) == len(posts) == 11
    assert set(others) == {None}


CHECKPOINT = {
    "id": "cp_1",
    "summary": "They greeted each other.",
    "conversation_id": "conv_123",
    "branch_id": "br_9",
    "anchor_message_id": "msg_456",
    "token_count": 11,
    "created_at": TIME,
}


def test_checkpoints_are_read_in_either_spelling(dialect: DialectServer) -> None:
    with ChatRoutes(API_KEY, dialect.base_url) as client:
        created = client.checkpoints.create("conv_123", "br_9", "msg_456")
        [listed] = client.checkpoints.list("conv_123", "br_9")
        renewed = client.checkpoints.recreate("cp_1")
        client.checkpoints.delete("cp_1")
    assert created.items() >= CHECKPOINT.items()
    assert listed == created
    assert renewed["id"] == "cp_1"


def test_suggestions_are_read_in_either_dialect(dialect: DialectServer) -> None:
    with ChatRoutes(API_KEY, dialect.base_url) as client:
        found = client.autobranch.suggest_branches("tea or coffee", 2, threshold=0.5)
        again = client.autobranch.analyze_text("tea or coffee")
        health = client.autobranch.health()
    assert found["suggestions"][0]["branchPoint"] == {"start": 4, "end": 6}
    assert again == found
    assert health == {"status": "healthy", "version": "0.2.6", "service": "autobranch"}
    assert dialect.requests[0].body == {
        "text": "tea or coffee",
        "suggestionsCount": 2,
        "hybridDetection": False,
        "threshold": 0.5,
    }
