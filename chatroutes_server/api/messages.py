"""The endpoints of the operations on messages."""

from __future__ import annotations

from collections.abc import Sequence

from starlette.responses import Response, StreamingResponse
from starlette.types import Receive, Scope, Send

from chatroutes_server.api import serializers
from chatroutes_server.api.pagination import next_cursor, requested_page
from chatroutes_server.api.registry import operation
from chatroutes_server.errors import ConflictError
from chatroutes_server.generation.cursor import EventId
from chatroutes_server.generation.manager import Reader
from chatroutes_server.generation.sse import event_stream
from chatroutes_server.generation.store import GenerationRequest
from chatroutes_server.json_encoding import Json, dump_json
from chatroutes_server.request_context import RequestContext
from chatroutes_server.responses import json_response, replay_headers
from chatroutes_server.store import branches, messages
from chatroutes_server.store.connection import Connection, Row

STREAM_HEADERS = {"Cache-Control": "no-store", "X-Accel-Buffering": "no"}


@operation("sendMessage")
async def send_message(context: RequestContext) -> Response:
    return await _send(context, context.body.get("branchId"))


@operation("sendBranchMessage")
async def send_branch_message(context: RequestContext) -> Response:
    return await _send(context, context.path_params["branchId"])


async def _send(context: RequestContext, branch_id: str | None) -> Response:
    reader = await _start(context, _generation_request(context, branch_id))
    try:
        data = await context.run_until_disconnect(reader.generation.wait_for_result())
    finally:
        reader.close()
    text = dump_json({"success": True, "data": data})
    return json_response(200, text, replayed=reader.generation.replayed)


@operation("streamMessage")
async def stream_message(context: RequestContext) -> Response:
    request = _generation_request(context, context.body.get("branchId"))
    reader = await _start(context, request)
    try:
        keep_alive = context.app_state.keep_alive
        await context.run_until_disconnect(reader.generation.wait_for_first_chunk(keep_alive))
    except BaseException:
        reader.close()
        raise
    return ReplyStreamResponse(reader, request.last_event_id, keep_alive)


async def _start(context: RequestContext, request: GenerationRequest) -> Reader:
    assert context.turn is not None
    return await context.app_state.generations.start(request, context.turn)


class ReplyStreamResponse(StreamingResponse):
    """A stream of the events of a reply. Closes its reader at the end, or when the client disconnects."""

    def __init__(self, reader: Reader, last_event_id: EventId | None, keep_alive: float) -> None:
        super().__init__(
            event_stream(reader.generation, last_event_id, keep_alive),
            headers=STREAM_HEADERS | replay_headers(reader.generation.replayed),
            media_type="text/event-stream",
        )
        self._reader = reader

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        try:
            await super().__call__(scope, receive, send)
        finally:
            self._reader.close()


def _generation_request(context: RequestContext, branch_id: str | None) -> GenerationRequest:
    last_event_id = None if context.last_event_id is None else EventId.parse(context.last_event_id)
    if last_event_id is not None and context.idempotent_request is None:
        raise ConflictError("Last-Event-ID: send the Idempotency-Key of the stream with it")
    return GenerationRequest(
        user_id=context.user_id,
        conversation_id=context.path_params["conversationId"],
        branch_id=branch_id,
        content=context.body["content"],
        model=context.body.get("model") or None,
        temperature=context.body.get("temperature"),
        max_tokens=context.body.get("maxTokens"),
        idempotent_request=context.idempotent_request,
        last_event_id=last_event_id,
        request_id=context.request_id,
    )


@operation("listMessages")
async def list_messages(context: RequestContext) -> Response:
    if context.query_params.get("scope") != "conversation":
        return await _list(context, context.query_params.get("branchId"))
    conversation_id = context.path_params["conversationId"]

    def work(connection: Connection, _: Row) -> serializers.JsonFragments:
        list_name = f"all-messages:{conversation_id}"
        page = requested_page(context, list_name)
        texts, next_seq = messages.list_all_json(connection, conversation_id, page)
        return _to_page(list_name, texts, next_seq)

    return await context.read_conversation(conversation_id, work)


@operation("listBranchMessages")
async def list_branch_messages(context: RequestContext) -> Response:
    return await _list(context, context.path_params["branchId"])


async def _list(context: RequestContext, branch_id: str | None) -> Response:
    conversation_id = context.path_params["conversationId"]

    def work(connection: Connection, _: Row) -> serializers.JsonFragments:
        branch = branches.get(connection, conversation_id, branch_id)
        list_name = f"messages:{branch.id}"
        page = requested_page(context, list_name)
        texts, next_seq = messages.list_visible_json(connection, branch.id, page)
        return _to_page(list_name, texts, next_seq)

    return await context.read_conversation(conversation_id, work)


def _to_page(
    list_name: str, texts: Sequence[str], next_seq: int | None
) -> serializers.JsonFragments:
    fields = next_cursor(list_name, next_seq)
    return serializers.dump_with(fields, {"messages": serializers.json_array(texts)})


@operation("updateMessage")
async def update_message(context: RequestContext) -> Response:
    message_id, content = context.path_params["messageId"], context.body["content"]

    def work(connection: Connection) -> Json:
        row = messages.update_content(connection, message_id, content)
        return {"message": messages.to_payload(connection, row)}

    return await context.write(work)


@operation("deleteMessage")
async def delete_message(context: RequestContext) -> Response:
    message_id = context.path_params["messageId"]
    response = await context.write(lambda connection: messages.delete(connection, message_id))
    await context.app_state.generations.end_deleted("messageId", message_id)
    return response
