"""Pages of messages, branches and checkpoints."""

from __future__ import annotations

import base64
import re
from collections.abc import Iterable, Sequence
from pathlib import Path
from typing import Any

import pytest

from chatroutes_server import LocalServer
from chatroutes_server.store import branches, checkpoints, messages
from chatroutes_server.store.connection import NO_PARAMETERS, Connection, Parameters, Row
from chatroutes_server.store.database import Database
from chatroutes_server.store.page import Page
from tests.support.long_conversation import create_long_conversation
from tests.support.server_api import Api

pytestmark = pytest.mark.engine


def ids(objects: list[Any]) -> list[str]:
    return [each["id"] for each in objects]


def create_lists(api: Api) -> dict[str, str]:
    """Create a conversation with several messages, branches and checkpoints.

    Returns the path of each list, by the name of the list.
    """
    conversation_id = api.conversation()
    path = f"/conversations/{conversation_id}"
    first = api.send(conversation_id, "one")["userMessage"]["id"]
    for title in ("A", "B", "C"):
        branch = api.branch(conversation_id, title, first)
        api.send(conversation_id, title, branchId=branch["id"])
        body = {"branchId": branch["id"], "anchorMessageId": first}
        api.data("POST", f"{path}/checkpoints", json=body)
    return {
        "messages": f"{path}/branches/{branch['id']}/messages",
        "branches": f"{path}/branches",
        "checkpoints": f"{path}/checkpoints",
    }


@pytest.fixture(scope="module")
def lists(server: LocalServer) -> dict[str, str]:
    """Return the path of each list of a conversation that no test changes."""
    with Api(server) as api:
        return create_lists(api)


@pytest.mark.parametrize("limit", [1, 2, 3, 4, 1000])
def test_pages_have_the_objects_of_the_list(api: Api, lists: dict[str, str], limit: int) -> None:
    for name, path in lists.items():
        everything = api.data("GET", path)
        assert set(everything) == {name}
        assert len(everything[name]) >= 3

        assert api.pages(path, name, limit) == everything[name]


def test_last_full_page_has_no_cursor(api: Api, lists: dict[str, str]) -> None:
    for name, path in lists.items():
        count = len(api.data("GET", path)[name])
        assert "nextCursor" not in api.data("GET", path, params={"limit": count})
        assert "nextCursor" in api.data("GET", path, params={"limit": count - 1})


def test_cursor_without_limit_continues_to_the_end(api: Api, lists: dict[str, str]) -> None:
    for name, path in lists.items():
        everything = api.data("GET", path)[name]
        cursor = api.data("GET", path, params={"limit": 1})["nextCursor"]

        assert api.data("GET", path, params={"cursor": cursor}) == {name: everything[1:]}


def test_empty_lists_have_one_page(api: Api) -> None:
    path = f"/conversations/{api.conversation()}"
    for name in ("messages", "checkpoints"):
        assert api.data("GET", f"{path}/{name}", params={"limit": 1}) == {name: []}


def test_both_lists_of_messages_have_the_same_pages(api: Api) -> None:
    conversation_id = api.conversation()
    path, main = f"/conversations/{conversation_id}", api.main_branch(conversation_id)["id"]
    api.send(conversation_id, "one")
    urls = [f"{path}/messages", f"{path}/messages?branchId={main}"]
    urls.append(f"{path}/branches/{main}/messages")

    first, second, third = (api.data("GET", url, params={"limit": 1}) for url in urls)

    assert first == second == third


def test_checkpoints_of_one_branch_have_pages(api: Api) -> None:
    path = create_lists(api)["checkpoints"]
    branch_id = api.data("GET", path)["checkpoints"][1]["branch_id"]
    anchor = api.data("GET", path)["checkpoints"][0]["anchor_message_id"]
    for _ in range(3):
        body = {"branchId": branch_id, "anchorMessageId": anchor}
        api.data("POST", path, json=body)

    paged = api.pages(path, "checkpoints", 3, branchId=branch_id)

    assert paged == api.data("GET", path, params={"branchId": branch_id})["checkpoints"]
    assert len(paged) == 4


