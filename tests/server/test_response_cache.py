"""The cache of large responses: it never returns an outdated body."""

from __future__ import annotations

from pathlib import Path
from typing import Any

from chatroutes_server import LocalServer
from chatroutes_server.response_cache import MIN_SIZE, ResponseCache
from tests.support.server_api import Api

LARGE = b"x" * MIN_SIZE
LONG_TEXT = "long " * 20_000  # its responses are cached


def test_body_is_returned_for_its_version_only() -> None:
    cache = ResponseCache()

    cache.put("/a", 1, LARGE)

    assert cache.get("/a", 1) == LARGE
    assert cache.get("/a", 2) is None
    assert cache.get("/b", 1) is None


def test_new_version_replaces_the_earlier_one() -> None:
    cache = ResponseCache(max_memory=len(LARGE))
    cache.put("/a", 1, LARGE)

    cache.put("/a", 2, LARGE)

    assert cache.get("/a", 1) is None
    assert cache.get("/a", 2) == LARGE


def test_small_new_version_removes_the_earlier_one() -> None:
    cache = ResponseCache(max_memory=len(LARGE))
    cache.put("/a", 1, LARGE)

    cache.put("/a", 2, b"small")
    cache.put("/b", 1, LARGE)

    assert cache.get("/a", 1) is None
    assert cache.get("/a", 2) is None
    assert cache.get("/b", 1) == LARGE


def test_body_above_the_limit_is_not_stored() -> None:
    cache = ResponseCache(max_memory=len(LARGE))

    cache.put("/a", 1, LARGE + b"x")

    assert cache.get("/a", 1) is None


def test_least_recently_used_body_is_removed() -> None:
    cache = ResponseCache(max_memory=2 * len(LARGE))
    cache.put("/a", 1, LARGE)
    cache.put("/b", 1, LARGE)
    assert cache.get("/a", 1) == LARGE

    cache.put("/c", 1, LARGE)

    assert cache.get("/b", 1) is None
    assert cache.get("/a", 1) == cache.get("/c", 1) == LARGE


def test_every_change_is_in_the_next_response(tmp_path: Path) -> None:
    path = tmp_path / "chat.db"
    with LocalServer(database=path) as server, Api(server) as api:
        conversation_id = api.conversation()
        url = f"/conversations/{conversation_id}"
        main = api.main_branch(conversation_id)["id"]
        urls = [
            url,
            f"{url}/tree",
            f"{url}/tree?format=flat",
            f"{url}/tree?format=nested",
            f"{url}/messages",
            f"{url}/messages?limit=3",
            f"{url}/branches/{main}/messages",
        ]
        created: dict[str, Any] = {}

        def checkpoint() -> Any:
            body = {"branchId": main, "anchorMessageId": created["sent"]["userMessage"]["id"]}
            return api.data("POST", f"{url}/checkpoints", json=body)

        steps = {
            "sent": lambda: api.send(conversation_id, LONG_TEXT),
            "updated": lambda: api.data(
                "PATCH",
                f"/messages/{created['sent']['userMessage']['id']}",
                json={"content": f"{LONG_TEXT} changed"},
            ),
            "renamed": lambda: api.data("PATCH", url, json={"title": "Renamed"}),
            "fork": lambda: api.branch(conversation_id, "Fork"),
            "branch renamed": lambda: api.data(
                "PATCH", f"{url}/branches/{created['fork']['id']}", json={"title": "Other"}
            ),
            "sent on the fork": lambda: api.send(
                conversation_id, LONG_TEXT, branchId=created["fork"]["id"]
            ),
            "merged": lambda: api.data("POST", f"{url}/branches/{created['fork']['id']}/merge"),
            "branch deleted": lambda: api.data("DELETE", f"{url}/branches/{created['fork']['id']}"),
            "checkpoint": checkpoint,
            "message deleted": lambda: api.data(
                "DELETE", f"/messages/{created['sent']['message']['id']}"
            ),
        }
        seen: list[list[bytes]] = []
        for name, step in steps.items():
            created[name] = step()
            responses = [api.http.get(each).content for each in urls]
            # This server has an empty cache.
            with LocalServer(database=path) as other, Api(other) as other_api:
                assert [other_api.http.get(each).content for each in urls] == responses, name
            assert [api.http.get(each).content for each in urls] == responses, name
            assert min(map(len, responses)) > MIN_SIZE
            assert responses[:4] not in seen
            seen.append(responses[:4])

        api.data("DELETE", url)

        assert [api.http.get(each).status_code for each in urls] == [404] * len(urls)


def test_change_by_another_server_is_in_the_next_response(tmp_path: Path) -> None:
    path = tmp_path / "chat.db"
    with LocalServer(database=path) as server, Api(server) as api:
        conversation_id = api.conversation()
        api.send(conversation_id, LONG_TEXT)
        before = api.messages(conversation_id)

        with LocalServer(database=path) as other, Api(other) as other_api:
            sent = other_api.send(conversation_id, "from another server")

        assert api.messages(conversation_id) == [*before, sent["userMessage"], sent["message"]]
