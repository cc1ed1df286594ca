"""The operations on conversations."""

from __future__ import annotations

from sqlalchemy import Connection
from starlette.responses import Response

from chatroutes_server.api import serializers, tree
from chatroutes_server.api.branches import branch_list
from chatroutes_server.request_context import RequestContext, json_response
from chatroutes_server.store import branches, conversations, messages

DEFAULT_PAGE = 1
DEFAULT_LIMIT = 10


async def create_conversation(context: RequestContext) -> Response:
    values = _values(context)
    values.setdefault("model", context.app_state.catalogue.default_name)

    def work(connection: Connection) -> serializers.Json:
        conversation_id = conversations.create(connection, context.user_id, values)
        payload = serializers.conversation(conversations.get(connection, conversation_id))
        payload["branches"] = branch_list(connection, conversation_id)
        payload["messages"] = []
        return {"conversation": payload}

    return await context.write(work, 201)


async def list_conversations(context: RequestContext) -> Response:
    page = int(context.query_params.get("page", DEFAULT_PAGE))
    limit = int(context.query_params.get("limit", DEFAULT_LIMIT))

    shared = context.query_params.get("filter") == "shared"

    def work(connection: Connection) -> str:
        rows, total = conversations.page(connection, context.user_id, page, limit, shared)
        found = {
            "conversations": [serializers.conversation(row) for row in rows],
            "total": total,
            "page": page,
            "limit": limit,
            "hasNext": page * limit < total,
        }
        # Both dialects: under `data`, and beside `success`.
        return serializers.dump({"success": True, "data": found, **found})

    return json_response(200, await context.app_state.database.read(work))


async def get_conversation(context: RequestContext) -> Response:
    conversation_id = context.path_params["conversationId"]

    def work(connection: Connection) -> serializers.Pieces:
        payload = serializers.conversation(conversations.get(connection, conversation_id))
        payload["branches"] = branch_list(connection, conversation_id)
        main = payload["branches"][0]["id"]
        seen = messages.json_seen_by(connection, main)
        found = serializers.dump_with(payload, {"messages": serializers.list_of(seen)})
        return serializers.dump_with({}, {"conversation": found})

    return await context.read_json(work)


async def update_conversation(context: RequestContext) -> Response:
    conversation_id = context.path_params["conversationId"]
    values = _values(context)

    def work(connection: Connection) -> serializers.Json:
        row = conversations.get(connection, conversation_id)
        if values:
            conversations.change(connection, conversation_id, values)
            row = conversations.get(connection, conversation_id)
        return {"conversation": serializers.conversation(row)}

    return await context.write(work)


async def delete_conversation(context: RequestContext) -> Response:
    conversation_id = context.path_params["conversationId"]
    return await context.write(lambda connection: conversations.remove(connection, conversation_id))


async def get_conversation_tree(context: RequestContext) -> Response:
    conversation_id = context.path_params["conversationId"]

    def work(connection: Connection) -> serializers.Pieces:
        conversation = conversations.get(connection, conversation_id)
        grown = tree.grow(
            conversation,
            branches.of_conversation(connection, conversation_id),
            messages.all_of(connection, conversation_id, tree.DOWN),
        )
        size = {
            "totalNodes": grown.total_nodes,
            "totalBranches": grown.total_branches,
            "maxDepth": grown.max_depth,
        }
        before = {"conversation": serializers.conversation(conversation), "metadata": size}
        return serializers.dump_with(before, {"tree": grown.json})

    return await context.read_json(work)


def _values(context: RequestContext) -> serializers.Json:
    values = serializers.columns(context.body, serializers.CONVERSATION_COLUMNS)
    if "max_tokens" in values:
        values["max_tokens"] = int(values["max_tokens"])
    if values.get("model") == "":
        values["model"] = context.app_state.catalogue.default_name
    if "model" in values:
        context.app_state.catalogue.check(values["model"])
    return values
