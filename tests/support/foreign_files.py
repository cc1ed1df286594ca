"""Files of other programs: conversations of ChatGPT, and the databases of `llm`."""

from __future__ import annotations

import json
import sqlite3
from collections.abc import Sequence
from contextlib import closing
from pathlib import Path
from typing import Any

from chatroutes.exports import ConversationExport

Json = dict[str, Any]

OLD_LLM_SCHEMA = """
    CREATE TABLE conversations (id TEXT PRIMARY KEY, name TEXT, model TEXT);
    CREATE TABLE responses (
        id TEXT PRIMARY KEY, model TEXT, prompt TEXT, system TEXT, prompt_json TEXT,
        options_json TEXT, response TEXT, response_json TEXT, conversation_id TEXT,
        duration_ms INTEGER, datetime_utc TEXT
    );
"""
LLM_SCHEMA = """
    ALTER TABLE responses ADD COLUMN input_tokens INTEGER;
    ALTER TABLE responses ADD COLUMN output_tokens INTEGER;
    ALTER TABLE responses ADD COLUMN resolved_model TEXT;
    CREATE TABLE attachments (id TEXT PRIMARY KEY, type TEXT, path TEXT, url TEXT, content BLOB);
    CREATE TABLE prompt_attachments (response_id TEXT, attachment_id TEXT, "order" INTEGER);
    CREATE TABLE fragments (id INTEGER PRIMARY KEY, hash TEXT, content TEXT);
    CREATE TABLE prompt_fragments (response_id TEXT, fragment_id INTEGER, "order" INTEGER);
    CREATE TABLE system_fragments (response_id TEXT, fragment_id INTEGER, "order" INTEGER);
    CREATE TABLE tool_calls (
        id INTEGER PRIMARY KEY, response_id TEXT, name TEXT, arguments TEXT, tool_call_id TEXT
    );
    CREATE TABLE tool_results (
        id INTEGER PRIMARY KEY, response_id TEXT, name TEXT, output TEXT, tool_call_id TEXT
    );
"""
# From release 0.32 on.
LLM_MESSAGE_SCHEMA = """
    CREATE TABLE messages (hash TEXT PRIMARY KEY, parent_hash TEXT, role TEXT, provider_metadata TEXT);
    CREATE TABLE parts (
        id INTEGER PRIMARY KEY, message_hash TEXT, position INTEGER, type TEXT, tool_name TEXT,
        text TEXT, payload TEXT
    );
    CREATE TABLE threads (
        id TEXT PRIMARY KEY, name TEXT, tip_message_hash TEXT, forked_from TEXT, datetime_utc TEXT
    );
    CREATE TABLE turns (
        id TEXT PRIMARY KEY, thread_id TEXT, parent_message_hash TEXT, tip_message_hash TEXT,
        model TEXT, resolved_model TEXT, options_json TEXT, schema_id TEXT, input_tokens INTEGER,
        output_tokens INTEGER, token_details TEXT, duration_ms INTEGER, datetime_utc TEXT
    );
"""


def chatgpt_node(
    node_id: str, parent: str | None, role: str, text: str, time: float | None = None, **more: Any
) -> Json:
    """Return a node of a `mapping`. Other fields replace those of the message."""
    message: Json = {
        "id": node_id,
        "author": {"role": role, "name": None, "metadata": {}},
        "create_time": time,
        "content": {"content_type": "text", "parts": [text]},
        "status": "finished_successfully",
        "weight": 1.0,
        "metadata": {},
        "recipient": "all",
    }
    return {"id": node_id, "parent": parent, "children": [], "message": {**message, **more}}


def chatgpt_conversation(nodes: Sequence[Json], current: str | None = None, **fields: Any) -> Json:
    conversation: Json = {
        "title": "A talk",
        "create_time": 1700000000.25,
        "update_time": 1700000100.0,
        "mapping": {each["id"]: each for each in nodes},
        "current_node": current or nodes[-1]["id"],
        "conversation_id": "conversation-uuid",
    }
    return {**conversation, **fields}


def regenerated_conversation(**fields: Any) -> Json:
    """Return a conversation of ChatGPT with another reply, an edited question and a tool."""
    root = {"id": "root", "parent": None, "children": ["hidden"], "message": None}
    hidden: Json = {"metadata": {"is_visually_hidden_from_conversation": True}}
    model: Json = {"metadata": {"model_slug": "gpt-4o", "finish_details": {"type": "interrupted"}}}
    image: Json = {
        "author": {"role": "tool", "name": "dalle.text2im", "metadata": {}},
        "content": {
            "content_type": "multimodal_text",
            "parts": [
                {"content_type": "image_asset_pointer", "asset_pointer": "sediment://file_1"},
                "A picture",
            ],
        },
    }
    nodes = [
        root,
        chatgpt_node("hidden", "root", "system", "", **hidden),
        chatgpt_node("q1", "hidden", "user", "Where?", 1),
        chatgpt_node("a1", "q1", "assistant", "Rome", 2, **model),
        chatgpt_node("a2", "q1", "assistant", "Oslo", 5),
        chatgpt_node("q2", "a1", "user", "Why?", 3),
        chatgpt_node("tool", "q2", "tool", "", 4, **image),
        chatgpt_node("q0", "root", "user", "Where to?", 8),
        chatgpt_node("a0", "q0", "assistant", "Nowhere", 9),
    ]
    return chatgpt_conversation(nodes, "a2", **fields)


def create_database(path: Path, *scripts: str, rows: Sequence[tuple[str, Sequence[Any]]]) -> Path:
    """Create a SQLite file with these tables, and these rows of tables."""
    with closing(sqlite3.connect(path)) as connection:
        for script in scripts:
            connection.executescript(script)
        for table, values in rows:
            marks = ", ".join("?" * len(values))
            connection.execute(f"INSERT INTO {table} VALUES ({marks})", values)
        connection.commit()
    return path


def write_json(path: Path, value: Any) -> Path:
    path.write_text(json.dumps(value), "utf-8")
    return path


def lines_of(export: ConversationExport) -> dict[str, list[str]]:
    """Return the texts that are visible on each branch, by the titles of the branches."""
    messages: Json = {each["id"]: each for each in export["messages"]}
    last: Json = {each["id"]: each.get("forkPointMessageId") for each in export["branches"]}
    last |= {str(each["branchId"]): each["id"] for each in export["messages"]}
    lines: dict[str, list[str]] = {}
    for branch in export["branches"]:
        line: list[str] = []
        current = last[branch["id"]]
        while current is not None:
            line.append(messages[current]["content"])
            current = messages[current]["parentMessageId"]
        lines[branch["title"]] = line[::-1]
    return lines
