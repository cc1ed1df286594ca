"""The endpoints of the operations on branches."""

from __future__ import annotations

from collections.abc import Sequence

from starlette.responses import Response

from chatroutes_server.api import serializers
from chatroutes_server.api.pagination import next_cursor, requested_page
from chatroutes_server.api.registry import operation
from chatroutes_server.errors import NotFoundError
from chatroutes_server.json_encoding import Json
from chatroutes_server.request_context import RequestContext
from chatroutes_server.store import branches, conversations, messages
from chatroutes_server.store.connection import Connection, Row


def branch_payloads(
    connection: Connection, conversation_id: str, rows: Sequence[Row]
) -> list[Json]:
    """Return branches of the conversation, each with its number of messages."""
    counts = branches.count_visible_messages_by_branch(connection, conversation_id, rows)
    return [serializers.branch(row, counts[row.id]) for row in rows]


@operation("listBranches")
async def list_branches(context: RequestContext) -> Response:
    conversation_id = context.path_params["conversationId"]

    list_name = f"branches:{conversation_id}"
    page = requested_page(context, list_name)

    def work(connection: Connection) -> Json:
        conversations.get(connection, conversation_id)
        rows, next_seq = branches.list_page(connection, conversation_id, page)
        payloads = branch_payloads(connection, conversation_id, rows)
        return {"branches": payloads, **next_cursor(list_name, next_seq)}

    return await context.read(work)


@operation("createBranch")
async def create_branch(context: RequestContext) -> Response:
    return await _create(context, "baseNodeId")


@operation("forkConversation")
async def fork_conversation(context: RequestContext) -> Response:
    return await _create(context, "forkPointMessageId")


async def _create(context: RequestContext, fork_field: str) -> Response:
    conversation_id = context.path_params["conversationId"]
    fork_id = context.body.get(fork_field)
    fields: Json = {
        field: context.body[field] for field in ("title", "contextMode") if field in context.body
    }
    if context.operation.id == "createBranch" and "description" in context.body:
        fields["description"] = context.body["description"]
    values = {"context_mode": "FULL", **serializers.columns(fields, serializers.BRANCH_COLUMNS)}

    def work(connection: Connection) -> Json:
        main = branches.get(connection, conversation_id, None)
        if fork_id is None:
            fork_point = messages.find_last_visible(connection, main.id)
        elif fork_id == conversation_id and fork_field == "baseNodeId":  # the root of the tree
            fork_point = None
        else:
            fork_point = messages.get_in_conversation(
                connection, conversation_id, fork_id, fork_field
            )
        branch_id = branches.create(connection, conversation_id, fork_point, values)
        return _branch_payload(connection, branches.get(connection, conversation_id, branch_id))

    return await context.write(work, 201)


@operation("updateBranch")
async def update_branch(context: RequestContext) -> Response:
    conversation_id, branch_id = (
        context.path_params["conversationId"],
        context.path_params["branchId"],
    )
    values = serializers.columns(context.body, serializers.BRANCH_COLUMNS)

    def work(connection: Connection) -> Json:
        row = branches.get(connection, conversation_id, branch_id)
        if values:
            branches.update(connection, row, values)
            row = branches.get(connection, conversation_id, branch_id)
        return _branch_payload(connection, row)

    return await context.write(work)


@operation("deleteBranch")
async def delete_branch(context: RequestContext) -> Response:
    conversation_id, branch_id = (
        context.path_params["conversationId"],
        context.path_params["branchId"],
    )
    response = await context.write(
        lambda connection: branches.delete(connection, conversation_id, branch_id)
    )
    await context.app_state.generations.end_deleted("branchId", branch_id)
    return response


@operation("mergeBranch")
async def merge_branch(context: RequestContext) -> Response:
    conversation_id, branch_id = (
        context.path_params["conversationId"],
        context.path_params["branchId"],
    )
    await _wait_for_turn(context, conversation_id, branch_id)
    return await context.write(
        lambda connection: _branch_payload(
            connection, branches.merge(connection, conversation_id, branch_id)
        )
    )


async def _wait_for_turn(context: RequestContext, conversation_id: str, branch_id: str) -> None:
    """Wait until no earlier turn uses the branch or its parent."""
    try:
        branch = await context.app_state.database.read(
            lambda connection: branches.get(connection, conversation_id, branch_id)
        )
    except NotFoundError:
        return  # the merge will fail, or the request is repeated
    if branch.is_main or not branch.is_active:
        return  # as above
    turn = context.turn
    assert turn is not None
    context.app_state.generations.turns.enter(turn, branch.id, branch.parent_branch_id)
    if not await context.run_until_disconnect(context.app_state.generations.begin(turn)):
        assert turn.error is not None
        raise turn.error


def _branch_payload(connection: Connection, row: Row) -> Json:
    return {"branch": serializers.branch(row, branches.count_visible_messages(connection, row.id))}
