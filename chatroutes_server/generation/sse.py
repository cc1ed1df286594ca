"""A generation as an event stream (server-sent events), in both dialects at once.

Every event has an id. An error before the first chunk is an ordinary error response, if it occurs
soon enough. If the model is silent for longer, the response starts with a comment, and another
comment follows each further silence of the same length. From then on an error is an event. Comments
have no id and clients ignore them, but they keep proxies and clients from timing out.
"""

from __future__ import annotations

from collections.abc import AsyncIterator

from chatroutes_server.errors import ApiError
from chatroutes_server.generation.cursor import DONE, END, EventId
from chatroutes_server.generation.generation import Chunk, Generation
from chatroutes_server.json_encoding import Json, dump_json

KEEP_ALIVE_COMMENT = ": keep-alive\n\n"


async def event_stream(
    generation: Generation, last_event_id: EventId | None, keep_alive: float
) -> AsyncIterator[str]:
    """Yield the text of the stream, or of its part after `last_event_id`.

    Available events are sent together. A comment is sent after each silence of `keep_alive`
    seconds, and at once if the generation has no chunk yet.
    """
    if not generation.chunks and not generation.done:
        yield KEEP_ALIVE_COMMENT
    offset = 0 if last_event_id is None else last_event_id.offset
    if offset is not None:
        prefix = dump_json(_reply_fields(generation)).removesuffix("}")
        async for batch in generation.chunk_batches(offset, keep_alive):
            events = "".join(_content_event(prefix, generation.reply_id, each) for each in batch)
            yield events or KEEP_ALIVE_COMMENT
    try:
        result = await generation.wait_for_result()
    except ApiError as error:
        payload = {"type": "error", "error": error.code, "message": error.message}
        yield f"event: error\ndata: {dump_json(payload)}\n\n"
        return
    final_events = ""
    if last_event_id is None or last_event_id.position not in (END, DONE):
        finish_reason = result["message"]["metadata"]["finishReason"]
        choice: Json = {"index": 0, "delta": {}, "finish_reason": finish_reason}
        payload = _reply_fields(generation) | {"choices": [choice], "type": "complete"} | result
        final_events = _event(generation.reply_id, END, dump_json(payload))
    if last_event_id is None or last_event_id.position != DONE:
        final_events += _event(generation.reply_id, DONE, "[DONE]")
    yield final_events


def _reply_fields(generation: Generation) -> Json:
    return {
        "id": generation.reply_id,
        "model": generation.model,
        "created": generation.created,
    }


def _content_event(prefix: str, reply_id: str, chunk: Chunk) -> str:
    # One string for all fields: encoding them as a dict would take ten times as long.
    content = dump_json(chunk.text)
    role = ',"role":"assistant"' if chunk.end == len(chunk.text) else ""
    data = (
        f'{prefix},"choices":[{{"index":0,"delta":{{"content":{content}{role}}},'
        f'"finish_reason":null}}],"type":"content","content":{content}}}'
    )
    return _event(reply_id, str(chunk.end), data)


def _event(reply_id: str, position: str, data: str) -> str:
    # `data` comes first: the published releases of the SDK read a stream line by line.
    return f"data: {data}\nid: {EventId(reply_id, position)}\n\n"
