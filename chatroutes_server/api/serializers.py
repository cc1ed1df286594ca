"""Rows of the store as the contract's objects.

Messages are stored as JSON: see `store/message_rows.py`.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from sqlalchemy import Row

from chatroutes_server.json_encoding import Json, dump_json
from chatroutes_server.timestamps import iso

# A JSON text that is joined once, when it is whole: each copy of some megabytes takes milliseconds.
Pieces = list[str]

CONVERSATION_COLUMNS = {
    "title": "title",
    "model": "model",
    "systemPrompt": "system_prompt",
    "temperature": "temperature",
    "maxTokens": "max_tokens",
}
BRANCH_COLUMNS = {"title": "title", "description": "description", "contextMode": "context_mode"}


def dump_with(payload: Json, written: Mapping[str, Pieces]) -> Pieces:
    """Write an object, of which some fields, after the others, are JSON already."""
    pieces = [dump_json(payload)[:-1]]
    for field, text in written.items():
        pieces.append(f"{',' if len(pieces) > 1 or payload else ''}{dump_json(field)}:")
        pieces += text
    pieces.append("}")
    return pieces


def list_of(objects: Sequence[str]) -> Pieces:
    """Write a list of objects that are JSON already but for their braces."""
    pieces = ["},{"] * (2 * len(objects) + 1)
    pieces[1::2] = objects
    pieces[0], pieces[-1] = "[{", "}]"
    return pieces if objects else ["[]"]


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
