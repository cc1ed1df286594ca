"""A bare Starlette application over SQLite: the reads and writes of the local server, and nothing else.

    python -m benchmarks.bare_server DATABASE    # prints its URL

It has no validation, accounts, branches or idempotency, and its replies have a fixed text. The requests, the responses,
the number of transactions and their durability are those of the local server.
"""

import hashlib
import json
import secrets
import socket
import sqlite3
import sys
import threading
import time
from collections.abc import AsyncIterator, Awaitable, Callable
from datetime import UTC, datetime
from typing import Any

import anyio.to_thread
import uvicorn
from starlette.applications import Starlette
from starlette.requests import Request
from starlette.responses import JSONResponse, Response, StreamingResponse
from starlette.routing import Route

PREFIX = "/api/v1/conversations"
TABLES = """
PRAGMA journal_mode = WAL;
CREATE TABLE conversations (id TEXT PRIMARY KEY, userId TEXT, title TEXT, createdAt TEXT, updatedAt TEXT, model TEXT);
CREATE TABLE branches (
    id TEXT PRIMARY KEY, conversationId TEXT, title TEXT, contextMode TEXT, isMain INT, isActive INT, createdAt TEXT,
    updatedAt TEXT
);
CREATE TABLE messages (
    seq INTEGER PRIMARY KEY AUTOINCREMENT, id TEXT UNIQUE, conversationId TEXT, branchId TEXT, role TEXT, content TEXT,
    tokenCount INT, contentHash TEXT, createdAt TEXT, metadata TEXT
);
CREATE INDEX conversations_by_change ON conversations (userId, updatedAt, id);
CREATE INDEX branches_by_conversation ON branches (conversationId);
CREATE INDEX messages_by_branch ON messages (branchId, seq);
"""
local = threading.local()
writing = threading.Lock()


def connect() -> sqlite3.Connection:
    """Return the connection of this thread."""
    if not hasattr(local, "connection"):
        local.connection = sqlite3.connect(sys.argv[1], isolation_level=None)
        local.connection.row_factory = sqlite3.Row
        local.connection.execute("PRAGMA synchronous = FULL")
    connection: sqlite3.Connection = local.connection
    return connection


def now() -> str:
    return datetime.now(UTC).isoformat(timespec="milliseconds").replace("+00:00", "Z")


def insert(table: str, **values: Any) -> None:
    names, marks = ", ".join(values), ", ".join("?" * len(values))
    connect().execute(f"INSERT INTO {table} ({names}) VALUES ({marks})", tuple(values.values()))


def select(query: str, *parameters: Any) -> list[dict[str, Any]]:
    return [dict(row) for row in connect().execute(query, parameters)]


def create(request: Request, body: Any) -> Response:
    at, conversation_id = now(), f"conv_{secrets.token_hex(16)}"
    values = {
        "id": conversation_id,
        "userId": "user_local",
        "title": body["title"],
        "model": "gpt-5",
    }
    branch = {
        "id": f"br_{secrets.token_hex(16)}",
        "conversationId": conversation_id,
        "title": "Main",
    }
    branch |= {"contextMode": "FULL", "isMain": True, "isActive": True}
    with writing, connect() as connection:
        connection.execute("BEGIN IMMEDIATE")
        insert("conversations", **values, createdAt=at, updatedAt=at)
        insert("branches", **branch, createdAt=at, updatedAt=at)
    return JSONResponse({"success": True, "data": {"conversation": values}}, 201)


def list_page(request: Request) -> Response:
    limit, page = int(request.query_params.get("limit", 10)), int(
        request.query_params.get("page", 1)
    )
    connection = connect()
    connection.execute("BEGIN")
    total = connection.execute(
        "SELECT count(*) FROM conversations WHERE userId = ?", ("user_local",)
    ).fetchone()[0]
    query = "SELECT * FROM conversations WHERE userId = ? ORDER BY updatedAt DESC, id DESC LIMIT ? OFFSET ?"
    rows = select(query, "user_local", limit, (page - 1) * limit)
    connection.execute("COMMIT")
    data = {
        "conversations": rows,
        "total": total,
        "page": page,
        "limit": limit,
        "hasNext": page * limit < total,
    }
    return JSONResponse({"success": True, "data": data, **data})


def get(request: Request) -> Response:
    conversation_id = request.path_params["id"]
    connect().execute("BEGIN")
    data = select("SELECT * FROM conversations WHERE id = ?", conversation_id)[0]
    data["branches"] = select("SELECT * FROM branches WHERE conversationId = ?", conversation_id)
    data["messages"] = read_messages(data["branches"][0]["id"])
    connect().execute("COMMIT")
    for branch in data["branches"]:
        branch["messageCount"] = len(data["messages"])
    return JSONResponse({"success": True, "data": {"conversation": data}})


def read_messages(branch_id: str) -> list[dict[str, Any]]:
    rows = select("SELECT * FROM messages WHERE branchId = ? ORDER BY seq", branch_id)
    for row in rows:
        metadata = row.pop("metadata")
        if metadata is not None:
            row["metadata"] = json.loads(metadata)
        del row["seq"]
    return rows


