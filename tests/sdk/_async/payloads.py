"""What goes over the wire in the tests: operations, answers and events."""

from __future__ import annotations

import json
from collections.abc import Callable
from typing import Any, NamedTuple

from chatroutes import AsyncChatRoutes, SendMessageRequest
from tests.support.fault_server import Answer, FaultServer, event_stream, json_answer

KEY = "cr_prod_sk_" + "5e" * 32
BRIEF = 0.3
"""Seconds to wait for a server that will stay silent; a busy machine answers sooner."""
HELLO: SendMessageRequest = {"content": "Hello"}

CONVERSATION = {
    "id": "conv_1",
    "userId": "user_1",
    "title": "Talk",
    "createdAt": "2025-10-05T03:01:09.598Z",
    "updatedAt": "2025-10-05T03:01:09.598Z",
}
BRANCH = {
    "id": "br_1",
    "conversationId": "conv_1",
    "title": "Main",
    "isMain": True,
    "isActive": True,
    "createdAt": "2025-10-05T03:01:09.598Z",
}
MESSAGE = {
    "id": "msg_1",
    "conversationId": "conv_1",
    "role": "assistant",
    "content": "Hello to you",
    "createdAt": "2025-10-05T03:01:09.598Z",
}
CHECKPOINT = {
    "id": "cp_1",
    "summary": "They said hello.",
    "conversation_id": "conv_1",
    "branch_id": "br_1",
    "anchor_message_id": "msg_1",
    "token_count": 4,
    "created_at": "2025-10-05T03:01:09.598Z",
}
SENT = {"userMessage": {**MESSAGE, "role": "user"}, "assistantMessage": MESSAGE}
TREE = {
    "conversation": CONVERSATION,
    "tree": {"id": "conv_1", "content": "Talk", "role": "system", "children": []},
    "metadata": {"totalNodes": 0, "totalBranches": 1, "maxDepth": 0},
}
PAGE = {"conversations": [CONVERSATION], "total": 1, "page": 1, "limit": 10, "hasNext": False}
SUGGESTIONS = {"suggestions": [], "metadata": {"detectionMethod": "pattern"}}
MODEL = {"id": "gpt-5", "provider": "openai", "isDefault": True}
HEALTH = {"status": "healthy", "version": "1", "service": "autobranch"}


class Operation(NamedTuple):
    """A method of the SDK: how it is called, what goes out, and the `data` that it can read."""

    name: str
    call: Callable[[AsyncChatRoutes], Any]
    method: str
    path: str
    body: Any
    data: Any


