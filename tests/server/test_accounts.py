"""Several keys: each is an account of its own."""

from __future__ import annotations

import hashlib
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import httpx
import pytest

from chatroutes_server import LocalServer
from tests.support.server_api import Api


@pytest.fixture(scope="module")
def shared() -> Iterator[LocalServer]:
    with LocalServer(api_key="mine", api_keys=["yours"]) as running:
        yield running


@pytest.fixture
def mine(shared: LocalServer) -> Iterator[Api]:
    with Api(shared, "mine") as api:
        yield api


@pytest.fixture
def yours(shared: LocalServer) -> Iterator[Api]:
    with Api(shared, "yours") as api:
        yield api


def test_each_key_lists_its_own_conversations(mine: Api, yours: Api) -> None:
    own, other = mine.conversation(), yours.conversation()

    def listed(api: Api) -> set[str]:
        data = api.data("GET", "/conversations", params={"limit": 100})
        assert data["total"] == len(data["conversations"])
        return {each["id"] for each in data["conversations"]}

    assert own in listed(mine)
    assert other not in listed(mine)
    assert other in listed(yours)
    assert own not in listed(yours)


def test_each_key_is_another_user(mine: Api, yours: Api) -> None:
    def user(api: Api) -> str:
        return api.data("POST", "/conversations", json={"title": "x"})["conversation"]["userId"]

    assert user(mine) == "user_local"
    assert user(yours) == "user_" + hashlib.sha256(b"yours").hexdigest()[:24]


CALLS = [
    ("GET", "/conversations/{c}", None),
    ("PATCH", "/conversations/{c}", {"title": "x"}),
    ("DELETE", "/conversations/{c}", None),
    ("GET", "/conversations/{c}/tree", None),
    ("POST", "/conversations/{c}/messages", {"content": "x"}),
    ("POST", "/conversations/{c}/messages/stream", {"content": "x"}),
    ("GET", "/conversations/{c}/messages", None),
    ("PATCH", "/messages/{m}", {"content": "x"}),
    ("DELETE", "/messages/{m}", None),
    ("GET", "/conversations/{c}/branches", None),
    ("POST", "/conversations/{c}/branches", {"title": "x"}),
    ("POST", "/conversations/{c}/fork", {"title": "x", "forkPointMessageId": "{m}"}),
    ("PATCH", "/conversations/{c}/branches/{b}", {"title": "x"}),
    ("DELETE", "/conversations/{c}/branches/{b}", None),
    ("GET", "/conversations/{c}/branches/{b}/messages", None),
    ("POST", "/conversations/{c}/branches/{b}/messages", {"content": "x"}),
    ("POST", "/conversations/{c}/branches/{b}/merge", None),
]


@pytest.mark.parametrize(("method", "path", "body"), CALLS, ids=lambda part: str(part))
def test_what_is_anothers_is_404_in_the_words_for_what_is_not_there(
    mine: Api, yours: Api, method: str, path: str, body: Any
) -> None:
    conversation_id = mine.conversation()
    branch = mine.branch(conversation_id, "Aside")
    sent = mine.send(conversation_id, "secret", branchId=branch["id"])
    ids = {"c": conversation_id, "b": branch["id"], "m": sent["message"]["id"]}
    before = mine.data("GET", f"/conversations/{conversation_id}/tree")

    def refusal(ids: dict[str, str]) -> tuple[int, str, str]:
        status, code, text = yours.error(method, path.format(**ids), json=body)
        return status, code, text.replace(ids["c"], "c").replace(ids["m"], "m")

    refused = refusal(ids)

    assert refused[:2] == (404, "NOT_FOUND")
    assert refused == refusal({"c": "conv_0", "b": "br_0", "m": "msg_0"})
    assert mine.data("GET", f"/conversations/{conversation_id}/tree") == before


def test_anothers_messages_and_branches_cannot_be_named_in_a_body(mine: Api, yours: Api) -> None:
    theirs = yours.conversation()
    message_id = yours.send(theirs, "secret")["message"]["id"]
    branch_id = yours.main_branch(theirs)["id"]
    path = f"/conversations/{mine.conversation()}"

    forked = mine.error(
        "POST", f"{path}/fork", json={"title": "x", "forkPointMessageId": message_id}
    )
    sent = mine.error("POST", f"{path}/messages", json={"content": "x", "branchId": branch_id})

    assert (forked[0], sent[0]) == (404, 404)


def test_an_idempotency_key_is_the_accounts_own(mine: Api, yours: Api) -> None:
    def create(api: Api, title: str) -> httpx.Response:
        headers = {"Idempotency-Key": "same"}
        return api.http.post("/conversations", json={"title": title}, headers=headers)

    first, second = create(mine, "mine"), create(yours, "yours")

    assert (first.status_code, second.status_code) == (201, 201)
    assert second.json()["data"]["conversation"]["title"] == "yours"


def test_an_account_stays_with_its_key_whatever_the_order(tmp_path: Path) -> None:
    database = tmp_path / "kept.db"

    def seen(key: str, *keys: str) -> list[str]:
        running = LocalServer(api_key=keys[0], api_keys=keys[1:], database=database)
        with running as server, Api(server, key) as api:
            found = api.data("GET", "/conversations")["conversations"]
            api.data("POST", "/conversations", json={"title": key})
            return [each["title"] for each in found]

    assert seen("a", "a", "b") == []
    assert seen("b", "a", "b") == []
    assert seen("b", "b", "a") == ["b"]
    assert seen("a", "b", "a") == ["a"]
    assert seen("new", "new", "a") == []
    assert seen("made-up", "made-up") == ["a", "a"]


def test_a_key_of_an_earlier_start_lets_nobody_in(tmp_path: Path) -> None:
    database = tmp_path / "kept.db"
    with LocalServer(api_key="old", api_keys=["older"], database=database):
        pass

    with LocalServer(database=database) as server:
        for key in ("old", "older"):
            response = httpx.get(
                f"{server.base_url}/conversations", headers={"X-API-Key": key}, verify=False
            )
            assert response.status_code == 401


def test_no_key_is_in_the_database(tmp_path: Path) -> None:
    database = tmp_path / "kept.db"
    running = LocalServer(api_key="a-secret", api_keys=["b-secret"], database=database)
    with running as server, Api(server) as api:
        api.conversation()

    assert b"-secret" not in database.read_bytes()
    assert hashlib.sha256(b"b-secret").hexdigest().encode() in database.read_bytes()