def add_message(
    conversation_id: str, branch_id: str, role: str, content: str, metadata: Any
) -> dict[str, Any]:
    message = {
        "id": f"msg_{secrets.token_hex(16)}",
        "conversationId": conversation_id,
        "branchId": branch_id,
        "role": role,
        "content": content,
        "tokenCount": -(-len(content) // 4),
        "contentHash": hashlib.sha256(content.encode()).hexdigest(),
        "createdAt": now(),
    }
    insert("messages", **message, metadata=None if metadata is None else json.dumps(metadata))
    connect().execute(
        "UPDATE conversations SET updatedAt = ? WHERE id = ?", (now(), conversation_id)
    )
    return message if metadata is None else {**message, "metadata": metadata}


def prepare(conversation_id: str, content: str) -> tuple[dict[str, Any], list[dict[str, Any]]]:
    """Store the user's message, and return it with the messages before it, which a model needs."""
    with writing, connect() as connection:
        connection.execute("BEGIN IMMEDIATE")
        conversation = select("SELECT * FROM conversations WHERE id = ?", conversation_id)[0]
        branch = select("SELECT * FROM branches WHERE conversationId = ?", conversation_id)[0]
        message = add_message(conversation["id"], branch["id"], "user", content, None)
        return message, read_messages(branch["id"])


def finish(user_message: dict[str, Any], reply: str, tokens: int) -> dict[str, Any]:
    """Store the reply, and return the data of the response."""
    conversation_id, branch_id = user_message["conversationId"], user_message["branchId"]
    metadata = {
        "model": "gpt-5",
        "responseTime": 0,
        "finishReason": "stop",
        "cost": 0,
        "prompt_tokens": tokens,
    }
    with writing, connect() as connection:
        connection.execute("BEGIN IMMEDIATE")
        message = add_message(conversation_id, branch_id, "assistant", reply, metadata)
    usage = {"promptTokens": tokens, "completionTokens": message["tokenCount"]}
    usage["totalTokens"] = sum(usage.values())
    messages = {"userMessage": user_message, "assistantMessage": message, "message": message}
    return {**messages, "usage": usage, "model": "gpt-5"}


def build_reply(context: list[dict[str, Any]]) -> tuple[str, int]:
    """Return the reply of the built-in model, and the number of tokens of the context."""
    reply = (
        "This is the built-in model of the local ChatRoutes server, standing in for gpt-5. It is no language model and "
        f"makes nothing up. The context it was given holds {len(context)} messages. "
        f'You wrote: "{context[-1]["content"]}"'
    )
    return reply, sum(row["tokenCount"] for row in context)


def send(request: Request, body: Any) -> Response:
    user_message, context = prepare(request.path_params["id"], body["content"])
    return JSONResponse({"success": True, "data": finish(user_message, *build_reply(context))})


async def stream(request: Request) -> Response:
    body = await request.json()
    user_message, context = await anyio.to_thread.run_sync(
        prepare, request.path_params["id"], body["content"]
    )
    reply, tokens = build_reply(context)
    base = {"id": user_message["id"], "model": "gpt-5", "created": int(time.time())}

    async def events() -> AsyncIterator[str]:
        for number, word in enumerate(reply.split(" ")):
            choice = {"index": 0, "delta": {"content": word + " "}, "finish_reason": None}
            event = {**base, "choices": [choice], "type": "content", "content": word + " "}
            yield f"data: {json.dumps(event)}\nid: {base['id']}-{number}\n\n"
        data = await anyio.to_thread.run_sync(finish, user_message, reply, tokens)
        yield f"data: {json.dumps({**base, 'type': 'complete', **data})}\n\ndata: [DONE]\n\n"

    return StreamingResponse(events(), media_type="text/event-stream")


def with_body(
    endpoint: Callable[[Request, Any], Response],
) -> Callable[[Request], Awaitable[Response]]:
    async def call(request: Request) -> Response:
        return await anyio.to_thread.run_sync(endpoint, request, await request.json())

    return call


ROUTES = [
    Route(PREFIX, with_body(create), methods=["POST"]),
    Route(PREFIX, list_page),
    Route(f"{PREFIX}/{{id}}", get),
    Route(f"{PREFIX}/{{id}}/messages", with_body(send), methods=["POST"]),
    Route(f"{PREFIX}/{{id}}/messages/stream", stream, methods=["POST"]),
]


def main() -> None:
    connect().executescript(TABLES)
    # asyncio sets TCP_NODELAY only on sockets that have this protocol.
    with socket.socket(proto=socket.IPPROTO_TCP) as listening:
        listening.bind(("127.0.0.1", 0))
        print(f"http://127.0.0.1:{listening.getsockname()[1]}/api/v1", flush=True)
        config = uvicorn.Config(
            Starlette(routes=ROUTES), http="h11", log_level="warning", access_log=False
        )
        uvicorn.Server(config).run(sockets=[listening])


if __name__ == "__main__":
    main()
