"""Branches: visible messages, fork points, merging and deleting."""

from __future__ import annotations

from typing import Any

import pytest

from tests.support.server_api import Api

pytestmark = pytest.mark.engine


def message_ids(messages: list[Any]) -> list[str]:
    return [message["id"] for message in messages]


def test_branch_shows_inherited_messages_and_then_its_own(api: Api) -> None:
    conversation_id = api.conversation()
    first = api.send(conversation_id, "one")
    branch = api.branch(conversation_id, "Aside", first["userMessage"]["id"])
    api.send(conversation_id, "two")
    own = api.send(conversation_id, "other", branchId=branch["id"])

    visible = api.messages(conversation_id, branch["id"])

    assert visible == [first["userMessage"], own["userMessage"], own["message"]]
    branch_path = f"/conversations/{conversation_id}/branches/{branch['id']}/messages"
    assert api.data("GET", branch_path)["messages"] == visible
    assert len(api.messages(conversation_id)) == 4


def test_branch_can_start_at_the_beginning_of_the_conversation(api: Api) -> None:
    conversation_id = api.conversation()
    first = api.send(conversation_id, "one")

    branch = api.branch(conversation_id, "Again", conversation_id)
    own = api.send(conversation_id, "other", branchId=branch["id"])

    assert branch["parentBranchId"] == api.main_branch(conversation_id)["id"]
    assert "forkPointMessageId" not in branch
    assert api.messages(conversation_id, branch["id"]) == [own["userMessage"], own["message"]]
    tree = api.data("GET", f"/conversations/{conversation_id}/tree")["tree"]
    assert [each["id"] for each in tree["children"]] == [
        first["userMessage"]["id"],
        own["userMessage"]["id"],
    ]
    api.data("POST", f"/conversations/{conversation_id}/branches/{branch['id']}/merge", json={})
    contents = [each["content"] for each in api.messages(conversation_id)]
    assert contents[2:] == ["other", own["message"]["content"]]
    body = {"title": "T", "forkPointMessageId": conversation_id}
    assert api.error("POST", f"/conversations/{conversation_id}/fork", json=body)[0] == 404


def test_create_returns_201_with_the_branch(api: Api) -> None:
    conversation_id = api.conversation()
    sent = api.send(conversation_id, "one")
    main = api.main_branch(conversation_id)
    body = {
        "title": "Aside",
        "baseNodeId": sent["userMessage"]["id"],
        "description": "to try",
        "contextMode": "MINIMAL",
    }

    response = api.http.post(f"/conversations/{conversation_id}/branches", json=body)

    assert response.status_code == 201
    branch = response.json()["data"]["branch"]
    assert branch["id"].startswith("br_")
    assert branch["createdAt"] == branch["updatedAt"]
    del branch["id"], branch["createdAt"], branch["updatedAt"]
    assert branch == {
        "conversationId": conversation_id,
        "parentBranchId": main["id"],
        "forkPointMessageId": sent["userMessage"]["id"],
        "title": "Aside",
        "description": "to try",
        "contextMode": "MINIMAL",
        "isMain": False,
        "isActive": True,
        "messageCount": 1,
    }


def test_branch_without_a_base_node_starts_after_the_last_main_message(api: Api) -> None:
    conversation_id = api.conversation()
    sent = api.send(conversation_id, "one")

    branch = api.branch(conversation_id, "Aside")

    assert branch["forkPointMessageId"] == sent["message"]["id"]
    assert branch["messageCount"] == 2
    assert branch["contextMode"] == "FULL"


def test_branch_of_an_empty_conversation_has_no_fork_point(api: Api) -> None:
    conversation_id = api.conversation()

    branch = api.branch(conversation_id, "Aside")
    api.send(conversation_id, "on main")
    api.send(conversation_id, "aside", branchId=branch["id"])

    assert "forkPointMessageId" not in branch
    assert branch["parentBranchId"] == api.main_branch(conversation_id)["id"]
    visible = api.messages(conversation_id, branch["id"])
    assert visible[0]["content"] == "aside"
    assert len(visible) == 2


def test_nested_forks_inherit_from_all_ancestors(api: Api) -> None:
    conversation_id = api.conversation()
    expected: list[str] = []
    branch_id = None
    for depth in range(8):
        sent = api.send(conversation_id, f"depth {depth}", branchId=branch_id)
        api.send(conversation_id, "after the fork", branchId=branch_id)
        expected.append(sent["userMessage"]["id"])
        branch = api.branch(conversation_id, f"Fork {depth}", sent["userMessage"]["id"])
        assert branch["messageCount"] == depth + 1
        branch_id = branch["id"]

    assert message_ids(api.messages(conversation_id, branch_id)) == expected
    listed = api.data("GET", f"/conversations/{conversation_id}/branches")["branches"]
    assert [each["messageCount"] for each in listed] == [4, 5, 6, 7, 8, 9, 10, 11, 8]


