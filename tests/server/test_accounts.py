"""Accounts: each API key has its own data."""

from __future__ import annotations

import hashlib
from collections.abc import Callable, Iterator
from pathlib import Path

import httpx
import pytest

from chatroutes_server import LocalServer
from tests.support.server_api import Api

pytestmark = pytest.mark.engine


@pytest.fixture(scope="module")
def shared_server(new_database: Callable[[], str | None]) -> Iterator[LocalServer]:
    database = new_database()
    with LocalServer(api_key="alice-key", api_keys=["bob-key"], database=database) as local_server:
        yield local_server


@pytest.fixture
def alice(shared_server: LocalServer) -> Iterator[Api]:
    with Api(shared_server, "alice-key") as api:
        yield api


@pytest.fixture
def bob(shared_server: LocalServer) -> Iterator[Api]:
    with Api(shared_server, "bob-key") as api:
        yield api


def test_each_key_lists_its_own_conversations(alice: Api, bob: Api) -> None:
    own, other = alice.conversation(), bob.conversation()

    def list_ids(api: Api) -> set[str]:
        data = api.data("GET", "/conversations", params={"limit": 100})
        assert data["total"] == len(data["conversations"])
        return {each["id"] for each in data["conversations"]}

    assert own in list_ids(alice)
    assert other not in list_ids(alice)
    assert other in list_ids(bob)
    assert own not in list_ids(bob)


def test_each_key_has_its_own_user_id(alice: Api, bob: Api) -> None:
    def create_and_get_user_id(api: Api) -> str:
        return api.data("POST", "/conversations", json={"title": "x"})["conversation"]["userId"]

    assert create_and_get_user_id(alice) == "user_local"
    assert create_and_get_user_id(bob) == "user_" + hashlib.sha256(b"bob-key").hexdigest()[:24]


def test_idempotency_keys_are_scoped_to_the_account(alice: Api, bob: Api) -> None:
    def create(api: Api, title: str) -> httpx.Response:
        headers = {"Idempotency-Key": "same"}
        return api.http.post("/conversations", json={"title": title}, headers=headers)

    first, second = create(alice, "Alice"), create(bob, "Bob")

    assert (first.status_code, second.status_code) == (201, 201)
    assert second.json()["data"]["conversation"]["title"] == "Bob"


def test_accounts_do_not_depend_on_the_order_of_the_keys(tmp_path: Path) -> None:
    database = tmp_path / "kept.db"

    def list_titles_and_add_one(key: str, *keys: str) -> list[str]:
        local_server = LocalServer(api_key=keys[0], api_keys=keys[1:], database=database)
        with local_server as server, Api(server, key) as api:
            conversations = api.data("GET", "/conversations")["conversations"]
            api.data("POST", "/conversations", json={"title": key})
            return [each["title"] for each in conversations]

    assert list_titles_and_add_one("a", "a", "b") == []
    assert list_titles_and_add_one("b", "a", "b") == []
    assert list_titles_and_add_one("b", "b", "a") == ["b"]
    assert list_titles_and_add_one("a", "b", "a") == ["a"]
    assert list_titles_and_add_one("new", "new", "a") == []
    assert list_titles_and_add_one("unknown", "unknown") == ["a", "a"]


def test_keys_of_an_earlier_start_are_rejected(tmp_path: Path) -> None:
    database = tmp_path / "kept.db"
    with LocalServer(api_key="old", api_keys=["older"], database=database):
        pass

    with LocalServer(database=database) as server:
        for key in ("old", "older"):
            response = httpx.get(
                f"{server.base_url}/conversations", headers={"X-API-Key": key}, verify=False
            )
            assert response.status_code == 401


def test_database_contains_hashes_instead_of_keys(tmp_path: Path) -> None:
    database = tmp_path / "kept.db"
    local_server = LocalServer(api_key="a-secret", api_keys=["b-secret"], database=database)
    with local_server as server, Api(server) as api:
        api.conversation()

    assert b"-secret" not in database.read_bytes()
    assert hashlib.sha256(b"b-secret").hexdigest().encode() in database.read_bytes()
