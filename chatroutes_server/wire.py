"""Rows of the store as the contract's objects.

Long lists of messages are written as JSON by SQLite itself, a text for each row: rows and
dictionaries of ten thousand messages would take several times as long.
"""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from typing import Any

from sqlalchemy import ColumnElement, Row, case, func

from chatroutes_server.store.schema import messages
from chatroutes_server.times import iso, iso_column

Json = dict[str, Any]

CONVERSATION_COLUMNS = {
    "title": "title",
    "model": "model",
    "systemPrompt": "system_prompt",
    "temperature": "temperature",
    "maxTokens": "max_tokens",
}
BRANCH_COLUMNS = {"title": "title", "description": "description", "contextMode": "context_mode"}
# Besides these, a message has `createdAt` and sometimes `metadata`.
MESSAGE_COLUMNS = {
    "id": messages.c.id,
    "conversationId": messages.c.conversation_id,
    "branchId": messages.c.branch_id,
    "role": messages.c.role,
    "content": messages.c.content,
    "tokenCount": messages.c.token_count,
    "contentHash": messages.c.content_hash,
}


def dump(payload: Any) -> str:
    return json.dumps(payload, ensure_ascii=False, allow_nan=False, separators=(",", ":"))


def dump_with(payload: Json, texts: Mapping[str, str]) -> str:
    """Write an object, some fields of which are JSON already."""
    fields = [f"{dump(field)}:{dump(value)}" for field, value in payload.items()]
    fields += [f"{dump(field)}:{text}" for field, text in texts.items()]
    return "{" + ",".join(fields) + "}"


def list_text(texts: Sequence[str]) -> str:
    return "[" + ",".join(texts) + "]"


def columns(body: Mapping[str, Any], names: Mapping[str, str]) -> Json:
    """Pick the fields of a request that are kept, under their columns' names."""
    return {column: body[field] for field, column in names.items() if field in body}


def conversation(row: Row[Any]) -> Json:
    payload = {
        "id": row.id,
        "userId": row.user_id,
        "title": row.title,
        "createdAt": iso(row.created_at),
        "updatedAt": iso(row.updated_at),
        "model": row.model,
    }
    given = {
        "systemPrompt": row.system_prompt or None,
        "temperature": row.temperature,
        "maxTokens": row.max_tokens,
    }
    payload.update((field, value) for field, value in given.items() if value is not None)
    return payload


def branch(row: Row[Any], message_count: int) -> Json:
    payload = {
        "id": row.id,
        "conversationId": row.conversation_id,
        "title": row.title,
        "contextMode": row.context_mode,
        "isMain": row.is_main,
        "isActive": row.is_active,
        "createdAt": iso(row.created_at),
        "updatedAt": iso(row.updated_at),
        "messageCount": message_count,
    }
    given = {
        "parentBranchId": row.parent_branch_id,
        "forkPointMessageId": row.fork_point_id,
        "description": row.description,
    }
    payload.update((field, value) for field, value in given.items() if value is not None)
    return payload


def checkpoint(row: Row[Any]) -> Json:
    return {
        "id": row.id,
        "summary": row.summary,
        "conversation_id": row.conversation_id,
        "branch_id": row.branch_id,
        "anchor_message_id": row.anchor_id,
        "token_count": row.token_count,
        "created_at": iso(row.created_at),
    }


def message(row: Row[Any]) -> Json:
    payload = {field: getattr(row, column.key) for field, column in MESSAGE_COLUMNS.items()}
    payload["createdAt"] = iso(row.created_at)
    if row.metadata is not None:
        payload["metadata"] = json.loads(row.metadata)
    return payload


def message_text() -> ColumnElement[str]:
    """Give what `message` gives, written as JSON by the database."""
    fields = {**MESSAGE_COLUMNS, "createdAt": iso_column(messages.c.created_at)}
    plain = object_text(fields)
    metadata = func.json(messages.c.metadata)
    return case(
        (messages.c.metadata.is_(None), plain),
        else_=object_text({**fields, "metadata": metadata}),
    )


def object_text(fields: Mapping[str, ColumnElement[Any]]) -> ColumnElement[str]:
    """Write an object as JSON in the database."""
    return func.json_object(*(part for field in fields.items() for part in field))