def test_parent_is_the_branch_of_the_fork_point(api: Api) -> None:
    conversation_id = api.conversation()
    sent = api.send(conversation_id, "one")
    aside = api.branch(conversation_id, "Aside")
    own = api.send(conversation_id, "two", branchId=aside["id"])

    fork_at_inherited = api.branch(conversation_id, "Again", sent["userMessage"]["id"])
    fork_at_own = api.branch(conversation_id, "Deeper", own["message"]["id"])

    assert fork_at_inherited["parentBranchId"] == aside["parentBranchId"]
    assert fork_at_own["parentBranchId"] == aside["id"]


def test_fork_returns_the_branch_like_create(api: Api) -> None:
    conversation_id = api.conversation()
    message_id = api.send(conversation_id, "one")["message"]["id"]
    path = f"/conversations/{conversation_id}/fork"
    body = {"forkPointMessageId": message_id, "title": "Fork", "contextMode": "PARTIAL"}

    response = api.http.post(path, json=body)

    assert response.status_code == 201
    branch = response.json()["data"]["branch"]
    assert branch["forkPointMessageId"] == message_id
    assert branch["contextMode"] == "PARTIAL"
    assert branch["messageCount"] == 2


@pytest.mark.parametrize(
    ("path", "field"), [("branches", "baseNodeId"), ("fork", "forkPointMessageId")]
)
def test_fork_point_of_another_conversation_is_404(api: Api, path: str, field: str) -> None:
    foreign_id = api.send(api.conversation(), "one")["message"]["id"]
    conversation_id = api.conversation()

    for message_id in (foreign_id, "msg_none"):
        status, code, message = api.error(
            "POST",
            f"/conversations/{conversation_id}/{path}",
            json={"title": "Fork", field: message_id},
        )
        assert (status, code) == (404, "NOT_FOUND")
        assert message.startswith(f"{field}: ")


def test_unknown_branch_is_404_in_every_operation(api: Api) -> None:
    conversation_id = api.conversation()
    foreign = api.main_branch(api.conversation())["id"]
    path = f"/conversations/{conversation_id}"
    for branch_id in ("br_none", foreign):
        branch_path = f"{path}/branches/{branch_id}"
        body = {"content": "hello"}
        requests: list[tuple[str, str, Any]] = [
            ("POST", f"{path}/messages", {"json": {**body, "branchId": branch_id}}),
            ("POST", f"{branch_path}/messages", {"json": body}),
            ("GET", f"{path}/messages", {"params": {"branchId": branch_id}}),
            ("GET", f"{branch_path}/messages", {}),
            ("PATCH", branch_path, {"json": {"title": "New"}}),
            ("DELETE", branch_path, {}),
            ("POST", f"{branch_path}/merge", {"json": {}}),
        ]
        for method, url, options in requests:
            status, code, message = api.error(method, url, **options)
            assert (status, code) == (404, "NOT_FOUND"), (method, url)
            assert message.startswith("branchId: ")


def test_branch_id_in_the_body_is_ignored_when_sending_to_a_branch(api: Api) -> None:
    conversation_id = api.conversation()
    branch = api.branch(conversation_id, "Aside")
    path = f"/conversations/{conversation_id}/branches/{branch['id']}/messages"
    main = api.main_branch(conversation_id)["id"]

    sent = api.data("POST", path, json={"content": "hello", "branchId": main})

    assert sent["message"]["branchId"] == branch["id"]
    assert api.messages(conversation_id) == []


def test_update_changes_title_description_and_context_mode(api: Api) -> None:
    conversation_id = api.conversation()
    branch = api.branch(conversation_id, "Aside", description="old")
    path = f"/conversations/{conversation_id}/branches/{branch['id']}"
    changes = {"title": "New", "description": "new", "contextMode": "PARTIAL"}

    updated = api.data("PATCH", path, json=changes)["branch"]
    unchanged = api.data("PATCH", path, json={"title": None})["branch"]

    assert {name: updated[name] for name in changes} == changes
    assert updated["updatedAt"] > branch["updatedAt"]
    assert unchanged == updated