def test_messages_that_are_added_or_deleted_change_no_other_message(api: Api) -> None:
    conversation_id = api.conversation()
    path = f"/conversations/{conversation_id}/messages"
    for number in range(3):
        api.send(conversation_id, f"{number}")
    before = api.messages(conversation_id)
    page = api.data("GET", path, params={"limit": 2})

    for each in (before[0], before[1], before[3]):  # the cursor is that of before[1]
        api.data("DELETE", f"/messages/{each['id']}")
    fork = api.branch(conversation_id, "Fork", before[2]["id"])
    api.send(conversation_id, "elsewhere", branchId=fork["id"])
    added = api.send(conversation_id, "added")
    rest = api.data("GET", path, params={"limit": 100, "cursor": page["nextCursor"]})["messages"]

    expected = [before[2], before[4], before[5], added["userMessage"], added["message"]]
    assert ids(rest) == ids(expected)
    assert rest == api.messages(conversation_id)


def test_branches_that_are_added_or_deleted_change_no_other_branch(api: Api) -> None:
    conversation_id = api.conversation()
    path = f"/conversations/{conversation_id}/branches"
    created = [api.branch(conversation_id, f"{number}") for number in range(4)]
    page = api.data("GET", path, params={"limit": 2})

    for each in (created[0], created[1]):  # the cursor is that of created[0]
        api.data("DELETE", f"{path}/{each['id']}")
    added = api.branch(conversation_id, "added")
    rest = api.data("GET", path, params={"limit": 100, "cursor": page["nextCursor"]})["branches"]

    assert ids(rest) == ids([created[2], created[3], added])


def test_checkpoints_that_are_added_or_deleted_change_no_other_checkpoint(api: Api) -> None:
    path = create_lists(api)["checkpoints"]
    before = api.data("GET", path)["checkpoints"]
    page = api.data("GET", path, params={"limit": 1})

    api.data("DELETE", f"/checkpoints/{before[0]['id']}")  # the cursor is that of before[0]
    body = {"branchId": before[1]["branch_id"], "anchorMessageId": before[1]["anchor_message_id"]}
    added = api.data("POST", path, json=body)["checkpoint"]
    rest = api.data("GET", path, params={"limit": 9, "cursor": page["nextCursor"]})["checkpoints"]

    assert rest == [*before[1:], added]


@pytest.mark.parametrize("limit", ["0", "-1", "1001", "1.5", "ten", "1e2", ""])
def test_invalid_limit_is_rejected(api: Api, lists: dict[str, str], limit: str) -> None:
    for path in lists.values():
        status, code, message = api.error("GET", path, params={"limit": limit})
        assert (status, code) == (400, "VALIDATION_ERROR")
        assert message.startswith("limit: ")


@pytest.mark.parametrize(
    "cursor",
    [
        "",
        "abc",
        "é",
        "%",
        "1",
        "....",
        "x" * 300,
        "\x00",
        "null",
        "0",
        "a b",
        "=",
        "====",
        "Og",
        "Nw",
    ],
)
def test_invalid_cursor_is_rejected(api: Api, lists: dict[str, str], cursor: str) -> None:
    for path in lists.values():
        status, code, message = api.error("GET", path, params={"cursor": cursor})
        assert (status, code) == (400, "VALIDATION_ERROR")
        assert message.startswith("cursor: ")


@pytest.mark.parametrize(
    "number",
    ["", "x", "0", "07", " 7", "7\n", "+7", "-1", "7.0", "٧", "1_0", str(2**63), "9" * 100],
)
def test_cursor_with_an_invalid_number_is_rejected(
    api: Api, lists: dict[str, str], number: str
) -> None:
    for path in lists.values():
        cursor = api.data("GET", path, params={"limit": 1})["nextCursor"]
        list_name, _, valid = decode(cursor).rpartition(":")
        assert encode(f"{list_name}:{valid}") == cursor

        changed = encode(f"{list_name}:{number}")

        assert api.error("GET", path, params={"cursor": changed})[0] == 400


def encode(text: str) -> str:
    return base64.urlsafe_b64encode(text.encode()).decode().rstrip("=")


def decode(cursor: str) -> str:
    return base64.urlsafe_b64decode(cursor + "=" * (-len(cursor) % 4)).decode()


