"""The SDK returns the same results for both dialects of the service."""

from __future__ import annotations

import asyncio
from collections.abc import Iterator
from contextlib import AbstractContextManager
from typing import Any

import pytest

from chatroutes import AsyncChatRoutes, ChatRoutes
from chatroutes_server import LocalServer
from tests.sdk._async.scenario import run_scenario as run_async_scenario
from tests.sdk._sync.scenario import EXPECTED, run_scenario
from tests.support.dialect_server import TIME, DialectServer

API_KEY = "your-api-key"
DIALECTS: dict[str, dict[str, Any]] = {
    "documented": {"dialect": "documented"},
    "documented without [DONE]": {"dialect": "documented", "done": False},
    "compact": {"dialect": "compact"},
    "compact without [DONE]": {"dialect": "compact", "done": False},
    "compact, bare object in data": {"dialect": "compact", "bare": "data", "done": False},
    "compact, bare object as the body": {"dialect": "compact", "bare": "body"},
}

AnyServer = DialectServer | LocalServer


def make_server(name: str) -> AbstractContextManager[AnyServer]:
    if name == "local":
        return LocalServer(api_key=API_KEY)
    return DialectServer(api_key=API_KEY, **DIALECTS[name])


@pytest.fixture(params=["local", *DIALECTS])
def server(request: pytest.FixtureRequest) -> Iterator[AnyServer]:
    with make_server(request.param) as running:
        yield running


@pytest.fixture(params=list(DIALECTS))
def dialect(request: pytest.FixtureRequest) -> Iterator[DialectServer]:
    with DialectServer(api_key=API_KEY, **DIALECTS[request.param]) as running:
        yield running


def test_results_are_the_same_for_every_server(server: AnyServer) -> None:
    with ChatRoutes(API_KEY, server.base_url) as client:
        assert run_scenario(client) == EXPECTED


def test_async_results_are_the_same_for_every_server(server: AnyServer) -> None:
    async def main() -> dict[str, Any]:
        async with AsyncChatRoutes(API_KEY, server.base_url) as client:
            return await run_async_scenario(client)

    assert asyncio.run(main()) == EXPECTED


def test_both_clients_send_the_same_requests(dialect: DialectServer) -> None:
    async def main() -> None:
        async with AsyncChatRoutes(API_KEY, dialect.base_url) as client:
            await run_async_scenario(client)

    with ChatRoutes(API_KEY, dialect.base_url) as client:
        run_scenario(client)
    first_requests, dialect.requests = dialect.requests, []
    asyncio.run(main())

    def describe(requests: list[Any]) -> list[tuple[str, int, Any]]:
        return [(each.method, each.path.count("/"), type(each.body)) for each in requests]

    # Conversations of the first run remain, so the second run requests more pages. Compare all methods except GET.
    first = [each for each in first_requests if each.method != "GET"]
    second = [each for each in dialect.requests if each.method != "GET"]
    assert describe(second) == describe(first)


CHECKPOINT = {
    "id": "cp_1",
    "summary": "They greeted each other.",
    "conversation_id": "conv_123",
    "branch_id": "br_9",
    "anchor_message_id": "msg_456",
    "token_count": 11,
    "created_at": TIME,
}


def test_checkpoints_are_the_same_in_both_dialects(dialect: DialectServer) -> None:
    with ChatRoutes(API_KEY, dialect.base_url) as client:
        created = client.checkpoints.create("conv_123", "br_9", "msg_456")
        [listed] = client.checkpoints.list("conv_123", "br_9")
        recreated = client.checkpoints.recreate("cp_1")
        client.checkpoints.delete("cp_1")
    assert created.items() >= CHECKPOINT.items()
    assert listed == created
    assert recreated["id"] == "cp_1"


def test_suggestions_are_the_same_in_both_dialects(dialect: DialectServer) -> None:
    with ChatRoutes(API_KEY, dialect.base_url) as client:
        suggestions = client.autobranch.suggest_branches("tea or coffee", 2, threshold=0.5)
        second = client.autobranch.analyze_text("tea or coffee")
        health = client.autobranch.health()
    assert suggestions["suggestions"][0]["branchPoint"] == {"start": 4, "end": 6}
    assert second == suggestions
    assert health == {"status": "healthy", "version": "0.2.6", "service": "autobranch"}
    assert dialect.requests[0].body == {
        "text": "tea or coffee",
        "suggestionsCount": 2,
        "hybridDetection": False,
        "threshold": 0.5,
    }


def test_iterate_yields_the_list_of_every_server(server: AnyServer) -> None:
    with ChatRoutes(API_KEY, server.base_url) as client:
        id = client.conversations.create({"title": "T"})["id"]
        client.messages.send(id, {"content": "one"})
        client.messages.send(id, {"content": "two"})
        main = client.branches.list(id)[0]["id"]
        anchor = client.messages.list(id)[-1]["id"]
        client.checkpoints.create(id, main, anchor)

        messages = client.messages.list(id)
        assert [*client.messages.iterate(id, limit=3)] == messages
        assert [*client.branches.iterate_messages(id, main, limit=1)] == messages
        assert [*client.branches.iterate(id)] == client.branches.list(id)
        assert [*client.checkpoints.iterate(id)] == client.checkpoints.list(id)
        assert len(messages) == 4


def test_reply_can_be_regenerated_and_found(server: AnyServer) -> None:
    with ChatRoutes(API_KEY, server.base_url) as client:
        conversation_id = client.conversations.create({"title": "T"})["id"]
        first = client.messages.send(conversation_id, {"content": "First?"})
        second = client.messages.send(conversation_id, {"content": "Second?"})

        again = client.regenerate(conversation_id, second["message"]["id"], "claude-opus-4")
        begun = client.regenerate(conversation_id, first["message"]["id"])
        results = list(client.search("second?", conversation_id))

    assert again.branch.get("forkPointMessageId") == first["assistantMessage"]["id"]
    assert again.response.get("model") == "claude-opus-4"
    assert 'You wrote: "Second?"' in again.text
    assert 'You wrote: "First?"' in begun.text
    assert results[0].message["content"] == "Second?"
