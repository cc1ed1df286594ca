"""Conversations over HTTP."""

from __future__ import annotations

import re
from concurrent.futures import ThreadPoolExecutor

import pytest

from chatroutes_server import LocalServer
from tests.support.server_api import Api

TIME = re.compile(r"\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\.\d{3}Z")


def test_creating_answers_201_with_what_was_given_and_an_empty_main_branch(api: Api) -> None:
    given = {
        "title": "Trip",
        "model": "claude-opus-4",
        "systemPrompt": "Be brief.",
        "temperature": 0.5,
        "maxTokens": 100,
    }

    response = api.http.post("/conversations", json=given)

    assert response.status_code == 201
    conversation = response.json()["data"]["conversation"]
    assert {name: conversation[name] for name in given} == given
    assert conversation["id"].startswith("conv_")
    assert TIME.fullmatch(conversation["createdAt"])
    [main] = conversation["branches"]
    assert (main["title"], main["isMain"], main["isActive"]) == ("Main", True, True)
    assert main["messageCount"] == 0


def test_the_default_model_is_gpt_5_and_null_means_not_given(api: Api) -> None:
    body = {"title": "Trip", "model": None, "temperature": None, "systemPrompt": None}

    created = api.data("POST", "/conversations", json=body)["conversation"]

    assert created["model"] == "gpt-5"
    assert "temperature" not in created
    assert "systemPrompt" not in created


def test_getting_brings_all_branches_and_the_messages_of_main(api: Api) -> None:
    conversation_id = api.conversation()
    sent = api.send(conversation_id, "one")
    branch = api.branch(conversation_id, "Aside")
    api.send(conversation_id, "elsewhere", branchId=branch["id"])

    got = api.data("GET", f"/conversations/{conversation_id}")["conversation"]

    assert [each["title"] for each in got["branches"]] == ["Main", "Aside"]
    assert [each["messageCount"] for each in got["branches"]] == [2, 4]
    assert got["messages"] == [sent["userMessage"], sent["assistantMessage"]]


def test_updating_changes_what_is_given_and_leaves_the_rest(api: Api) -> None:
    conversation_id = api.conversation(systemPrompt="Be brief.", temperature=1)
    path = f"/conversations/{conversation_id}"
    before = api.data("GET", path)["conversation"]

    changes = {"title": "New", "systemPrompt": "", "temperature": None}
    after = api.data("PATCH", path, json=changes)["conversation"]

    assert after["title"] == "New"
    assert after["temperature"] == 1
    assert "systemPrompt" not in after
    assert after["updatedAt"] > before["updatedAt"]


def test_updating_nothing_leaves_the_time_of_the_last_change(api: Api) -> None:
    path = f"/conversations/{api.conversation()}"
    before = api.data("GET", path)["conversation"]["updatedAt"]

    assert api.data("PATCH", path, json={})["conversation"]["updatedAt"] == before


def test_every_change_in_a_conversation_moves_its_time(api: Api) -> None:
    conversation_id = api.conversation()
    path = f"/conversations/{conversation_id}"
    times = [api.data("GET", path)["conversation"]["updatedAt"]]

    def note() -> None:
        times.append(api.data("GET", path)["conversation"]["updatedAt"])

    message = api.send(conversation_id, "one")["userMessage"]
    note()
    branch = api.branch(conversation_id, "Aside")
    note()
    api.data("PATCH", f"{path}/branches/{branch['id']}", json={"title": "Other"})
    note()
    api.data("PATCH", f"/messages/{message['id']}", json={"content": "two"})
    note()
    api.data("DELETE", f"/messages/{message['id']}")
    note()
    api.data("POST", f"{path}/branches/{branch['id']}/merge", json={})
    note()
    api.data("DELETE", f"{path}/branches/{branch['id']}")
    note()

    assert times == sorted(set(times))
    assert len(times) == 8


def test_a_deleted_conversation_is_gone_with_all_that_was_in_it(api: Api) -> None:
    conversation_id = api.conversation()
    sent = api.send(conversation_id, "one")
    first = api.branch(conversation_id, "Aside", sent["userMessage"]["id"])
    deep = api.send(conversation_id, "deep", branchId=first["id"])
    api.branch(conversation_id, "Deeper", deep["message"]["id"])
    path = f"/conversations/{conversation_id}"

    response = api.http.delete(path)

    assert response.json() == {"success": True}
    for gone in ("", "/tree", "/messages", "/branches", f"/branches/{first['id']}/messages"):
        assert api.error("GET", path + gone)[:2] == (404, "NOT_FOUND")
    assert api.error("DELETE", path)[0] == 404
    assert api.error("DELETE", f"/messages/{deep['message']['id']}")[0] == 404
    assert api.error("POST", f"{path}/messages", json={"content": "hello"})[0] == 404


def test_pages_are_newest_change_first_and_disjoint() -> None:
    with LocalServer() as server, Api(server) as api:
        ids = [api.conversation() for _ in range(5)]
        api.send(ids[1], "this one is new again")
        pages = [
            api.data("GET", "/conversations", params={"page": page, "limit": 2})
            for page in (1, 2, 3, 4)
        ]

    listed = [[each["id"] for each in page["conversations"]] for page in pages]
    assert listed == [[ids[1], ids[4]], [ids[3], ids[2]], [ids[0]], []]
    assert [page["hasNext"] for page in pages] == [True, True, False, False]
    assert {page["total"] for page in pages} == {5}


def test_a_list_speaks_both_dialects(api: Api) -> None:
    api.conversation()

    body = api.http.get("/conversations", params={"limit": 1}).json()

    data = body["data"]
    assert set(data) == {"conversations", "total", "page", "limit", "hasNext"}
    assert {name: body[name] for name in data} == data
    assert "messages" not in data["conversations"][0]


def test_nothing_is_shared_on_ones_own_machine(api: Api) -> None:
    api.conversation()

    def total(which: str) -> int:
        return api.data("GET", "/conversations", params={"filter": which})["total"]

    assert total("shared") == 0
    assert total("owned") == total("all") > 0


@pytest.mark.parametrize("page", ["2000000", "9" * 30])
def test_a_page_far_past_the_end_is_empty(api: Api, page: str) -> None:
    api.conversation()

    found = api.data("GET", "/conversations", params={"page": page, "limit": 100})

    assert found["conversations"] == []
    assert found["hasNext"] is False


def test_many_requests_at_once_all_succeed(api: Api) -> None:
    conversation_id = api.conversation()

    def work(number: int) -> int:
        return api.http.post(
            f"/conversations/{conversation_id}/messages", json={"content": f"number {number}"}
        ).status_code

    with ThreadPoolExecutor(20) as pool:
        statuses = list(pool.map(work, range(60)))

    assert statuses == [200] * 60
    messages = api.messages(conversation_id)
    asked = sorted(each["content"] for each in messages if each["role"] == "user")
    assert asked == sorted(f"number {number}" for number in range(60))
    assert len(messages) == 120
