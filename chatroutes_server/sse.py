"""A turn as an event stream, in both dialects at once."""

from __future__ import annotations

from collections.abc import AsyncIterator

from chatroutes_server import wire
from chatroutes_server.errors import ApiError
from chatroutes_server.turns import Turn

DONE = "data: [DONE]\n\n"


async def events(turn: Turn) -> AsyncIterator[str]:
    """Give the text of the stream; what has piled up meanwhile goes out together."""
    delta: wire.Json = {"role": "assistant"}
    async for batch in turn.batches():
        text = ""
        for piece in batch:
            delta["content"] = piece
            text += _event(_chunk(turn, delta, None) | {"type": "content", "content": piece})
            delta = {}
        yield text
    try:
        result = await turn.finished()
    except ApiError as error:
        failure = {"type": "error", "error": error.code, "message": error.message}
        yield "event: error\n" + _event(failure)
        return
    finish_reason = result["message"]["metadata"]["finishReason"]
    yield _event(_chunk(turn, {}, finish_reason) | {"type": "complete"} | result) + DONE


def _chunk(turn: Turn, delta: wire.Json, finish_reason: str | None) -> wire.Json:
    choice = {"index": 0, "delta": delta, "finish_reason": finish_reason}
    return {"id": turn.reply_id, "model": turn.model, "created": turn.created, "choices": [choice]}


def _event(data: wire.Json) -> str:
    return f"data: {wire.dump(data)}\n\n"
