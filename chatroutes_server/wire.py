"""Rows of the store as the contract's objects."""

from __future__ import annotations

import json
from collections.abc import Iterable, Mapping
from typing import Any

from sqlalchemy import Row

from chatroutes_server.times import iso

Json = dict[str, Any]

CONVERSATION_COLUMNS = {
    "title": "title",
    "model": "model",
    "systemPrompt": "system_prompt",
    "temperature": "temperature",
    "maxTokens": "max_tokens",
}
BRANCH_COLUMNS = {"title": "title", "description": "description", "contextMode": "context_mode"}


def dump(payload: Any) -> str:
    return json.dumps(payload, ensure_ascii=False, allow_nan=False, separators=(",", ":"))


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
    payload = {
        "id": row.id,
        "conversationId": row.conversation_id,
        "branchId": row.branch_id,
        "role": row.role,
        "content": row.content,
        "tokenCount": row.token_count,
        "createdAt": iso(row.created_at),
        "contentHash": row.content_hash,
    }
    if row.metadata is not None:
        payload["metadata"] = json.loads(row.metadata)
    return payload


def messages(rows: Iterable[Row[Any]]) -> list[Json]:
    return [message(row) for row in rows]
