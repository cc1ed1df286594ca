"""The endpoints of the operations on messages."""

from __future__ import annotations

from sqlalchemy import Connection
from starlette.responses import Response, StreamingResponse

from chatroutes_server.api import serializers
from chatroutes_server.api.registry import operation
from chatroutes_server.errors import ConflictError
from chatroutes_server.generation import sse
from chatroutes_server.generation.cursor import Place
from chatroutes_server.generation.store import Ask
from chatroutes_server.request_context import RequestContext
from chatroutes_server.responses import json_response
from chatroutes_server.store import branches, messages

STREAM_HEADERS = {"Cache-Control": "no-store", "X-Accel-Buffering": "no"}


@operation("sendMessage")
async def send_message(context: RequestContext) -> Response:
    return await _send(context, context.body.get("branchId"))


@operation("sendBranchMessage")
async def send_branch_message(context: RequestContext) -> Response:
    return await _send(context, context.path_params["branchId"])


async def _send(context: RequestContext, branch_id: str | None) -> Response:
    turn = await context.app_state.generations.start(_generation_request(context, branch_id))
    data = await context.run_until_disconnect(turn.finished())
    return json_response(200, serializers.dump({"success": True, "data": data}))


@operation("streamMessage")
async def stream_message(context: RequestContext) -> Response:
    ask = _generation_request(context, context.body.get("branchId"))
    turn = await context.app_state.generations.start(ask)
    keep_alive = context.app_state.keep_alive
    await context.run_until_disconnect(turn.begun(keep_alive))
    return StreamingResponse(
        sse.events(turn, ask.after, keep_alive),
        headers=STREAM_HEADERS,
        media_type="text/event-stream",
    )


def _generation_request(context: RequestContext, branch_id: str | None) -> Ask:
    max_tokens = context.body.get("maxTokens")
    after = None if context.last_event_id is None else Place.parse(context.last_event_id)
    if after is not None and context.idempotent_request is None:
        raise ConflictError("Last-Event-ID: send the Idempotency-Key of the stream with it")
    return Ask(
        user_id=context.user_id,
        conversation_id=context.path_params["conversationId"],
        branch_id=branch_id,
        content=context.body["content"],
        model=context.body.get("model") or None,
        temperature=context.body.get("temperature"),
        max_tokens=None if max_tokens is None else int(max_tokens),
        first_try=context.idempotent_request,
        after=after,
        reader_left=context.wait_for_disconnect,
    )


@operation("listMessages")
async def list_messages(context: RequestContext) -> Response:
    return await _list(context, context.query_params.get("branchId"))


@operation("listBranchMessages")
async def list_branch_messages(context: RequestContext) -> Response:
    return await _list(context, context.path_params["branchId"])


async def _list(context: RequestContext, branch_id: str | None) -> Response:
    conversation_id = context.path_params["conversationId"]

    def work(connection: Connection) -> serializers.JsonFragments:
        branch = branches.get(connection, conversation_id, branch_id)
        message_list = serializers.json_array(messages.json_seen_by(connection, branch.id))
        return serializers.dump_with({}, {"messages": message_list})

    return await context.read_json(work)


@operation("updateMessage")
async def update_message(context: RequestContext) -> Response:
    message_id, content = context.path_params["messageId"], context.body["content"]

    def work(connection: Connection) -> serializers.Json:
        return {"message": serializers.message(messages.change(connection, message_id, content))}

    return await context.write(work)


@operation("deleteMessage")
async def delete_message(context: RequestContext) -> Response:
    message_id = context.path_params["messageId"]
    return await context.write(lambda connection: messages.remove(connection, message_id))
