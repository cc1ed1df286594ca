"""Objects, responses and events of the API that tests send and expect."""

from __future__ import annotations

import json
import threading
from typing import Any

from chatroutes import SendMessageRequest
from tests.support.fault_responses import ScriptedResponse, event_stream, json_response

API_KEY = "cr_prod_sk_" + "5e" * 32
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
SEND_RESULT = {"userMessage": {**MESSAGE, "role": "user"}, "assistantMessage": MESSAGE}
TREE = {
    "conversation": CONVERSATION,
    "tree": {"id": "conv_1", "content": "Talk", "role": "system", "children": []},
    "metadata": {"totalNodes": 0, "totalBranches": 1, "maxDepth": 0},
}
PAGE = {"conversations": [CONVERSATION], "total": 1, "page": 1, "limit": 10, "hasNext": False}
SUGGESTIONS = {"suggestions": [], "metadata": {"detectionMethod": "pattern"}}
MODEL = {"id": "gpt-5", "provider": "openai", "isDefault": True}
HEALTH = {"status": "healthy", "version": "1", "service": "autobranch"}


def envelope(data: Any) -> dict[str, Any]:
    """Return the documented envelope of a success."""
    return {"success": True, "data": data}


def success_response(data: Any) -> ScriptedResponse:
    """Return a response with the data in the documented envelope."""
    return json_response(200, envelope(data))


NOT_FOUND_RESPONSE = json_response(404, {"success": False, "error": "NOT_FOUND", "message": "No."})
CONVERSATION_ENVELOPE = envelope({"conversation": CONVERSATION})
CONVERSATION_RESPONSE = json_response(200, CONVERSATION_ENVELOPE)


def sse_event(payload: Any) -> bytes:
    """Return a server-sent event with this JSON as its data."""
    return b"data: " + json.dumps(payload, ensure_ascii=False).encode() + b"\n\n"


def text_event(text: str) -> bytes:
    """Return an event of the documented dialect that carries text."""
    return sse_event(
        {"id": "m", "model": "gpt-4", "created": 1759633269, "choices": [choice(text)]}
    )


def choice(text: str | None, finish_reason: str | None = None) -> dict[str, Any]:
    """Return a choice of the documented dialect."""
    delta = {} if text is None else {"content": text}
    return {"index": 0, "delta": delta, "finish_reason": finish_reason}


FINISH_EVENT = sse_event({"id": "m", "model": "gpt-4", "choices": [choice(None, "stop")]})
DONE_EVENT = b"data: [DONE]\n\n"
DOCUMENTED_EVENTS = (text_event("Hel"), text_event("lo"), FINISH_EVENT, DONE_EVENT)
COMPACT_EVENTS = (
    sse_event({"type": "content", "content": "Hel", "model": "gpt-5"}),
    sse_event({"type": "content", "content": "lo", "model": "gpt-5"}),
    sse_event(
        {
            "type": "complete",
            "message": {**MESSAGE, "content": "Hello"},
            "usage": {"promptTokens": 1, "completionTokens": 2, "totalTokens": 3},
            "model": "gpt-5",
        }
    ),
)
COMPLETE_STREAM = event_stream(*DOCUMENTED_EVENTS)
UNBROKEN_STREAM = event_stream(b"".join(DOCUMENTED_EVENTS))
"""The same without a silence between its events, in which a busy machine reaches a short timeout."""
TEXT_EVENT = text_event("Hel")
OPEN_STREAM = event_stream(TEXT_EVENT, threading.Event())
