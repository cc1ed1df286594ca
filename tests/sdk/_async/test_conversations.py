"""Conversations, on the local server."""

from __future__ import annotations

import pytest

from chatroutes import AsyncChatRoutes, NotFoundError, ValidationError


async def test_get_returns_a_created_conversation(client: AsyncChatRoutes) -> None:
    created = await client.conversations.create({"title": "Über Äpfel", "model": "gpt-4"})

    conversation = await client.conversations.get(created["id"])

    assert (conversation["id"], conversation["title"], conversation["model"]) == (
        created["id"],
        "Über Äpfel",
        "gpt-4",
    )
    assert [branch["isMain"] for branch in conversation["branches"]] == [True]
    assert conversation["messages"] == []


async def test_list_returns_the_requested_page(client: AsyncChatRoutes) -> None:
    ids = [(await client.conversations.create({"title": f"T{n}"}))["id"] for n in range(3)]

    page = await client.conversations.list({"page": 1, "limit": 2, "filter": "owned"})

    assert [each["id"] for each in page["data"]] == [ids[2], ids[1]]
    assert (page["page"], page["limit"], page["hasNext"]) == (1, 2, True)
    assert page["total"] >= 3


async def test_iterate_yields_each_conversation_once(
    client: AsyncChatRoutes,
) -> None:
    ids = {(await client.conversations.create({"title": "T"}))["id"] for _ in range(5)}
    total = (await client.conversations.list())["total"]

    iterated_ids = [each["id"] async for each in client.conversations.iterate({"limit": 2})]

    assert len(iterated_ids) == len(set(iterated_ids)) == total
    assert ids <= set(iterated_ids)


async def test_iterate_starts_at_the_requested_page(client: AsyncChatRoutes) -> None:
    for _ in range(3):
        await client.conversations.create({"title": "T"})
    all_ids = [each["id"] async for each in client.conversations.iterate()]

    iterated_ids = [
        each["id"] async for each in client.conversations.iterate({"limit": 2, "page": 2})
    ]

    assert iterated_ids == all_ids[2:]


async def test_iterate_does_not_modify_params(client: AsyncChatRoutes) -> None:
    params = {"limit": 1}
    await client.conversations.create({"title": "T"})

    async for _ in client.conversations.iterate(params):
        pass

    assert params == {"limit": 1}


async def test_update_changes_only_the_given_fields(client: AsyncChatRoutes) -> None:
    created = await client.conversations.create({"title": "Old", "model": "gpt-4"})

    updated = await client.conversations.update(created["id"], {"title": "New"})

    assert (updated["title"], updated["model"]) == ("New", "gpt-4")
    assert (await client.conversations.get(created["id"]))["title"] == "New"


async def test_delete_removes_the_conversation(client: AsyncChatRoutes) -> None:
    created = await client.conversations.create({"title": "T"})

    assert await client.conversations.delete(created["id"]) is None

    with pytest.raises(NotFoundError) as caught:
        await client.conversations.get(created["id"])
    assert (caught.value.status_code, caught.value.code) == (404, "NOT_FOUND")
    assert caught.value.request_id


async def test_get_tree_returns_every_message(client: AsyncChatRoutes) -> None:
    created = await client.conversations.create({"title": "T"})
    sent = await client.messages.send(created["id"], {"content": "Hi"})

    tree = await client.conversations.get_tree(created["id"])

    assert tree["conversation"]["id"] == created["id"]
    assert tree["metadata"]["totalNodes"] == 2
    (first,) = tree["tree"]["children"]
    (second,) = first["children"]
    assert first["id"] == sent["userMessage"]["id"]
    assert second["id"] == sent["assistantMessage"]["id"]


@pytest.mark.parametrize("title", ["", 5])
async def test_invalid_title_raises_validation_error(
    client: AsyncChatRoutes, title: object
) -> None:
    with pytest.raises(ValidationError) as caught:
        await client.conversations.create({"title": title})
    assert caught.value.status_code == 400
    assert "title" in caught.value.message


async def test_ids_with_path_separators_do_not_reach_another_conversation(
    client: AsyncChatRoutes,
) -> None:
    created = await client.conversations.create({"title": "T"})

    with pytest.raises(NotFoundError):
        await client.conversations.get(f"x/../{created['id']}?x=1")
    with pytest.raises(NotFoundError):
        await client.conversations.delete(f"x/../{created['id']}")
    assert (await client.conversations.get(created["id"]))["id"] == created["id"]
