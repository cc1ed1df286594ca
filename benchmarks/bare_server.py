"""A bare Starlette application over SQLite: the reads and writes of the local server, and nothing else.

    python -m benchmarks.bare_server DATABASE    # prints its URL

It has no validation, accounts, branches or idempotency. The requests, the responses, the number of transactions and their
durability are those of the local server.
"""

import hashlib
import json
import secrets
import socket
import sqlite3
import sys
import threading
from collections.abc import AsyncIterator, Callable
from datetime import UTC, datetime
from typing import Any

import uvicorn
from anyio import to_thread
from starlette.applications import Starlette
from starlette.requests import Request
from starlette.responses import JSONResponse, Response, StreamingResponse
from starlette.routing import Route

TABLES = """
PRAGMA journal_mode = WAL;
CREATE TABLE conversations (id PRIMARY KEY, userId, title, model, createdAt, updatedAt);
CREATE TABLE branches (id PRIMARY KEY, conversationId, title, contextMode, isMain, isActive, createdAt, updatedAt);
CREATE TABLE messages (
    seq INTEGER PRIMARY KEY AUTOINCREMENT, id UNIQUE, conversationId, branchId, role, content, tokenCount, contentHash,
    createdAt, metadata
);
CREATE INDEX conversations_by_change ON conversations (userId, updatedAt, id);
CREATE INDEX branches_by_conversation ON branches (conversationId);
CREATE INDEX messages_by_branch ON messages (branchId, seq);
"""
USER = "user_local"
MODEL = "gpt-5"
Row = dict[str, Any]
local = threading.local()
writer = threading.Lock()


def connect() -> sqlite3.Connection:
    """Return the connection of this thread."""
    if not hasattr(local, "connection"):
        local.connection = sqlite3.connect(sys.argv[1], isolation_level=None)
        local.connection.row_factory = sqlite3.Row
        local.connection.execute("PRAGMA synchronous = FULL")
    connection: sqlite3.Connection = local.connection
    return connection


def select(query: str, *parameters: Any) -> list[Row]:
    return [dict(row) for row in connect().execute(query, parameters)]


def insert(table: str, row: Row) -> None:
    marks = ", ".join("?" * len(row))
    query = f"INSERT INTO {table} ({', '.join(row)}) VALUES ({marks})"
    connect().execute(query, tuple(row.values()))


def new_row(kind: str, **values: Any) -> Row:
    now = datetime.now(UTC).isoformat(timespec="milliseconds").replace("+00:00", "Z")
    return {"id": f"{kind}_{secrets.token_hex(12)}", **values, "createdAt": now}


def create(body: Row) -> Row:
    conversation = new_row("conv", userId=USER, title=body["title"], model=MODEL)
    conversation["updatedAt"] = conversation["createdAt"]
    branch = new_row("br", conversationId=conversation["id"], title="Main", contextMode="FULL")
    branch |= {"isMain": True, "isActive": True, "updatedAt": branch["createdAt"]}
    with writer, connect() as connection:
        connection.execute("BEGIN IMMEDIATE")
        insert("conversations", conversation)
        insert("branches", branch)
    return {"conversation": conversation}


def list_page(request: Request) -> Response:
    page, limit = (int(request.query_params.get(*each)) for each in (("page", 1), ("limit", 10)))
    with connect() as connection:
        connection.execute("BEGIN")
        (count,) = select("SELECT count(*) AS total FROM conversations WHERE userId = ?", USER)
        query = "SELECT * FROM conversations WHERE userId = ? ORDER BY updatedAt DESC, id DESC"
        rows = select(f"{query} LIMIT ? OFFSET ?", USER, limit, (page - 1) * limit)
    more = page * limit < count["total"]
    data = {"conversations": rows, **count, "page": page, "limit": limit, "hasNext": more}
    return JSONResponse({"success": True, "data": data, **data})


def get(request: Request) -> Response:
    conversation_id = request.path_params["id"]
    with connect() as connection:
        connection.execute("BEGIN")
        (data,) = select("SELECT * FROM conversations WHERE id = ?", conversation_id)
        (branch,) = select("SELECT * FROM branches WHERE conversationId = ?", conversation_id)
        data["messages"] = read_messages(branch["id"])
    data["branches"] = [branch | {"messageCount": len(data["messages"])}]
    return JSONResponse({"success": True, "data": {"conversation": data}})


def read_messages(branch_id: str) -> list[Row]:
    rows = select("SELECT * FROM messages WHERE branchId = ? ORDER BY seq", branch_id)
    for row in rows:
        del row["seq"]
        metadata = row.pop("metadata")
        if metadata is not None:
            row["metadata"] = json.loads(metadata)
    return rows


