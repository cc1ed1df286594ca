"""What is kept of a message as JSON, and joined when it is read: always what was stored, wherever it shows."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest
from sqlalchemy import Connection, Row

from chatroutes_server.api import serializers
from chatroutes_server.store import branches, conversations, message_rows, messages
from chatroutes_server.store.accounts import LOCAL_USER
from chatroutes_server.store.database import Database
from tests.support.server_api import Api
from tests.support.texts import UNUSUAL_TEXTS

ODD = [
    *UNUSUAL_TEXTS,
    "".join(map(chr, range(0x20))) + "\x7f\u2028\u2029\ufeff\uffff",
    # What stands between texts that are joined.
    '"},{"',
    '","children":[{',
    ",",
    "}],",
    '\\","children":[{"id":"x"',
    "\\",
]


def in_tree(node: Any) -> list[str]:
    """Give the contents of all messages below, where each has at most one child."""
    found: list[str] = []
    while node["children"]:
        (node,) = node["children"]
        found.append(node["content"])
    return found


def test_odd_texts_are_the_same_wherever_they_are_read(api: Api) -> None:
    conversation_id = api.conversation()
    path = f"/conversations/{conversation_id}"
    sent = [api.send(conversation_id, text) for text in ODD]
    told = [pair[name] for pair in sent for name in ("userMessage", "message")]
    aside = api.branch(conversation_id, "Aside")

    listed = api.messages(conversation_id)

    assert [pair["userMessage"]["content"] for pair in sent] == ODD
    assert listed == told
    assert api.messages(conversation_id, aside["id"]) == told
    assert api.data("GET", path)["conversation"]["messages"] == told
    shown = in_tree(api.data("GET", f"{path}/tree")["tree"])
    assert shown == [each["content"] for each in told]


def test_an_odd_text_put_in_place_of_another_shows_everywhere(api: Api) -> None:
    conversation_id = api.conversation()
    message = api.send(conversation_id, "plain")["userMessage"]
    for text in ODD:
        changed = api.data("PATCH", f"/messages/{message['id']}", json={"content": text})

        assert changed["message"]["content"] == text
        assert api.messages(conversation_id)[0] == changed["message"]
        tree = api.data("GET", f"/conversations/{conversation_id}/tree")["tree"]
        assert in_tree(tree)[0] == text


def test_a_merge_copies_odd_texts_and_what_is_said_about_them(api: Api) -> None:
    conversation_id = api.conversation()
    aside = api.branch(conversation_id, "Aside")
    sent = [api.send(conversation_id, text, branchId=aside["id"]) for text in ODD[-6:]]
    own = [pair[name] for pair in sent for name in ("userMessage", "message")]

    api.data("POST", f"/conversations/{conversation_id}/branches/{aside['id']}/merge")

    copies = api.messages(conversation_id)
    assert [each["content"] for each in copies] == [each["content"] for each in own]
    for copy, original in zip(copies, own, strict=True):
        source = {"branchId": aside["id"], "messageId": original["id"]}
        assert copy["metadata"] == {**original.get("metadata", {}), "mergedFrom": source}


METADATA: list[Any] = [
    None,
    {},
    {"nothing": None, "yes": True, "no": False, "whole": -(2**53), "part": 0.1, "tiny": 5e-324},
    {"large": 1e300, "minus": -0.0, "deep": {"list": [[], {}, [1, "two", None]]}},
    {text: text for text in ODD if len(text) < 1000},
    {"children": [{"id": "x"}]},
]


@pytest.mark.parametrize("metadata", METADATA, ids=range(len(METADATA)))
def test_metadata_of_every_kind_is_read_as_it_was_stored(tmp_path: Path, metadata: Any) -> None:
    def work(connection: Connection) -> tuple[Row[Any], list[Any]]:
        conversation_id = conversations.create(connection, LOCAL_USER, {"title": "x", "model": "m"})
        main = branches.get(connection, conversation_id, None)
        row = messages.create(connection, main, "user", "x", metadata=metadata)
        found = "".join(serializers.json_array(messages.list_visible_json(connection, main.id)))
        return row, json.loads(found)

    database = Database(tmp_path / "chat.db")
    row, (listed,) = database.write_sync(work)
    database.close()

    assert listed == message_rows.to_payload(row)
    assert listed.get("metadata") == metadata
    assert ("metadata" in listed) == (metadata is not None)
    for field, column in {**message_rows.TREE_FIELDS, **message_rows.REST_FIELDS}.items():
        assert listed[field] == getattr(row, column)
