"""The columns of a message, and its JSON as the API returns it.

The JSON is written when the message is stored or its content changes, so that a response with
thousands of messages only joins strings. It has two parts, because a tree shows only the first.
"""

from __future__ import annotations

import hashlib
import json
from collections.abc import Mapping
from typing import Any

from chatroutes_server.ids import new_id
from chatroutes_server.json_encoding import Json, dump_json
from chatroutes_server.store.connection import Row, assignments, insert_into
from chatroutes_server.timestamps import now, to_iso
from chatroutes_server.tokens import count_tokens

Values = dict[str, Any]

# Fields of the API and their columns. `createdAt` and `metadata` follow the fields of the rest.
TREE_FIELDS = {"id": "id", "content": "content", "role": "role"}
REST_FIELDS = {
    "conversationId": "conversation_id",
    "branchId": "branch_id",
    "tokenCount": "token_count",
    "contentHash": "content_hash",
}

CONTENT_COLUMNS = ("content", "content_hash", "token_count")
JSON_COLUMNS = ("tree_json", "rest_json")
COLUMNS = (
    "id",
    "conversation_id",
    "branch_id",
    "role",
    "metadata",
    "created_at",
    *CONTENT_COLUMNS,
    *JSON_COLUMNS,
)
INSERT = insert_into("messages", COLUMNS)
UPDATE_CONTENT = f"""
    UPDATE messages SET {assignments((*CONTENT_COLUMNS, *JSON_COLUMNS))} WHERE id = :id
    """


def new_values(
    branch_id: str,
    conversation_id: str,
    role: str,
    content: str,
    metadata: Mapping[str, Any] | None,
    message_id: str | None = None,
    created_at: int | None = None,
    token_count: int | None = None,
) -> Values:
    """Return all columns of a new message. Without a time, it is written now."""
    values = {
        "id": message_id or new_id("msg"),
        "conversation_id": conversation_id,
        "branch_id": branch_id,
        "role": role,
        "metadata": None if metadata is None else dump_json(metadata),
        "created_at": now() if created_at is None else created_at,
        **_content_values(content),
    }
    if token_count is not None:
        values["token_count"] = token_count
    return _with_json(values)


def with_content(row: Row, content: str) -> Values:
    """Return all columns of a message, with other content."""
    values = {column: getattr(row, column) for column in COLUMNS}
    return _with_json({**values, **_content_values(content)})


def to_payload(row: Row, parent_id: str | None) -> Json:
    """Return a message as the API shows it, with the id of the message before it."""
    message_json = join_json(row.tree_json + row.rest_json, parent_id)
    payload: Json = json.loads("{" + message_json + "}")
    return payload


def join_json(message_json: str, parent_id: str | None) -> str:
    """Add the id of the parent to a message, which is JSON without the braces.

    The parent is not stored, because it changes when messages are deleted.
    """
    parent = "null" if parent_id is None else f'"{parent_id}"'
    return f'{message_json},"parentMessageId":{parent}'


def _content_values(content: str) -> Values:
    return {
        "content": content,
        "content_hash": hashlib.sha256(content.encode()).hexdigest(),
        "token_count": count_tokens(content),
    }


def _with_json(values: Values) -> Values:
    tree = {field: values[column] for field, column in TREE_FIELDS.items()}
    rest = {field: values[column] for field, column in REST_FIELDS.items()}
    rest["createdAt"] = to_iso(values["created_at"])
    metadata = "" if values["metadata"] is None else f',"metadata":{values["metadata"]}'
    return {
        **values,
        "tree_json": dump_json(tree)[1:-1],
        "rest_json": f",{dump_json(rest)[1:-1]}{metadata}",
    }
