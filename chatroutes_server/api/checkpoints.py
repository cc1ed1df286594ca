"""The operations on checkpoints."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Any

from sqlalchemy import Connection, Row
from starlette.responses import Response

from chatroutes_server.api import serializers
from chatroutes_server.errors import ConflictError, NotFoundError
from chatroutes_server.llm.summaries import summarise
from chatroutes_server.request_context import RequestContext
from chatroutes_server.store import accounts, branches, checkpoints, conversations, messages
from chatroutes_server.store.idempotency import Answer


async def list_checkpoints(context: RequestContext) -> Response:
    conversation_id, branch_id = context.path_params["conversationId"], context.query_params.get(
        "branchId"
    )

    def work(connection: Connection) -> serializers.Json:
        if branch_id is not None:
            branches.get(connection, conversation_id, branch_id)
        rows = checkpoints.of_conversation(connection, conversation_id, branch_id)
        return {"checkpoints": [serializers.checkpoint(row) for row in rows]}

    return await context.read(work)


async def create_checkpoint(context: RequestContext) -> Response:
    conversation_id = context.path_params["conversationId"]
    branch_id, anchor_id = context.body["branchId"], context.body["anchorMessageId"]

    def anchored(connection: Connection) -> tuple[Row[Any], Sequence[Row[Any]]]:
        branch = branches.get(connection, conversation_id, branch_id)
        anchor = messages.of_conversation(connection, conversation_id, anchor_id, "anchorMessageId")
        seen = messages.seen_by(connection, branch.id, anchor.seq)
        if not seen or seen[-1].id != anchor_id:
            raise NotFoundError(
                f"anchorMessageId: the branch {branch_id} does not see the message {anchor_id}"
            )
        return branch, seen

    def look(connection: Connection) -> tuple[str, Sequence[Row[Any]]]:
        accounts.require_owner(connection, context.user_id, context.path_params)
        model: str = conversations.get(connection, conversation_id).model
        return model, anchored(connection)[1]

    def keep(connection: Connection, summary: str) -> Row[Any]:
        branch, seen = anchored(connection)
        return checkpoints.create(connection, branch, seen[-1].seq, summary)

    return await _summarised(context, look, keep, 201)


async def delete_checkpoint(context: RequestContext) -> Response:
    checkpoint_id = context.path_params["checkpointId"]
    return await context.write(lambda connection: checkpoints.remove(connection, checkpoint_id))


async def recreate_checkpoint(context: RequestContext) -> Response:
    checkpoint_id = context.path_params["checkpointId"]

    def look(connection: Connection) -> tuple[str, Sequence[Row[Any]]]:
        accounts.require_owner(connection, context.user_id, context.path_params)
        row = checkpoints.get(connection, checkpoint_id)
        seen = messages.seen_by(connection, row.branch_id, row.anchor_seq)
        if not seen:
            raise ConflictError("checkpointId: all messages that it stands for were deleted")
        return conversations.get(connection, row.conversation_id).model, seen

    def keep(connection: Connection, summary: str) -> Row[Any]:
        return checkpoints.change(connection, checkpoint_id, summary)

    return await _summarised(context, look, keep, 200)


async def _summarised(
    context: RequestContext,
    look: Callable[[Connection], tuple[str, Sequence[Row[Any]]]],
    keep: Callable[[Connection, str], Row[Any]],
    status: int,
) -> Response:
    """Look for the model and the messages, have them summarised, and keep the summary."""

    async def work() -> Answer:
        model, seen = await context.app_state.database.read(look)
        summary = await summarise(context.app_state.catalogue, model, seen)
        return await context.store(
            lambda connection: {"checkpoint": serializers.checkpoint(keep(connection, summary))},
            status,
        )

    return await context.single_flight(work)