def test_another_spelling_of_a_cursor_is_rejected(api: Api, lists: dict[str, str]) -> None:
    for path in lists.values():
        cursor = api.data("GET", path, params={"limit": 1})["nextCursor"]
        for changed in (f"{cursor}=", f"{cursor}==", f" {cursor}", f"{cursor}\n", f"-{cursor}"):
            assert api.error("GET", path, params={"cursor": changed})[0] == 400


def test_cursor_of_another_list_is_rejected(api: Api, lists: dict[str, str]) -> None:
    paths = [*lists.values(), *create_lists(api).values()]
    conversation = paths[1].removesuffix("/branches")
    paths.append(f"{conversation}/messages")
    checkpoint = api.data("GET", f"{conversation}/checkpoints")["checkpoints"][0]
    paths.append(f"{conversation}/checkpoints?branchId={checkpoint['branch_id']}")
    for path in paths[:6]:
        cursor = api.data("GET", path, params={"limit": 1})["nextCursor"]
        for other in paths:
            separator = "&" if "?" in other else "?"
            response = api.http.get(f"{other}{separator}cursor={cursor}")
            assert response.is_success is (other == path)
            if not response.is_success:
                expected = (
                    "cursor: belongs to another list; use nextCursor of the previous response"
                )
                assert response.json()["message"] == expected


def test_pages_return_10000_messages(tmp_path: Path) -> None:
    count = 10_000
    path = tmp_path / "long.db"
    conversation_id = create_long_conversation(path, count)

    with LocalServer(database=path) as server, Api(server) as api:
        url = f"/conversations/{conversation_id}/messages"
        first = api.http.get(url, params={"limit": 100})
        paged = api.pages(url, "messages", 1000)

    assert len(first.content) < 100_000
    assert [each["content"] for each in paged] == [f"number {number}" for number in range(count)]


class PlanRecorder:
    """A connection that records the plan of each query."""

    def __init__(self, connection: Connection) -> None:
        self.plans: dict[str, list[str]] = {}
        self.sql = connection.sql
        self._connection = connection

    def fetch_all(self, statement: str, parameters: Parameters = NO_PARAMETERS) -> Sequence[Row]:
        rows = self._connection.fetch_all(f"EXPLAIN QUERY PLAN {statement}", parameters)
        self.plans[statement] = [row.detail for row in rows]
        return self._connection.fetch_all(statement, parameters)

    def fetch_one(self, statement: str, parameters: Parameters = NO_PARAMETERS) -> Row | None:
        rows = self.fetch_all(statement, parameters)
        return rows[0] if rows else None

    def fetch_value(self, statement: str, parameters: Parameters = NO_PARAMETERS) -> Any:
        row = self.fetch_one(statement, parameters)
        return None if row is None else row[0]

    def execute(self, statement: str, parameters: Parameters = NO_PARAMETERS) -> int:
        return self._connection.execute(statement, parameters)

    def execute_many(self, statement: str, parameters: Iterable[Parameters]) -> None:
        self._connection.execute_many(statement, parameters)


def test_pages_are_read_from_an_index(tmp_path: Path) -> None:
    path = tmp_path / "long.db"
    conversation_id = create_long_conversation(path, 10)
    database = Database(path)

    def read_pages(connection: Connection) -> dict[str, list[str]]:
        main = branches.get(connection, conversation_id, None)
        last = messages.find_last_visible(connection, main.id)
        values = {"title": "Fork", "context_mode": "FULL"}
        fork = branches.create(connection, conversation_id, last, values)
        recorder = PlanRecorder(connection)
        page = Page(after=1, limit=3)
        messages.list_visible_json(recorder, fork, page)
        rows, _ = branches.list_page(recorder, conversation_id, page)
        counts = branches.count_visible_messages_by_branch(recorder, conversation_id, rows)
        assert counts[fork] == 10
        checkpoints.list_page(recorder, conversation_id, None, page)
        checkpoints.list_page(recorder, conversation_id, main.id, page)
        return recorder.plans

    plans = database.write_sync(read_pages)
    database.close()

    assert len(plans) == 8
    for statement, steps in plans.items():
        tables = r"SCAN (messages|branches|checkpoints)\b"
        assert not [step for step in steps if re.match(tables, step)], statement
        if "LIMIT" in statement:
            assert "USE TEMP B-TREE FOR ORDER BY" not in steps, statement
