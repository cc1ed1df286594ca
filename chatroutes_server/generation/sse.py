"""A turn as an event stream, in both dialects at once, every event under an id of its own.

What goes wrong before the first piece is an ordinary error answer, if it is known soon. A model
that thinks for long is waited for only so long: then the answer begins with a comment, another one
follows each further silence, and what goes wrong is an event. Comments carry no id: they are no
place in the reply, and readers pass over them; but they tell proxies, and readers with little
patience, that somebody is still there.
"""

from __future__ import annotations

from collections.abc import AsyncIterator

from chatroutes_server.errors import ApiError
from chatroutes_server.generation.cursor import DONE, END, EventId
from chatroutes_server.generation.generation import Generation
from chatroutes_server.json_encoding import Json, dump_json

COMMENT = ": still being written\n\n"


async def events(turn: Generation, after: EventId | None, keep_alive: float) -> AsyncIterator[str]:
    """Give the text of the stream, or what follows a place in it.

    What has piled up meanwhile goes out together; a comment goes out after each silence of
    `keep_alive` seconds, and at once if the first of them is over.
    """
    if not turn.pieces and not turn.done:
        yield COMMENT
    offset = 0 if after is None else after.offset
    if offset is not None:
        async for batch in turn.batches(offset, keep_alive):
            text = "" if batch else COMMENT
            for piece in batch:
                start = piece.end - len(piece.text)
                delta: Json = {"content": piece.text}
                if start == 0:
                    delta["role"] = "assistant"
                chunk = _chunk(turn, delta, None) | {"type": "content", "content": piece.text}
                text += _event(turn, str(piece.end), dump_json(chunk))
            yield text
    try:
        result = await turn.finished()
    except ApiError as error:
        failure = {"type": "error", "error": error.code, "message": error.message}
        yield f"event: error\ndata: {dump_json(failure)}\n\n"
        return
    closing = ""
    if after is None or after.mark not in (END, DONE):
        finish_reason = result["message"]["metadata"]["finishReason"]
        chunk = _chunk(turn, {}, finish_reason) | {"type": "complete"} | result
        closing = _event(turn, END, dump_json(chunk))
    if after is None or after.mark != DONE:
        closing += _event(turn, DONE, "[DONE]")
    yield closing


def _chunk(turn: Generation, delta: Json, finish_reason: str | None) -> Json:
    choice = {"index": 0, "delta": delta, "finish_reason": finish_reason}
    return {"id": turn.reply_id, "model": turn.model, "created": turn.created, "choices": [choice]}


def _event(turn: Generation, mark: str, data: str) -> str:
    # The data comes first: the published releases read a stream line by line.
    return f"data: {data}\nid: {EventId(turn.reply_id, mark)}\n\n"
