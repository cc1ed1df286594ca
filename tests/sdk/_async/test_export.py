"""`conversations.export`: a conversation with everything in it, in one document."""

from __future__ import annotations

from collections.abc import Collection
from pathlib import Path
from typing import Any

import httpx
import jsonschema_rs
import pytest

from chatroutes import (
    AsyncChatRoutes,
    ExportProgress,
    NotFoundError,
    ResponseError,
    ServerError,
    ValidationError,
    exports,
)
from chatroutes_server import LocalServer, Reply, ReplyRequest
from tests.support.dialect_server import DialectServer
from tests.support.export_document import export_with_branches
from tests.support.export_service import ExportService
from tests.support.long_conversation import create_wide_conversation
from tests.support.payloads import API_KEY, HELLO


def without_times(export: Any) -> Any:
    return {name: value for name, value in export.items() if name != "exportedAt"}


async def test_export_has_every_message_once_with_its_lineage(client: AsyncChatRoutes) -> None:
    data: Any = {"title": "Trip", "systemPrompt": "Be brief.", "temperature": 0.5}
    conversation = await client.conversations.create(data)
    conversation_id = conversation["id"]
    sent = await client.messages.send(conversation_id, HELLO)
    question, reply = sent["userMessage"], sent["assistantMessage"]
    fork: Any = {"forkPointMessageId": question["id"], "title": "Other"}
    other = await client.branches.fork(conversation_id, fork)
    shorter = await client.messages.send(
        conversation_id, {"content": "Shorter", "model": "claude-opus-4", "branchId": other["id"]}
    )
    fork = {"forkPointMessageId": shorter["userMessage"]["id"], "title": "Empty"}
    empty = await client.branches.fork(conversation_id, fork)
    await client.branches.merge(conversation_id, other["id"])
    checkpoint = await client.checkpoints.create(conversation_id, empty["id"], question["id"])

    export = await client.conversations.export(conversation_id)

    assert "warnings" not in export
    assert exports.validate(export) is export
    assert jsonschema_rs.is_valid(exports.schema(), export)
    stored = await client.conversations.get(conversation_id)
    assert export["branches"] == stored["branches"]
    assert [each["isActive"] for each in export["branches"]] == [True, False, True]
    del stored["branches"], stored["messages"]
    assert export["conversation"] == stored
    assert export["checkpoints"] == [checkpoint]
    listed = {each["id"]: each for each in export["messages"]}
    assert len(listed) == len(export["messages"]) == 6
    for branch in export["branches"]:
        for message in await client.messages.list(conversation_id, branch["id"]):
            assert listed[message["id"]].items() >= message.items()
    assert listed[reply["id"]]["model"] == "gpt-5"
    assert listed[shorter["assistantMessage"]["id"]]["model"] == "claude-opus-4"
    assert "model" not in listed[question["id"]]
    copies = [each for each in export["messages"] if "mergedFrom" in (each.get("metadata") or {})]
    assert [each.get("branchId") for each in copies] == 2 * [export["branches"][0]["id"]]


async def test_large_conversation_needs_few_requests(tmp_path: Path) -> None:
    database = tmp_path / "wide.db"
    conversation_id = create_wide_conversation(database, 40, 60)
    progress: list[ExportProgress] = []
    requests: list[str] = []

    async def record(request: httpx.Request) -> None:
        requests.append(str(request.url).partition(conversation_id)[2])

    with LocalServer(database=database) as server:
        async with (
            httpx.AsyncClient(event_hooks={"request": [record]}) as http_client,
            AsyncChatRoutes(server.api_key, server.base_url, http_client=http_client) as client,
        ):
            export = await client.conversations.export(conversation_id, on_progress=progress.append)

    pages = [
        each for each in requests if each.startswith("/messages?scope=conversation&limit=1000")
    ]
    assert len(pages) == 3
    others = [each for each in requests if each not in pages]
    assert others == ["", "/tree?format=flat", "/checkpoints", ""]
    assert len(export["messages"]) == 40 * 60
    assert len(export["branches"]) == 40
    assert progress[0] == ExportProgress(60, None)
    assert progress[-1] == ExportProgress(2400, 2400)
    fetched = [each.fetched for each in progress]
    assert fetched == sorted(fetched)


@pytest.mark.parametrize(
    ("without", "lists"),
    [
        ((), ["scope=conversation&limit=1000"]),
        (("flat",), ["scope=conversation&limit=1000"]),
        (("scope",), ["scope=conversation&limit=1000", "branchId=br_short", "branchId=br_deep"]),
        (("branches",), ["scope=conversation&limit=1000"]),
        (("messages",), ["scope=conversation&limit=1000"]),
        (("branchId", "parentMessageId"), ["scope=conversation&limit=1000"]),
    ],
)
async def test_service_that_leaves_something_out_gives_the_same_export(
    without: Collection[str], lists: list[str]
) -> None:
    expected = export_with_branches()
    with ExportService(expected, without) as service:
        async with AsyncChatRoutes(API_KEY, service.base_url) as client:
            export = await client.conversations.export("conv_1")

    assert without_times(export) == without_times(expected)
    requested = [each.partition("?")[2] for each in service.requests if "/messages" in each]
    assert sorted(requested) == sorted(lists)
    assert service.requests[0] == service.requests[-1] == "/conversations/conv_1"


