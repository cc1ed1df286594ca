"""The operations on messages."""

from __future__ import annotations

from sqlalchemy import Connection
from starlette.responses import Response, StreamingResponse

from chatroutes_server.api import serializers
from chatroutes_server.errors import ConflictError
from chatroutes_server.generation.cursor import EventId
from chatroutes_server.generation.sse import event_stream
from chatroutes_server.generation.store import GenerationRequest
from chatroutes_server.json_encoding import Json, dump_json
from chatroutes_server.request_context import Call, json_response
from chatroutes_server.store import branches, message_rows, messages

STREAM_HEADERS = {"Cache-Control": "no-store", "X-Accel-Buffering": "no"}


async def send_message(call: Call) -> Response:
    return await _send(call, call.body.get("branchId"))


async def send_branch_message(call: Call) -> Response:
    return await _send(call, call.ids["branchId"])


async def _send(call: Call, branch_id: str | None) -> Response:
    turn = await call.service.turns.start(_ask(call, branch_id))
    data = await call.unless_left(turn.wait_for_result())
    return json_response(200, dump_json({"success": True, "data": data}))


async def stream_message(call: Call) -> Response:
    ask = _ask(call, call.body.get("branchId"))
    turn = await call.service.turns.start(ask)
    keep_alive = call.service.keep_alive
    await call.unless_left(turn.wait_for_first_chunk(keep_alive))
    return StreamingResponse(
        event_stream(turn, ask.last_event_id, keep_alive),
        headers=STREAM_HEADERS,
        media_type="text/event-stream",
    )


def _ask(call: Call, branch_id: str | None) -> GenerationRequest:
    max_tokens = call.body.get("maxTokens")
    after = None if call.last_event_id is None else EventId.parse(call.last_event_id)
    if after is not None and call.first_try is None:
        raise ConflictError("Last-Event-ID: it needs the Idempotency-Key of the stream")
    return GenerationRequest(
        user_id=call.user_id,
        conversation_id=call.ids["conversationId"],
        branch_id=branch_id,
        content=call.body["content"],
        model=call.body.get("model") or None,
        temperature=call.body.get("temperature"),
        max_tokens=None if max_tokens is None else int(max_tokens),
        idempotent_request=call.first_try,
        last_event_id=after,
        wait_for_disconnect=call.reader_left,
    )


async def list_messages(call: Call) -> Response:
    return await _list(call, call.query.get("branchId"))


async def list_branch_messages(call: Call) -> Response:
    return await _list(call, call.ids["branchId"])


async def _list(call: Call, branch_id: str | None) -> Response:
    conversation_id = call.ids["conversationId"]

    def work(connection: Connection) -> serializers.Pieces:
        branch = branches.get(connection, conversation_id, branch_id)
        found = messages.list_visible_json(connection, branch.id)
        return serializers.dump_with({}, {"messages": serializers.list_of(found)})

    return await call.read_json(work)


async def update_message(call: Call) -> Response:
    message_id, content = call.ids["messageId"], call.body["content"]

    def work(connection: Connection) -> Json:
        return {
            "message": message_rows.to_payload(
                messages.update_content(connection, message_id, content)
            )
        }

    return await call.write(work)


async def delete_message(call: Call) -> Response:
    message_id = call.ids["messageId"]
    return await call.write(lambda connection: messages.delete(connection, message_id))
