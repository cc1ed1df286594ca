"""Messages, on the local server."""

from __future__ import annotations

import pytest

from chatroutes import AsyncChatRoutes, ConflictError, NotFoundError
from tests.support.payloads import HELLO

pytestmark = pytest.mark.transport


async def test_send_returns_both_messages_usage_and_model(client: AsyncChatRoutes) -> None:
    conversation = await client.conversations.create({"title": "T"})

    sent = await client.messages.send(conversation["id"], {"content": "Grüße", "model": "gpt-4"})

    assert (sent["userMessage"]["role"], sent["userMessage"]["content"]) == ("user", "Grüße")
    assert sent["assistantMessage"]["role"] == "assistant"
    assert "Grüße" in sent["assistantMessage"]["content"]
    assert sent["message"] == sent["assistantMessage"]
    assert sent["model"] == "gpt-4"
    assert sent["usage"]["totalTokens"] > 0


async def test_streamed_reply_matches_the_stored_message(client: AsyncChatRoutes) -> None:
    conversation = await client.conversations.create({"title": "T"})

    async with client.messages.stream(conversation["id"], HELLO) as stream:
        texts = [text async for text in stream.text_stream]
        response = await stream.get_final_response()

    stored = await client.messages.list(conversation["id"])
    assert len(texts) > 3
    assert "".join(texts) == stored[1]["content"] == response["assistantMessage"]["content"]
    assert [message["id"] for message in stored] == [
        response["userMessage"]["id"],
        response["assistantMessage"]["id"],
    ]


async def test_stream_adds_messages_to_a_branch(client: AsyncChatRoutes) -> None:
    conversation = await client.conversations.create({"title": "T"})
    branch = await client.branches.create(conversation["id"], {"title": "B"})

    stream = client.messages.stream(conversation["id"], {"content": "Hi", "branchId": branch["id"]})
    response = await stream.get_final_response()

    assert response["assistantMessage"]["branchId"] == branch["id"]
    assert await client.messages.list(conversation["id"]) == []
    assert len(await client.messages.list(conversation["id"], branch["id"])) == 2


async def test_update_changes_the_content(client: AsyncChatRoutes) -> None:
    conversation = await client.conversations.create({"title": "T"})
    sent = await client.messages.send(conversation["id"], HELLO)

    updated = await client.messages.update(sent["userMessage"]["id"], "Hello again")

    assert updated["content"] == "Hello again"
    stored = await client.messages.list(conversation["id"])
    assert stored[0]["content"] == "Hello again"


async def test_delete_removes_only_the_message(client: AsyncChatRoutes) -> None:
    conversation = await client.conversations.create({"title": "T"})
    sent = await client.messages.send(conversation["id"], HELLO)

    assert await client.messages.delete(sent["userMessage"]["id"]) is None

    stored = await client.messages.list(conversation["id"])
    assert [message["id"] for message in stored] == [sent["assistantMessage"]["id"]]
    with pytest.raises(NotFoundError):
        await client.messages.delete(sent["userMessage"]["id"])


async def test_stream_of_a_missing_conversation_raises_not_found_error(
    client: AsyncChatRoutes,
) -> None:
    with pytest.raises(NotFoundError) as caught:
        await client.messages.stream("conv_none", HELLO).get_final_text()
    assert caught.value.code == "NOT_FOUND"
    assert caught.value.partial_content == ""


async def test_sends_with_one_idempotency_key_create_one_message(client: AsyncChatRoutes) -> None:
    conversation = await client.conversations.create({"title": "T"})
    keyed_client = client.with_options(headers={"Idempotency-Key": "order-66"})

    first = await keyed_client.messages.send(conversation["id"], HELLO)
    second = await keyed_client.messages.send(conversation["id"], HELLO)

    assert second == first
    assert len(await client.messages.list(conversation["id"])) == 2
    with pytest.raises(ConflictError):
        await keyed_client.messages.send(conversation["id"], {"content": "Something else"})