async def test_service_without_a_tree_gives_the_same_export() -> None:
    expected = export_with_branches()
    without = ("tree", "scope", "branchId", "parentMessageId")
    with ExportService(expected, without) as service:
        async with AsyncChatRoutes(API_KEY, service.base_url) as client:
            export = await client.conversations.export("conv_1", max_concurrency=1)

    assert without_times(export) == without_times(expected)


async def test_export_warns_about_parts_that_the_service_does_not_send() -> None:
    document = export_with_branches()
    without = ("checkpoints", "branches", "listBranches", "scope", "messages")
    with ExportService(document, without) as service:
        async with AsyncChatRoutes(API_KEY, service.base_url) as client:
            export = await client.conversations.export("conv_1")

    assert [each["isMain"] for each in export["branches"]] == [True]
    assert [each.partition(":")[0] for each in export["warnings"]] == [
        "The service sent no branches.",
        "The service did not send the checkpoints",
        "The service sent 6 of 6 messages in the tree only",
    ]
    assert exports.validate(export) is export


@pytest.mark.parametrize("dialect", ["documented", "compact"])
@pytest.mark.parametrize("bare", ["nowhere", "data", "body"])
async def test_each_dialect_alone_is_exported(dialect: Any, bare: Any) -> None:
    with DialectServer(dialect, bare=bare) as server:
        async with AsyncChatRoutes(server.api_key, server.base_url) as client:
            conversation = await client.conversations.create({"title": "T"})
            await client.messages.send(conversation["id"], HELLO)
            expected = await client.messages.list(conversation["id"])
            export = await client.conversations.export(conversation["id"])

    assert "warnings" not in export
    assert [each["content"] for each in export["messages"]] == [
        each["content"] for each in expected
    ]
    parents = [None, *(each["id"] for each in expected[:-1])]
    assert [each.get("parentMessageId") for each in export["messages"]] == parents
    assert len(export["checkpoints"]) == 1


async def test_conversation_that_changes_is_fetched_again(client: AsyncChatRoutes) -> None:
    conversation_id = (await client.conversations.create({"title": "T"}))["id"]
    await client.messages.send(conversation_id, HELLO)
    totals: list[int] = []

    async def change_once(progress: ExportProgress) -> None:
        if not totals:
            await client.messages.send(conversation_id, {"content": "meanwhile"})
        totals.append(progress.fetched)

    async with AsyncChatRoutes(client.api_key, client.base_url) as other:
        export = await other.conversations.export(conversation_id, on_progress=change_once)

    assert "warnings" not in export
    assert len(export["messages"]) == 4
    assert totals[0] == 2
    assert totals[-1] == 4


async def test_conversation_that_does_not_stop_changing_has_a_warning(
    client: AsyncChatRoutes,
) -> None:
    conversation_id = (await client.conversations.create({"title": "T"}))["id"]
    titles = iter("ABCDEFGHIJKLMNOPQRSTUVWXYZ")

    async def change(progress: ExportProgress) -> None:
        await client.conversations.update(conversation_id, {"title": next(titles)})

    export = await client.conversations.export(conversation_id, on_progress=change)

    assert export["warnings"] == [
        "The conversation changed during each of 3 attempts to export it. Its parts may be from "
        "different times."
    ]


async def test_reply_in_progress_is_left_out_and_a_stopped_one_has_its_text() -> None:
    def reply(request: ReplyRequest) -> Reply:
        return Reply("one two three", word_delay=60 if request.number == 1 else 0)

    with LocalServer(replies=reply) as server:
        async with AsyncChatRoutes(server.api_key, server.base_url) as client:
            conversation_id = (await client.conversations.create({"title": "T"}))["id"]
            stream = client.messages.stream(conversation_id, HELLO)
            await anext(stream)
            pending = await client.conversations.export(conversation_id)
            await stream.stop()
            # It waits until the server has stored the reply that was stopped.
            await client.messages.send(conversation_id, HELLO)
            stopped = await client.conversations.export(conversation_id)

    assert [each["role"] for each in pending["messages"]] == ["user"]
    assert "warnings" not in pending
    assert len(stopped["messages"]) == 4
    assert stopped["messages"][1]["content"].startswith("one")
    assert (stopped["messages"][1].get("metadata") or {}).get("finishReason") == "cancelled"


async def test_invalid_conversation_of_a_service_is_a_response_error() -> None:
    document = export_with_branches()
    document["messages"][0]["content"] = 7
    with ExportService(document) as service:
        async with AsyncChatRoutes(API_KEY, service.base_url) as client:
            with pytest.raises(ResponseError, match=r"cannot be exported: messages\[0\].content: "):
                await client.conversations.export("conv_1")


async def test_error_of_one_list_ends_the_export() -> None:
    with ExportService(export_with_branches(), ("scope",), failing="br_short") as service:
        async with AsyncChatRoutes(API_KEY, service.base_url, retry_attempts=0) as client:
            with pytest.raises(ServerError, match="An internal error occurred"):
                await client.conversations.export("conv_1", max_concurrency=1)

    assert not any("br_deep" in each or "checkpoints" in each for each in service.requests)


async def test_errors_of_the_service_are_raised(client: AsyncChatRoutes) -> None:
    with pytest.raises(NotFoundError):
        await client.conversations.export("conv_missing")
    with pytest.raises(ValidationError, match="max_concurrency must be a whole number"):
        await client.conversations.export("conv_1", max_concurrency=0)
    with pytest.raises(ValidationError, match="on_progress must be a function"):
        await client.conversations.export("conv_1", on_progress="x")  # type: ignore[arg-type]
