"""Serialization of messages: stored as JSON, and returned unchanged by every operation."""

from __future__ import annotations

import hashlib
import json
from pathlib import Path
from typing import Any

import pytest

from chatroutes_server.api import serializers
from chatroutes_server.store import branches, conversations, message_rows, messages
from chatroutes_server.store.accounts import LOCAL_USER
from chatroutes_server.store.connection import Connection, Row
from chatroutes_server.store.database import Database
from tests.support.server_api import Api
from tests.support.texts import UNUSUAL_TEXTS

pytestmark = pytest.mark.engine

TEXTS = [
    *UNUSUAL_TEXTS,
    "".join(map(chr, range(0x20))) + "\x7f\u2028\u2029\ufeff\uffff",
    # Text that looks like the separators of joined messages.
    '"},{"',
    '","children":[{',
    ",",
    "}],",
    '\\","children":[{"id":"x"',
    "\\",
]


def contents_in_tree(node: Any) -> list[str]:
    """Return the contents of all messages below a node. Each node has at most one child."""
    contents: list[str] = []
    while node["children"]:
        (node,) = node["children"]
        contents.append(node["content"])
    return contents


def test_texts_are_unchanged_in_every_response(api: Api) -> None:
    conversation_id = api.conversation()
    path = f"/conversations/{conversation_id}"
    sent = [api.send(conversation_id, text) for text in TEXTS]
    expected = [pair[name] for pair in sent for name in ("userMessage", "message")]
    aside = api.branch(conversation_id, "Aside")

    listed = api.messages(conversation_id)

    for pair, text in zip(sent, TEXTS, strict=True):
        assert pair["userMessage"]["content"] == text
        assert pair["userMessage"]["contentHash"] == hashlib.sha256(text.encode()).hexdigest()
        assert f'"{text}"' in pair["message"]["content"]
    assert listed == expected
    assert api.messages(conversation_id, aside["id"]) == expected
    assert api.data("GET", path)["conversation"]["messages"] == expected
    tree_contents = contents_in_tree(api.data("GET", f"{path}/tree")["tree"])
    assert tree_contents == [each["content"] for each in expected]


def test_updated_texts_are_unchanged_in_every_response(api: Api) -> None:
    conversation_id = api.conversation()
    message = api.send(conversation_id, "plain")["userMessage"]
    for text in TEXTS:
        changed = api.data("PATCH", f"/messages/{message['id']}", json={"content": text})

        assert changed["message"]["content"] == text
        assert api.messages(conversation_id)[0] == changed["message"]
        tree = api.data("GET", f"/conversations/{conversation_id}/tree")["tree"]
        assert contents_in_tree(tree)[0] == text


def test_merge_copies_texts_and_metadata(api: Api) -> None:
    conversation_id = api.conversation()
    aside = api.branch(conversation_id, "Aside")
    sent = [api.send(conversation_id, text, branchId=aside["id"]) for text in TEXTS[-6:]]
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
    {
        "nothing": None,
        "yes": True,
        "no": False,
        "integer": -(2**53),
        "fraction": 0.1,
        "tiny": 5e-324,
    },
    {"large": 1e300, "minus": -0.0, "deep": {"list": [[], {}, [1, "two", None]]}},
    {text: text for text in TEXTS if len(text) < 1000},
    {"children": [{"id": "x"}]},
]


@pytest.mark.parametrize("metadata", METADATA, ids=range(len(METADATA)))
def test_metadata_is_unchanged(tmp_path: Path, metadata: Any) -> None:
    def create_and_list(connection: Connection) -> tuple[Row, list[Any]]:
        conversation_id = conversations.create(connection, LOCAL_USER, {"title": "x", "model": "m"})
        main = branches.get(connection, conversation_id, None)
        row = messages.create(connection, main, "user", "x", metadata=metadata)
        texts, _ = messages.list_visible_json(connection, main.id)
        contents = "".join(serializers.json_array(texts))
        return row, json.loads(contents)

    database = Database(tmp_path / "chat.db")
    row, (listed,) = database.write_sync(create_and_list)
    database.close()

    assert listed == message_rows.to_payload(row, None)
    assert listed.get("metadata") == metadata
    assert ("metadata" in listed) == (metadata is not None)
    for field, column in {**message_rows.TREE_FIELDS, **message_rows.REST_FIELDS}.items():
        assert listed[field] == getattr(row, column)
