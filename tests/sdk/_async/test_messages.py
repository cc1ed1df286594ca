"""Messages, on the real server."""

from __future__ import annotations

import pytest

from chatroutes import AsyncChatRoutes, ConflictError, NotFoundError
from tests.support.payloads import HELLO


async def test_send_gives_both_messages_usage_and_model(client: AsyncChatRoutes) -> None:
    conversation = await client.conversations.create({"title": "T"})

    sent = await client.messages.send(conversation["id"], {"content": "Grüße", "model": "gpt-4"})

    assert (sent["userMessage"]["role"], sent["userMessage"]["content"]) == ("user", "Grüße")
    assert sent["assistantMessage"]["role"] == "assistant"
    assert "Grüße" in sent["assistantMessage"]["content"]
    assert sent["message"] == sent["assistantMessage"]
    assert sent["model"] == "gpt-4"
    assert sent["usage"]["totalTokens"] > 0


async def test_a_streamed_reply_is_the_stored_one(client: AsyncChatRoutes) -> None:
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


async def test_callbacks_get_every_chunk_and_then_the_response_once(
    client: AsyncChatRoutes,
) -> None:
    conversation = await client.conversations.create({"title": "T"})
    texts: list[str] = []
    responses = []

    result = await client.messages.stream(
        conversation["id"],
        HELLO,
        lambda chunk: texts.append(chunk["choices"][0]["delta"].get("content") or ""),
        responses.append,
    )

    assert result is None
    (response,) = responses
    assert "".join(texts) == response["assistantMessage"]["content"]


async def test_stream_to_a_branch(client: AsyncChatRoutes) -> None:
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


async def test_a_deleted_message_is_gone_and_the_others_stay(client: AsyncChatRoutes) -> None:
    conversation = await client.conversations.create({"title": "T"})
    sent = await client.messages.send(conversation["id"], HELLO)

    assert await client.messages.delete(sent["userMessage"]["id"]) is None

    stored = await client.messages.list(conversation["id"])
    assert [message["id"] for message in stored] == [sent["assistantMessage"]["id"]]
    with pytest.raises(NotFoundError):
        await client.messages.delete(sent["userMessage"]["id"])


async def test_an_error_before_the_stream_has_its_class(client: AsyncChatRoutes) -> None:
    with pytest.raises(NotFoundError) as caught:
        await client.messages.stream("conv_none", HELLO).get_final_text()
    assert caught.value.code == "NOT_FOUND"
    assert caught.value.partial_content == ""


async def test_a_key_of_ones_own_makes_two_sends_one(client: AsyncChatRoutes) -> None:
    conversation = await client.conversations.create({"title": "T"})
    own = client.with_options(headers={"Idempotency-Key": "order-66"})

    first = await own.messages.send(conversation["id"], HELLO)
    again = await own.messages.send(conversation["id"], HELLO)

    assert again == first
    assert len(await client.messages.list(conversation["id"])) == 2
    with pytest.raises(ConflictError):
        await own.messages.send(conversation["id"], {"content": "Something else"})
