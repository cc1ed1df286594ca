"""The endpoints of the operations on checkpoints."""

from __future__ import annotations

from collections.abc import Callable, Sequence

from starlette.responses import Response

from chatroutes_server.api import serializers
from chatroutes_server.api.pagination import next_cursor, requested_page
from chatroutes_server.api.registry import operation
from chatroutes_server.errors import ConflictError, NotFoundError
from chatroutes_server.json_encoding import Json
from chatroutes_server.llm.model import ContextMessage
from chatroutes_server.llm.summaries import summarise
from chatroutes_server.request_context import RequestContext
from chatroutes_server.store import branches, checkpoints, conversations, messages
from chatroutes_server.store.connection import Connection, Row
from chatroutes_server.store.idempotency import StoredResponse


@operation("listCheckpoints")
async def list_checkpoints(context: RequestContext) -> Response:
    conversation_id, branch_id = context.path_params["conversationId"], context.query_params.get(
        "branchId"
    )
    list_name = f"checkpoints:{branch_id or conversation_id}"
    page = requested_page(context, list_name)

    def work(connection: Connection) -> Json:
        conversations.get(connection, conversation_id)
        if branch_id is not None:
            branches.get(connection, conversation_id, branch_id)
        rows, next_seq = checkpoints.list_page(connection, conversation_id, branch_id, page)
        payloads = [serializers.checkpoint(row) for row in rows]
        return {"checkpoints": payloads, **next_cursor(list_name, next_seq)}

    return await context.read(work)


@operation("createCheckpoint")
async def create_checkpoint(context: RequestContext) -> Response:
    conversation_id = context.path_params["conversationId"]
    branch_id, anchor_id = context.body["branchId"], context.body["anchorMessageId"]

    def find_anchor(connection: Connection) -> tuple[Row, Sequence[Row]]:
        branch = branches.get(connection, conversation_id, branch_id)
        anchor = messages.get_in_conversation(
            connection, conversation_id, anchor_id, "anchorMessageId"
        )
        visible = messages.list_visible(connection, branch.id, anchor.seq)
        if not visible or visible[-1].id != anchor_id:
            raise NotFoundError(
                f"anchorMessageId: message {anchor_id} is not visible on branch {branch_id}"
            )
        return branch, visible

    def read(connection: Connection) -> tuple[str, Sequence[Row]]:
        model: str = conversations.get(connection, conversation_id).model
        return model, find_anchor(connection)[1]

    def write(connection: Connection, summary: str) -> Row:
        branch, visible = find_anchor(connection)
        return checkpoints.create(connection, branch, visible[-1].seq, summary)

    return await _summarize(context, read, write, 201)


@operation("deleteCheckpoint")
async def delete_checkpoint(context: RequestContext) -> Response:
    checkpoint_id = context.path_params["checkpointId"]
    return await context.write(lambda connection: checkpoints.delete(connection, checkpoint_id))


@operation("recreateCheckpoint")
async def recreate_checkpoint(context: RequestContext) -> Response:
    checkpoint_id = context.path_params["checkpointId"]

    def read(connection: Connection) -> tuple[str, Sequence[Row]]:
        row = checkpoints.get(connection, checkpoint_id)
        visible = messages.list_visible(connection, row.branch_id, row.anchor_seq)
        if not visible:
            raise ConflictError("checkpointId: all messages of the checkpoint were deleted")
        return conversations.get(connection, row.conversation_id).model, visible

    def write(connection: Connection, summary: str) -> Row:
        return checkpoints.update(connection, checkpoint_id, summary)

    return await _summarize(context, read, write, 200)


async def _summarize(
    context: RequestContext,
    read: Callable[[Connection], tuple[str, Sequence[Row]]],
    write: Callable[[Connection, str], Row],
    status: int,
) -> Response:
    """Read the model and the messages, let the model summarize them, and write the summary."""

    async def work() -> StoredResponse:
        model, visible = await context.app_state.database.read(read)
        texts = [ContextMessage(row.role, row.content) for row in visible]
        summary = await summarise(context.app_state.models, model, texts)
        return await context.store(
            lambda connection: {"checkpoint": serializers.checkpoint(write(connection, summary))},
            status,
        )

    return await context.run_single_flight(work)
