"""A generation as an event stream (server-sent events), in both dialects at once.

Every event has an id. An error before the first chunk is an ordinary error response, if it occurs
soon enough. If the model is silent for longer, the response starts with a comment, and another
comment follows each further silence of the same length. From then on an error is an event. Comments
have no id and clients ignore them, but they keep proxies and clients from timing out.
"""

from __future__ import annotations

from collections.abc import AsyncIterator

from chatroutes_server.body_spool import BLOCK_SIZE, SpooledBytes
from chatroutes_server.errors import ApiError
from chatroutes_server.generation.cursor import DONE, END, EventId
from chatroutes_server.generation.generation import Chunk, Generation
from chatroutes_server.json_encoding import Json, dump_json

KEEP_ALIVE_COMMENT = ": keep-alive\n\n"


async def event_stream(
    generation: Generation, last_event_id: EventId | None, keep_alive: float
) -> AsyncIterator[str | bytes]:
    """Yield the text of the stream, or of its part after `last_event_id`.

    Large events wait in the spool while the client does not read.
    """
    async for events in _events(generation, last_event_id, keep_alive):
        if len(events) < BLOCK_SIZE:
            yield events
            continue
        spooled = SpooledBytes(events.encode())
        del events
        for start in range(0, len(spooled), BLOCK_SIZE):
            yield spooled.read(start, BLOCK_SIZE)


async def _events(
    generation: Generation, last_event_id: EventId | None, keep_alive: float
) -> AsyncIterator[str]:
    """Yield the events.

    Available events are sent together. A comment is sent after each silence of `keep_alive`
    seconds, and at once if the generation has no chunk yet.
    """
    if not generation.chunks and not generation.done:
        yield KEEP_ALIVE_COMMENT
    offset = 0 if last_event_id is None else last_event_id.offset
    if offset is not None:
        prefix = ""
        async for batch in generation.chunk_batches(offset, keep_alive):
            if batch and not prefix:  # the fields are not known while the turn waits
                prefix = dump_json(_reply_fields(generation)).removesuffix("}")
            yield _content_events(prefix, generation.reply_id, batch)
    try:
        # Without a local variable: a large result would stay in memory while the client does not read.
        yield _final_events(generation, await generation.wait_for_result(), last_event_id)
    except ApiError as error:
        payload = {"type": "error", "error": error.code, "message": error.message}
        yield f"event: error\ndata: {dump_json(payload)}\n\n"


def _final_events(generation: Generation, result: Json, last_event_id: EventId | None) -> str:
    events = ""
    if last_event_id is None or last_event_id.position not in (END, DONE):
        finish_reason = result["message"]["metadata"]["finishReason"]
        choice: Json = {"index": 0, "delta": {}, "finish_reason": finish_reason}
        payload = _reply_fields(generation) | {"choices": [choice], "type": "complete"} | result
        events = _event(generation.reply_id, END, dump_json(payload))
    if last_event_id is None or last_event_id.position != DONE:
        events += _event(generation.reply_id, DONE, "[DONE]")
    return events


def _reply_fields(generation: Generation) -> Json:
    return {
        "id": generation.reply_id,
        "model": generation.model,
        "created": generation.created,
    }


def _content_events(prefix: str, reply_id: str, batch: list[Chunk]) -> str:
    """Return the events of a batch, and empty the batch, so that its texts are freed."""
    events = "".join(_content_event(prefix, reply_id, each) for each in batch)
    batch.clear()
    return events or KEEP_ALIVE_COMMENT


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