def test_merge_appends_copies_to_the_parent_and_returns_it(api: Api) -> None:
    conversation_id = api.conversation()
    before = api.send(conversation_id, "one")
    branch = api.branch(conversation_id, "Aside", before["userMessage"]["id"])
    own = api.send(conversation_id, "aside", branchId=branch["id"])
    api.send(conversation_id, "two")
    path = f"/conversations/{conversation_id}/branches/{branch['id']}"

    parent = api.data("POST", f"{path}/merge", json={})["branch"]

    assert parent["isMain"] is True
    assert parent["messageCount"] == 6
    copies = api.messages(conversation_id)[-2:]
    for copy, source in zip(copies, (own["userMessage"], own["message"]), strict=True):
        assert copy["id"] != source["id"]
        assert copy["branchId"] == parent["id"]
        assert copy["createdAt"] >= source["createdAt"]
        for name in ("role", "content", "contentHash", "tokenCount"):
            assert copy[name] == source[name]
        merged_from = {"branchId": branch["id"], "messageId": source["id"]}
        assert copy["metadata"] == {**source.get("metadata", {}), "mergedFrom": merged_from}


def test_merged_branch_is_readable_and_forkable_but_accepts_no_messages(api: Api) -> None:
    conversation_id = api.conversation()
    branch = api.branch(conversation_id, "Aside")
    own = api.send(conversation_id, "aside", branchId=branch["id"])
    path = f"/conversations/{conversation_id}/branches"
    # Published clients send the header of a body, but no body.
    merge = f"{path}/{branch['id']}/merge"
    api.data("POST", merge, headers={"Content-Type": "application/json"})

    merge_error = api.error("POST", merge)
    sent = api.error("POST", f"{path}/{branch['id']}/messages", json={"content": "more"})
    fork = api.branch(conversation_id, "Fork", own["message"]["id"])

    assert merge_error[:2] == (409, "CONFLICT")
    assert sent[:2] == (409, "CONFLICT")
    assert api.data("GET", path)["branches"][1]["isActive"] is False
    assert len(api.messages(conversation_id, branch["id"])) == 2
    assert fork["parentBranchId"] == branch["id"]
    assert fork["messageCount"] == 2


def test_main_branch_cannot_be_merged_or_deleted(api: Api) -> None:
    conversation_id = api.conversation()
    main = f"/conversations/{conversation_id}/branches/{api.main_branch(conversation_id)['id']}"

    assert api.error("POST", f"{main}/merge")[:2] == (409, "CONFLICT")
    assert api.error("DELETE", main)[:2] == (409, "CONFLICT")


def test_delete_removes_the_branch_and_its_own_messages(api: Api) -> None:
    conversation_id = api.conversation()
    api.send(conversation_id, "one")
    branch = api.branch(conversation_id, "Aside")
    own = api.send(conversation_id, "aside", branchId=branch["id"])
    path = f"/conversations/{conversation_id}/branches/{branch['id']}"

    response = api.http.delete(path)

    assert response.json() == {"success": True}
    assert api.error("GET", f"{path}/messages")[0] == 404
    deleted_id = own["message"]["id"]
    assert api.error("PATCH", f"/messages/{deleted_id}", json={"content": "x"})[0] == 404
    fork = {"title": "Fork", "forkPointMessageId": deleted_id}
    assert api.error("POST", f"/conversations/{conversation_id}/fork", json=fork)[0] == 404
    assert len(api.messages(conversation_id)) == 2
    assert api.data("GET", f"/conversations/{conversation_id}/tree")["metadata"]["totalNodes"] == 2


def test_branch_with_children_cannot_be_deleted(api: Api) -> None:
    conversation_id = api.conversation()
    branch = api.branch(conversation_id, "Aside")
    own = api.send(conversation_id, "aside", branchId=branch["id"])
    child = api.branch(conversation_id, "Child", own["message"]["id"])
    path = f"/conversations/{conversation_id}/branches"

    status, code, message = api.error("DELETE", f"{path}/{branch['id']}")

    assert (status, code) == (409, "CONFLICT")
    assert "Child" in message
    assert child["id"] in message
    api.data("DELETE", f"{path}/{child['id']}")
    api.data("DELETE", f"{path}/{branch['id']}")
    assert len(api.data("GET", path)["branches"]) == 1


def test_branch_remains_after_its_fork_point_is_deleted(api: Api) -> None:
    conversation_id = api.conversation()
    sent = api.send(conversation_id, "one")
    branch = api.branch(conversation_id, "Aside", sent["message"]["id"])
    api.data("DELETE", f"/messages/{sent['message']['id']}")

    own = api.send(conversation_id, "aside", branchId=branch["id"])

    visible = api.messages(conversation_id, branch["id"])
    assert message_ids(visible) == [
        sent["userMessage"]["id"],
        own["userMessage"]["id"],
        own["message"]["id"],
    ]
