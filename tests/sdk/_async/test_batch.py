"""`client.map`: one reply for each of many items."""

from __future__ import annotations

import copy
import gc
import pickle
import warnings
from collections.abc import Iterator
from typing import Any

import pytest

from chatroutes import (
    AsyncChatRoutes,
    BatchProgress,
    ValidationError,
)
from chatroutes_server import LocalServer, Reply
from tests.support.fault_responses import (
    event_stream,
)
from tests.support.fault_server import FaultServer
from tests.support.payloads import (
    sse_event,
    success_response,
)

from .batches import run
from .clients import make_client


@pytest.fixture(scope="module")
def server() -> Iterator[LocalServer]:
    with LocalServer() as running:
        yield running


@pytest.fixture
def local_client(server: LocalServer) -> AsyncChatRoutes:
    return AsyncChatRoutes(server.api_key, server.base_url)


async def test_each_prompt_has_a_conversation_of_its_own(local_client: AsyncChatRoutes) -> None:
    async with local_client as client:
        results = await run(client, [f"Number {each}" for each in range(10)], model="gpt-4")

        assert sorted(result.index for result in results) == [*range(10)]
        assert len({result.conversation_id for result in results}) == 10
        for result in results:
            assert result.error is None
            assert result.item == f"Number {result.index}"
            assert f'You wrote: "{result.item}"' in result.text
            assert result.response is not None
            assert result.usage == result.response.get("usage")
            assert result.usage is not None
            assert result.duration > 0
            assert result.conversation_id is not None
            conversation = await client.conversations.get(result.conversation_id)
            assert (conversation["title"], conversation.get("model")) == (result.item, "gpt-4")
            assert len(conversation.get("messages", [])) == 2


async def test_batch_that_was_never_read_warns(fault_server: FaultServer) -> None:
    async with make_client(fault_server) as client:
        batches = [client.map(["a"])]
        assert repr(batches) == "[<AsyncBatch [not sent] completed=0 failed=0>]"
        with pytest.warns(RuntimeWarning, match="was never read, so its prompts were not sent"):
            batches.clear()

    assert fault_server.requests == []


async def test_batch_that_was_read_or_closed_does_not_warn(local_client: AsyncChatRoutes) -> None:
    async with local_client as client:
        with warnings.catch_warnings():
            warnings.simplefilter("error", RuntimeWarning)
            assert len(await run(client, ["a"])) == 1
            async with client.map(["a"]):
                pass
            await client.map(["a"]).close()
            with pytest.raises(ValidationError):
                client.map("a")
            gc.collect()


async def test_batch_cannot_be_copied_or_pickled(local_client: AsyncChatRoutes) -> None:
    async with local_client as client, client.map(["a"]) as batch:
        for use in (copy.copy, copy.deepcopy, pickle.dumps):
            with pytest.raises(TypeError, match="batch cannot be copied or pickled"):
                use(batch)


async def test_items_are_turned_into_messages(local_client: AsyncChatRoutes) -> None:
    rows = [{"id": 7, "text": "good"}, {"id": 8, "text": "bad"}]

    async with local_client as client:
        results = await run(
            client,
            rows,
            message=lambda row: {"content": f"Rate: {row['text']}", "model": f"m{row['id']}"},
            key=lambda row: row["id"],
            model="gpt-4",
            conversation={"title": "Ratings", "systemPrompt": "One word."},
            ordered=True,
        )

        assert [result.item for result in results] == rows
        assert [result.key for result in results] == ["7", "8"]
        for result in results:
            assert result.response is not None
            assert result.response.get("model") == f"m{result.item['id']}"
            assert result.conversation_id is not None
            conversation = await client.conversations.get(result.conversation_id)
            assert conversation["title"] == "Ratings"
            assert conversation.get("systemPrompt") == "One word."
            assert conversation.get("model") == "gpt-4"


