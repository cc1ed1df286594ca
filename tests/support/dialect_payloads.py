"""Messages and chunks in the shapes that the dialects have."""

from __future__ import annotations

from typing import Any

from tests.support.dialect_server import TIME, USAGE, Json

USER = {
    "id": "msg_1",
    "conversationId": "conv_1",
    "role": "user",
    "content": "Hi",
    "createdAt": TIME,
}
REPLY = {
    "id": "msg_2",
    "conversationId": "conv_1",
    "role": "assistant",
    "content": "Hello",
    "createdAt": TIME,
}
REPLY_OF_MODEL = {**REPLY, "metadata": {"model": "gpt-4"}}
AS_SENT = {"conversationId": "conv_1", "role": "user", "content": "Hi"}


def chunk(delta: Json, finish_reason: str | None = None, **fields: Any) -> Json:
    choice = {"index": 0, "delta": delta, "finish_reason": finish_reason}
    return {"id": "msg_2", "model": "gpt-4", "created": 1759633269, "choices": [choice], **fields}


HELLO = chunk({"content": "Hel", "role": "assistant"}), chunk({"content": "lo"})
COMPLETE = {"type": "complete", "message": REPLY, "usage": USAGE, "model": "gpt-4"}


def content(text: str, **fields: Any) -> Json:
    return {"type": "content", "content": text, "model": "gpt-4", **fields}