def add_message(branch: Row, role: str, content: str, metadata: Row | None = None) -> Row:
    message = new_row(
        "msg",
        conversationId=branch["conversationId"],
        branchId=branch["id"],
        role=role,
        content=content,
        tokenCount=-(-len(content) // 4),
        contentHash=hashlib.sha256(content.encode()).hexdigest(),
    )
    insert("messages", message | {"metadata": metadata and json.dumps(metadata)})
    query = "UPDATE conversations SET updatedAt = ? WHERE id = ?"
    connect().execute(query, (message["createdAt"], branch["conversationId"]))
    return message if metadata is None else message | {"metadata": metadata}


def prepare(conversation_id: str, content: str) -> tuple[Row, Row, list[Row]]:
    """Store the user's message. Return the branch, the message, and the context of the reply."""
    with writer, connect() as connection:
        connection.execute("BEGIN IMMEDIATE")
        select("SELECT * FROM conversations WHERE id = ?", conversation_id)
        (branch,) = select("SELECT * FROM branches WHERE conversationId = ?", conversation_id)
        return branch, add_message(branch, "user", content), read_messages(branch["id"])


def finish(branch: Row, user_message: Row, context: list[Row], reply: str) -> Row:
    """Store the reply, and return the data of the response."""
    tokens = sum(row["tokenCount"] for row in context)
    metadata = {"model": MODEL, "responseTime": 0, "finishReason": "stop", "prompt_tokens": tokens}
    with writer, connect() as connection:
        connection.execute("BEGIN IMMEDIATE")
        message = add_message(branch, "assistant", reply, metadata)
    usage = {"promptTokens": tokens, "completionTokens": message["tokenCount"]}
    data = {"userMessage": user_message, "assistantMessage": message, "message": message}
    return {**data, "usage": usage, "model": MODEL}


def build_reply(context: list[Row]) -> str:
    """Return the reply of the built-in model."""
    previous = f'You wrote before: "{context[-3]["content"][:40]}". ' if len(context) > 2 else ""
    return (
        f"{MODEL} (built-in) sees {len(context)} messages. {previous}"
        f'You wrote: "{context[-1]["content"]}"'
    )


def send(conversation_id: str, body: Row) -> Row:
    branch, message, context = prepare(conversation_id, body["content"])
    return finish(branch, message, context, build_reply(context))


async def stream(request: Request) -> Response:
    content = (await request.json())["content"]
    prepared = await to_thread.run_sync(prepare, request.path_params["id"], content)
    reply, base = build_reply(prepared[2]), {"id": prepared[1]["id"], "model": MODEL, "created": 0}

    async def events() -> AsyncIterator[str]:
        for number, word in enumerate(reply.split(" ")):
            choice = {"index": 0, "delta": {"content": word + " "}, "finish_reason": None}
            event = {**base, "choices": [choice], "type": "content", "content": word + " "}
            yield f"data: {json.dumps(event)}\nid: {base['id']}-{number}\n\n"
        data = await to_thread.run_sync(finish, *prepared, reply)
        yield f"data: {json.dumps({**base, 'type': 'complete', **data})}\n\ndata: [DONE]\n\n"

    return StreamingResponse(events(), media_type="text/event-stream")


def post(path: str, work: Callable[..., Row]) -> Route:
    async def endpoint(request: Request) -> Response:
        arguments = [*request.path_params.values(), await request.json()]
        data = await to_thread.run_sync(work, *arguments)
        return JSONResponse({"success": True, "data": data}, 201)

    return Route(path, endpoint, methods=["POST"])


PATH = "/api/v1/conversations"
ROUTES = [
    post(PATH, create),
    Route(PATH, list_page),
    Route(f"{PATH}/{{id}}", get),
    post(f"{PATH}/{{id}}/messages", send),
    Route(f"{PATH}/{{id}}/messages/stream", stream, methods=["POST"]),
]


def main() -> None:
    connect().executescript(TABLES)
    # asyncio sets TCP_NODELAY only on sockets that have this protocol.
    with socket.socket(proto=socket.IPPROTO_TCP) as listening:
        listening.bind(("127.0.0.1", 0))
        listening.listen(2048)
        print(f"http://127.0.0.1:{listening.getsockname()[1]}/api/v1", flush=True)
        app = Starlette(routes=ROUTES)
        config = uvicorn.Config(app, http="h11", log_level="warning", access_log=False)
        uvicorn.Server(config).run(sockets=[listening])


if __name__ == "__main__":
    main()