OPERATIONS = [
    Operation(
        "conversations.create",
        lambda client: client.conversations.create({"title": "Talk"}),
        "POST",
        "/conversations",
        {"title": "Talk"},
        {"conversation": CONVERSATION},
    ),
    Operation(
        "conversations.list",
        lambda client: client.conversations.list(),
        "GET",
        "/conversations",
        None,
        PAGE,
    ),
    Operation(
        "conversations.get",
        lambda client: client.conversations.get("conv_1"),
        "GET",
        "/conversations/conv_1",
        None,
        {"conversation": CONVERSATION},
    ),
    Operation(
        "conversations.update",
        lambda client: client.conversations.update("conv_1", {"title": "New"}),
        "PATCH",
        "/conversations/conv_1",
        {"title": "New"},
        {"conversation": CONVERSATION},
    ),
    Operation(
        "conversations.delete",
        lambda client: client.conversations.delete("conv_1"),
        "DELETE",
        "/conversations/conv_1",
        None,
        None,
    ),
    Operation(
        "conversations.get_tree",
        lambda client: client.conversations.get_tree("conv_1"),
        "GET",
        "/conversations/conv_1/tree",
        None,
        TREE,
    ),
    Operation(
        "messages.send",
        lambda client: client.messages.send("conv_1", HELLO),
        "POST",
        "/conversations/conv_1/messages",
        HELLO,
        SENT,
    ),
    Operation(
        "messages.list",
        lambda client: client.messages.list("conv_1"),
        "GET",
        "/conversations/conv_1/messages",
        None,
        {"messages": [MESSAGE]},
    ),
    Operation(
        "messages.list of a branch",
        lambda client: client.messages.list("conv_1", "br 1&x=2"),
        "GET",
        "/conversations/conv_1/messages?branchId=br+1%26x%3D2",
        None,
        {"messages": [MESSAGE]},
    ),
    Operation(
        "messages.update",
        lambda client: client.messages.update("msg_1", "Hello again"),
        "PATCH",
        "/messages/msg_1",
        {"content": "Hello again"},
        {"message": MESSAGE},
    ),
    Operation(
        "messages.delete",
        lambda client: client.messages.delete("msg_1"),
        "DELETE",
        "/messages/msg_1",
        None,
        None,
    ),
    Operation(
        "branches.list",
        lambda client: client.branches.list("conv_1"),
        "GET",
        "/conversations/conv_1/branches",
        None,
        {"branches": [BRANCH]},
    ),
    Operation(
        "branches.create",
        lambda client: client.branches.create("conv_1", {"title": "B", "baseNodeId": "msg_1"}),
        "POST",
        "/conversations/conv_1/branches",
        {"title": "B", "baseNodeId": "msg_1"},
        {"branch": BRANCH},
    ),
    Operation(
        "branches.fork",
        lambda client: client.branches.fork(
            "conv_1", {"forkPointMessageId": "msg_1", "title": "B"}
        ),
        "POST",
        "/conversations/conv_1/fork",
        {"forkPointMessageId": "msg_1", "title": "B"},
        {"branch": BRANCH},
    ),
    Operation(
        "branches.update",
        lambda client: client.branches.update("conv_1", "br_1", {"title": "New"}),
        "PATCH",
        "/conversations/conv_1/branches/br_1",
        {"title": "New"},
        {"branch": BRANCH},
    ),
    Operation(
        "branches.delete",
        lambda client: client.branches.delete("conv_1", "br_1"),
        "DELETE",
        "/conversations/conv_1/branches/br_1",
        None,
        None,
    ),
    Operation(
        "branches.get_messages",
        lambda client: client.branches.get_messages("conv_1", "br_1"),
        "GET",
        "/conversations/conv_1/branches/br_1/messages",
        None,
        {"messages": [MESSAGE]},
    ),
    Operation(
        "branches.send_message",
        lambda client: client.branches.send_message("conv_1", "br_1", HELLO),
        "POST",
        "/conversations/conv_1/branches/br_1/messages",
        HELLO,
        SENT,
    ),
    Operation(
        "branches.merge",
        lambda client: client.branches.merge("conv_1", "br_1"),
        "POST",
        "/conversations/conv_1/branches/br_1/merge",
        {},
        {"branch": BRANCH},
    ),
    Operation(
        "checkpoints.list",
        lambda client: client.checkpoints.list("conv_1"),
        "GET",
        "/conversations/conv_1/checkpoints",
        None,
        {"checkpoints": [CHECKPOINT]},
    ),
    Operation(
        "checkpoints.list of a branch",
        lambda client: client.checkpoints.list("conv_1", "br_1"),
        "GET",
        "/conversations/conv_1/checkpoints?branchId=br_1",
        None,
        {"checkpoints": [CHECKPOINT]},
    ),
    Operation(
        "checkpoints.create",
        lambda client: client.checkpoints.create("conv_1", "br_1", "msg_1"),
        "POST",
        "/conversations/conv_1/checkpoints",
        {"branchId": "br_1", "anchorMessageId": "msg_1"},
        {"checkpoint": CHECKPOINT},
    ),
    Operation(
        "checkpoints.delete",
        lambda client: client.checkpoints.delete("cp_1"),
        "DELETE",
        "/checkpoints/cp_1",
        None,
        None,
    ),
    Operation(
        "checkpoints.recreate",
        lambda client: client.checkpoints.recreate("cp_1"),
        "POST",
        "/checkpoints/cp_1/recreate",
        {},
        {"checkpoint": CHECKPOINT},
    ),
    Operation(
        "autobranch.suggest_branches",
        lambda client: client.autobranch.suggest_branches("Either or"),
        "POST",
        "/autobranch/suggest-branches",
        {
            "text": "Either or",
            "suggestionsCount": 3,
            "hybridDetection": False,
            "threshold": 0.7,
        },
        SUGGESTIONS,
    ),
    Operation(
        "autobranch.analyze_text",
        lambda client: client.autobranch.analyze_text("Either or", 5, True, 0.5, "gpt-5"),
        "POST",
        "/autobranch/suggest-branches",
        {
            "text": "Either or",
            "suggestionsCount": 5,
            "hybridDetection": True,
            "threshold": 0.5,
            "llmModel": "gpt-5",
        },
        SUGGESTIONS,
    ),
    Operation(
        "autobranch.health",
        lambda client: client.autobranch.health(),
        "GET",
        "/autobranch/health",
        None,
        HEALTH,
    ),
    Operation(
        "models.list",
        lambda client: client.models.list(),
        "GET",
        "/models",
        None,
        {"models": [MODEL]},
    ),
]

OPERATION_NAMES = [operation.name for operation in OPERATIONS]


def client_of(faults: FaultServer, **options: Any) -> AsyncChatRoutes:
    """A client of a faulty server; it does not wait between tries."""
    return AsyncChatRoutes(KEY, faults.base_url, **{"timeout": 20, "retry_delay": 0, **options})


def success(data: Any) -> Answer:
    """An answer in the documented envelope."""
    return json_answer(200, {"success": True, "data": data})


NOT_FOUND = json_answer(404, {"success": False, "error": "NOT_FOUND", "message": "No."})


def event(payload: Any) -> bytes:
    """One event of a stream."""
    return b"data: " + json.dumps(payload, ensure_ascii=False).encode() + b"\n\n"


def piece(text: str) -> bytes:
    """An event of the documented dialect that carries text."""
    return event({"id": "m", "model": "gpt-4", "created": 1759633269, "choices": [choice(text)]})


def choice(text: str | None, finish_reason: str | None = None) -> dict[str, Any]:
    """A choice of the documented dialect."""
    delta = {} if text is None else {"content": text}
    return {"index": 0, "delta": delta, "finish_reason": finish_reason}


FINISH = event({"id": "m", "model": "gpt-4", "choices": [choice(None, "stop")]})
DONE = b"data: [DONE]\n\n"
DOCUMENTED = (piece("Hel"), piece("lo"), FINISH, DONE)
COMPACT = (
    event({"type": "content", "content": "Hel", "model": "gpt-5"}),
    event({"type": "content", "content": "lo", "model": "gpt-5"}),
    event(
        {
            "type": "complete",
            "message": {**MESSAGE, "content": "Hello"},
            "usage": {"promptTokens": 1, "completionTokens": 2, "totalTokens": 3},
            "model": "gpt-5",
        }
    ),
)
WHOLE = event_stream(*DOCUMENTED)