async def test_items_can_continue_conversations(local_client: AsyncChatRoutes) -> None:
    async with local_client as client:
        first = await run(client, ["a", "b"], ordered=True)

        second = await run(
            client,
            first,
            message=lambda result: f"After {result.item}",
            conversation_id=lambda result: result.conversation_id if result.index == 0 else None,
            conversation={"title": "New"},
            ordered=True,
        )

        assert second[0].conversation_id == first[0].conversation_id
        assert second[1].conversation_id not in {each.conversation_id for each in first}
        assert "sees 3 messages" in second[0].text
        assert "sees 1 message" in second[1].text


async def test_later_run_returns_the_stored_replies(local_client: AsyncChatRoutes) -> None:
    prompts = ["a", "b", "a"]

    async with local_client as client:
        first = await run(client, prompts, idempotency_key="run-1", ordered=True)
        total = (await client.conversations.list())["total"]
        again = await run(client, [*prompts, "c"], idempotency_key="run-1", ordered=True)
        others = await run(client, prompts, idempotency_key="run-2", ordered=True)
        new = await run(client, prompts, ordered=True)

        assert [each.response for each in again[:3]] == [each.response for each in first]
        ids = [each.conversation_id for each in (*first, *again[3:], *others, *new)]
        assert len(set(ids)) == 3 + 1 + 3 + 3  # equal prompts are sent separately
        assert (await client.conversations.list())["total"] == total + 1 + 3 + 3


async def test_changed_message_is_sent_again(local_client: AsyncChatRoutes) -> None:
    options: dict[str, Any] = {"idempotency_key": "run-3", "key": lambda _item: "the only one"}

    async with local_client as client:
        [first] = await run(client, ["a"], **options)
        [second] = await run(client, ["b"], **options)
        [third] = await run(client, ["b"], model="gpt-4", **options)

    assert len({each.conversation_id for each in (first, second, third)}) == 3


async def test_skipped_items_are_not_sent(local_client: AsyncChatRoutes) -> None:
    progress: list[BatchProgress] = []

    async with local_client as client:
        results = await run(client, ["a", "b", "a"], ordered=True)
        done = {result.key for result in results[:2]}
        [rest] = await run(client, ["a", "b", "a"], skip=done, on_progress=progress.append)

    assert (rest.index, rest.key) == (2, results[2].key)
    assert progress == [BatchProgress(completed=1, failed=0, skipped=2, total=3)]


@pytest.mark.parametrize("skip", [{7}, {"7"}, ["7"]])
async def test_keys_to_skip_are_numbers_or_texts(
    fault_server: FaultServer, skip: set[str | int]
) -> None:
    async with make_client(fault_server) as client:
        assert await run(client, [7], message=str, key=int, skip=skip) == []


async def test_message_whose_reply_was_cut_off_is_sent_again(server: LocalServer) -> None:
    """A program that was killed leaves a stopped reply, which the service keeps for its key."""
    server.set_replies([Reply("Hel", finish_reason="cancelled"), "Hello to you"])
    try:
        async with AsyncChatRoutes(server.api_key, server.base_url) as client:
            [result] = await run(client, ["Hello"], idempotency_key="cut")
            [again] = await run(client, ["Hello"], idempotency_key="cut")

            assert result.text == "Hello to you"
            assert again.response == result.response
            assert result.conversation_id is not None
            messages = await client.messages.list(result.conversation_id)
            assert [each["content"] for each in messages] == ["Hello", "Hello to you"]
    finally:
        server.set_replies(None)


async def test_compact_dialect_has_results(fault_server: FaultServer) -> None:
    complete = sse_event(
        {
            "type": "complete",
            "message": {"id": "m", "conversationId": "c", "role": "assistant", "content": "Hi"},
            "model": "gpt-5",
        }
    )
    fault_server.script(success_response({"id": "conv_2", "title": "a"}), event_stream(complete))

    async with make_client(fault_server) as client:
        [result] = await run(client, ["a"])

    assert (result.text, result.conversation_id) == ("Hi", "conv_2")
