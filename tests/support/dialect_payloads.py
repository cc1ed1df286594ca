"""Messages and stream chunks of both dialects."""

from __future__ import annotations

from typing import Any

from tests.support.dialect_server import TIME, USAGE, Json

USER_MESSAGE = {
    "id": "msg_1",
    "conversationId": "conv_1",
    "role": "user",
    "content": "Hi",
    "createdAt": TIME,
}
ASSISTANT_MESSAGE = {
    "id": "msg_2",
    "conversationId": "conv_1",
    "role": "assistant",
    "content": "Hello",
    "createdAt": TIME,
}
ASSISTANT_MESSAGE_WITH_MODEL = {**ASSISTANT_MESSAGE, "metadata": {"model": "gpt-4"}}
# The user message that the SDK builds from the request, where the response has none.
REQUEST_MESSAGE = {"conversationId": "conv_1", "role": "user", "content": "Hi"}


def documented_chunk(delta: Json, finish_reason: str | None = None, **fields: Any) -> Json:
    choice = {"index": 0, "delta": delta, "finish_reason": finish_reason}
    return {"id": "msg_2", "model": "gpt-4", "created": 1759633269, "choices": [choice], **fields}


HELLO_CHUNKS = (
    documented_chunk({"content": "Hel", "role": "assistant"}),
    documented_chunk({"content": "lo"}),
)
COMPLETE_CHUNK = {
    "type": "complete",
    "message": ASSISTANT_MESSAGE,
    "usage": USAGE,
    "model": "gpt-4",
}


def content_chunk(text: str, **fields: Any) -> Json:
    return {"type": "content", "content": text, "model": "gpt-4", **fields}
