"""Serialization: rows of the store as the contract's objects, and objects as JSON.

A message is serialized once, when it is stored: see `store/message_rows.py`. Responses are joined
from the stored texts.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from chatroutes_server.json_encoding import Json, dump_json
from chatroutes_server.store.connection import Row
from chatroutes_server.timestamps import to_iso

# JSON text in pieces. They are joined once, at the end: each copy of some megabytes takes milliseconds.
JsonFragments = list[str]

CONVERSATION_COLUMNS = {
    "title": "title",
    "model": "model",
    "systemPrompt": "system_prompt",
    "temperature": "temperature",
    "maxTokens": "max_tokens",
}
BRANCH_COLUMNS = {"title": "title", "description": "description", "contextMode": "context_mode"}


def dump_with(payload: Json, serialized: Mapping[str, JsonFragments]) -> JsonFragments:
    """Return an object as JSON, with more fields at its end that are JSON already."""
    fragments = [dump_json(payload)[:-1]]
    for field, value in serialized.items():
        fragments.append(f"{',' if len(fragments) > 1 or payload else ''}{dump_json(field)}:")
        fragments += value
    fragments.append("}")
    return fragments


def json_array(objects: Sequence[str]) -> JsonFragments:
    """Return a JSON array of objects that are JSON already, without their braces."""
    fragments = ["},{"] * (2 * len(objects) + 1)
    fragments[1::2] = objects
    fragments[0], fragments[-1] = "[{", "}]"
    return fragments if objects else ["[]"]


def columns(body: Mapping[str, Any], names: Mapping[str, str]) -> Json:
    """Return the values of a request body by column, for the fields that have a column."""
    return {column: body[field] for field, column in names.items() if field in body}


def conversation(row: Row) -> Json:
    """Return a conversation without its branches and messages."""
    payload: Json = {
        "id": row.id,
        "userId": row.user_id,
        "title": row.title,
        "createdAt": to_iso(row.created_at),
        "updatedAt": to_iso(row.updated_at),
        "model": row.model,
    }
    if row.system_prompt:
        payload["systemPrompt"] = row.system_prompt
    if row.temperature is not None:
        payload["temperature"] = row.temperature
    if row.max_tokens is not None:
        payload["maxTokens"] = row.max_tokens
    return payload


def branch(row: Row, message_count: int) -> Json:
    payload: Json = {
        "id": row.id,
        "conversationId": row.conversation_id,
        "title": row.title,
        "contextMode": row.context_mode,
        "isMain": bool(row.is_main),
        "isActive": bool(row.is_active),
        "createdAt": to_iso(row.created_at),
        "updatedAt": to_iso(row.updated_at),
        "messageCount": message_count,
    }
    if row.parent_branch_id is not None:
        payload["parentBranchId"] = row.parent_branch_id
    if row.fork_point_id is not None:
        payload["forkPointMessageId"] = row.fork_point_id
    if row.description is not None:
        payload["description"] = row.description
    return payload


def checkpoint(row: Row) -> Json:
    return {
        "id": row.id,
        "summary": row.summary,
        "conversation_id": row.conversation_id,
        "branch_id": row.branch_id,
        "anchor_message_id": row.anchor_id,
        "token_count": row.token_count,
        "created_at": to_iso(row.created_at),
    }
