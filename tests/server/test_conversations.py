"""Conversations: create, list, get, update and delete."""

from __future__ import annotations

import re
from concurrent.futures import ThreadPoolExecutor

import pytest

from chatroutes_server import LocalServer
from tests.support.server_api import Api

pytestmark = pytest.mark.engine

TIMESTAMP = re.compile(r"\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\.\d{3}Z")


def test_create_returns_201_with_the_conversation_and_an_empty_main_branch(api: Api) -> None:
    fields = {
        "title": "Trip",
        "model": "claude-opus-4",
        "systemPrompt": "Be brief.",
        "temperature": 0.5,
        "maxTokens": 100,
    }

    response = api.http.post("/conversations", json=fields)

    assert response.status_code == 201
    conversation = response.json()["data"]["conversation"]
    assert {name: conversation[name] for name in fields} == fields
    assert conversation["id"].startswith("conv_")
    assert TIMESTAMP.fullmatch(conversation["createdAt"])
    [main] = conversation["branches"]
    assert (main["title"], main["isMain"], main["isActive"]) == ("Main", True, True)
    assert main["messageCount"] == 0


def test_default_model_is_gpt_5_and_null_fields_are_ignored(api: Api) -> None:
    body = {"title": "Trip", "model": None, "temperature": None, "systemPrompt": None}

    created = api.data("POST", "/conversations", json=body)["conversation"]

    assert created["model"] == "gpt-5"
    assert "temperature" not in created
    assert "systemPrompt" not in created


def test_get_returns_all_branches_and_the_main_messages(api: Api) -> None:
    conversation_id = api.conversation()
    sent = api.send(conversation_id, "one")
    branch = api.branch(conversation_id, "Aside")
    api.send(conversation_id, "elsewhere", branchId=branch["id"])

    conversation = api.data("GET", f"/conversations/{conversation_id}")["conversation"]

    assert [each["title"] for each in conversation["branches"]] == ["Main", "Aside"]
    assert [each["messageCount"] for each in conversation["branches"]] == [2, 4]
    assert conversation["messages"] == [sent["userMessage"], sent["assistantMessage"]]


def test_update_changes_only_the_given_fields(api: Api) -> None:
    conversation_id = api.conversation(systemPrompt="Be brief.", temperature=1)
    path = f"/conversations/{conversation_id}"
    before = api.data("GET", path)["conversation"]

    changes = {"title": "New", "systemPrompt": "", "temperature": None}
    after = api.data("PATCH", path, json=changes)["conversation"]

    assert after["title"] == "New"
    assert after["temperature"] == 1
    assert "systemPrompt" not in after
    assert after["updatedAt"] > before["updatedAt"]


def test_update_without_fields_keeps_updated_at(api: Api) -> None:
    path = f"/conversations/{api.conversation()}"
    before = api.data("GET", path)["conversation"]["updatedAt"]

    assert api.data("PATCH", path, json={})["conversation"]["updatedAt"] == before


def test_every_change_in_a_conversation_increases_updated_at(api: Api) -> None:
    conversation_id = api.conversation()
    path = f"/conversations/{conversation_id}"
    times = [api.data("GET", path)["conversation"]["updatedAt"]]

    def record_time() -> None:
        times.append(api.data("GET", path)["conversation"]["updatedAt"])

    message = api.send(conversation_id, "one")["userMessage"]
    record_time()
    branch = api.branch(conversation_id, "Aside")
    record_time()
    api.data("PATCH", f"{path}/branches/{branch['id']}", json={"title": "Other"})
    record_time()
    api.data("PATCH", f"/messages/{message['id']}", json={"content": "two"})
    record_time()
    api.data("DELETE", f"/messages/{message['id']}")
    record_time()
    api.data("POST", f"{path}/branches/{branch['id']}/merge", json={})
    record_time()
    api.data("DELETE", f"{path}/branches/{branch['id']}")
    record_time()

    assert times == sorted(set(times))
    assert len(times) == 8


def test_delete_removes_the_conversation_and_everything_in_it(api: Api) -> None:
    conversation_id = api.conversation()
    sent = api.send(conversation_id, "one")
    first = api.branch(conversation_id, "Aside", sent["userMessage"]["id"])
    deep = api.send(conversation_id, "deep", branchId=first["id"])
    api.branch(conversation_id, "Deeper", deep["message"]["id"])
    path = f"/conversations/{conversation_id}"

    response = api.http.delete(path)

    assert response.json() == {"success": True}
    for path_suffix in ("", "/tree", "/messages", "/branches", f"/branches/{first['id']}/messages"):
        assert api.error("GET", path + path_suffix)[:2] == (404, "NOT_FOUND")
    assert api.error("DELETE", path)[0] == 404
    assert api.error("DELETE", f"/messages/{deep['message']['id']}")[0] == 404
    assert api.error("POST", f"{path}/messages", json={"content": "hello"})[0] == 404


def test_pages_are_sorted_by_last_change_and_disjoint() -> None:
    with LocalServer() as server, Api(server) as api:
        ids = [api.conversation() for _ in range(5)]
        api.send(ids[1], "a new message")
        pages = [
            api.data("GET", "/conversations", params={"page": page, "limit": 2})
            for page in (1, 2, 3, 4)
        ]

    listed = [[each["id"] for each in page["conversations"]] for page in pages]
    assert listed == [[ids[1], ids[4]], [ids[3], ids[2]], [ids[0]], []]
    assert [page["hasNext"] for page in pages] == [True, True, False, False]
    assert {page["total"] for page in pages} == {5}


def test_list_has_the_fields_of_both_dialects(api: Api) -> None:
    api.conversation()

    body = api.http.get("/conversations", params={"limit": 1}).json()

    data = body["data"]
    assert set(data) == {"conversations", "total", "page", "limit", "hasNext"}
    assert {name: body[name] for name in data} == data
    assert "messages" not in data["conversations"][0]


def test_shared_filter_returns_nothing(api: Api) -> None:
    api.conversation()

    def total(value: str) -> int:
        return api.data("GET", "/conversations", params={"filter": value})["total"]

    assert total("shared") == 0
    assert total("owned") == total("all") > 0


@pytest.mark.parametrize("page", ["2000000", "9" * 30])
def test_page_beyond_the_end_is_empty(api: Api, page: str) -> None:
    api.conversation()

    page_data = api.data("GET", "/conversations", params={"page": page, "limit": 100})

    assert page_data["conversations"] == []
    assert page_data["hasNext"] is False


def test_concurrent_requests_succeed(api: Api) -> None:
    conversation_id = api.conversation()

    def send(number: int) -> int:
        return api.http.post(
            f"/conversations/{conversation_id}/messages", json={"content": f"number {number}"}
        ).status_code

    with ThreadPoolExecutor(20) as pool:
        statuses = list(pool.map(send, range(60)))

    assert statuses == [200] * 60
    messages = api.messages(conversation_id)
    user_contents = sorted(each["content"] for each in messages if each["role"] == "user")
    assert user_contents == sorted(f"number {number}" for number in range(60))
    assert len(messages) == 120
