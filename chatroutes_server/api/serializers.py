"""Serialization: rows of the store as the contract's objects, and objects as JSON.

A message is serialized once, when it is stored (`message_parts`). Responses are joined from the
stored texts.
"""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from typing import Any

from sqlalchemy import Row

from chatroutes_server.timestamps import to_iso

Json = dict[str, Any]
_ENCODER = json.JSONEncoder(ensure_ascii=False, allow_nan=False, separators=(",", ":"))
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
# The fields of a message: those that a tree shows, and the others besides `createdAt` and `metadata`.
TREE_COLUMNS = {"id": "id", "content": "content", "role": "role"}
REST_COLUMNS = {
    "conversationId": "conversation_id",
    "branchId": "branch_id",
    "tokenCount": "token_count",
    "contentHash": "content_hash",
}


def dump(payload: Any) -> str:
    """Return the payload as compact JSON."""
    return _ENCODER.encode(payload)


def dump_with(payload: Json, serialized: Mapping[str, JsonFragments]) -> JsonFragments:
    """Return an object as JSON, with more fields at its end that are JSON already."""
    fragments = [dump(payload)[:-1]]
    for field, value in serialized.items():
        fragments.append(f"{',' if len(fragments) > 1 or payload else ''}{dump(field)}:")
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


def conversation(row: Row[Any]) -> Json:
    """Return a conversation without its branches and messages."""
    payload = {
        "id": row.id,
        "userId": row.user_id,
        "title": row.title,
        "createdAt": to_iso(row.created_at),
        "updatedAt": to_iso(row.updated_at),
        "model": row.model,
    }
    optional = {
        "systemPrompt": row.system_prompt or None,
        "temperature": row.temperature,
        "maxTokens": row.max_tokens,
    }
    payload.update((field, value) for field, value in optional.items() if value is not None)
    return payload


def branch(row: Row[Any], message_count: int) -> Json:
    payload = {
        "id": row.id,
        "conversationId": row.conversation_id,
        "title": row.title,
        "contextMode": row.context_mode,
        "isMain": row.is_main,
        "isActive": row.is_active,
        "createdAt": to_iso(row.created_at),
        "updatedAt": to_iso(row.updated_at),
        "messageCount": message_count,
    }
    optional = {
        "parentBranchId": row.parent_branch_id,
        "forkPointMessageId": row.fork_point_id,
        "description": row.description,
    }
    payload.update((field, value) for field, value in optional.items() if value is not None)
    return payload


def checkpoint(row: Row[Any]) -> Json:
    return {
        "id": row.id,
        "summary": row.summary,
        "conversation_id": row.conversation_id,
        "branch_id": row.branch_id,
        "anchor_message_id": row.anchor_id,
        "token_count": row.token_count,
        "created_at": to_iso(row.created_at),
    }


def message_parts(values: Mapping[str, Any]) -> tuple[str, str]:
    """Return a message as JSON without the braces: the fields that a tree shows, and the others."""
    tree = {field: values[column] for field, column in TREE_COLUMNS.items()}
    rest = {field: values[column] for field, column in REST_COLUMNS.items()}
    rest["createdAt"] = to_iso(values["created_at"])
    metadata = "" if values["metadata"] is None else f',"metadata":{values["metadata"]}'
    return dump(tree)[1:-1], f",{dump(rest)[1:-1]}{metadata}"


def message(row: Row[Any]) -> Json:
    payload: Json = json.loads("{" + row.tree_json + row.rest_json + "}")
    return payload
