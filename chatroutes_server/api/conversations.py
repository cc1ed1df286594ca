"""The operations on conversations."""

from __future__ import annotations

from sqlalchemy import Connection
from starlette.responses import Response

from chatroutes_server.api import serializers, tree
from chatroutes_server.api.branches import branch_list
from chatroutes_server.json_encoding import Json, dump_json
from chatroutes_server.request_context import Call, json_response
from chatroutes_server.store import branches, conversations, messages

DEFAULT_PAGE = 1
DEFAULT_LIMIT = 10


async def create_conversation(call: Call) -> Response:
    values = _values(call)
    values.setdefault("model", call.service.catalogue.default_model)

    def work(connection: Connection) -> Json:
        conversation_id = conversations.create(connection, call.user_id, values)
        payload = serializers.conversation(conversations.get(connection, conversation_id))
        payload["branches"] = branch_list(connection, conversation_id)
        payload["messages"] = []
        return {"conversation": payload}

    return await call.write(work, 201)


async def list_conversations(call: Call) -> Response:
    page = int(call.query.get("page", DEFAULT_PAGE))
    limit = int(call.query.get("limit", DEFAULT_LIMIT))

    shared = call.query.get("filter") == "shared"

    def work(connection: Connection) -> str:
        rows, total = conversations.list_page(connection, call.user_id, page, limit, shared)
        found = {
            "conversations": [serializers.conversation(row) for row in rows],
            "total": total,
            "page": page,
            "limit": limit,
            "hasNext": page * limit < total,
        }
        # Both dialects: under `data`, and beside `success`.
        return dump_json({"success": True, "data": found, **found})

    return json_response(200, await call.service.database.read(work))


async def get_conversation(call: Call) -> Response:
    conversation_id = call.ids["conversationId"]

    def work(connection: Connection) -> serializers.Pieces:
        payload = serializers.conversation(conversations.get(connection, conversation_id))
        payload["branches"] = branch_list(connection, conversation_id)
        main = payload["branches"][0]["id"]
        seen = messages.list_visible_json(connection, main)
        found = serializers.dump_with(payload, {"messages": serializers.list_of(seen)})
        return serializers.dump_with({}, {"conversation": found})

    return await call.read_json(work)


async def update_conversation(call: Call) -> Response:
    conversation_id = call.ids["conversationId"]
    values = _values(call)

    def work(connection: Connection) -> Json:
        row = conversations.get(connection, conversation_id)
        if values:
            conversations.update(connection, conversation_id, values)
            row = conversations.get(connection, conversation_id)
        return {"conversation": serializers.conversation(row)}

    return await call.write(work)


async def delete_conversation(call: Call) -> Response:
    conversation_id = call.ids["conversationId"]
    return await call.write(lambda connection: conversations.delete(connection, conversation_id))


async def get_conversation_tree(call: Call) -> Response:
    conversation_id = call.ids["conversationId"]

    def work(connection: Connection) -> serializers.Pieces:
        conversation = conversations.get(connection, conversation_id)
        grown = tree.grow(
            conversation,
            branches.list_by_conversation(connection, conversation_id),
            messages.list_own_by_branch(connection, conversation_id, tree.DOWN),
        )
        size = {
            "totalNodes": grown.total_nodes,
            "totalBranches": grown.total_branches,
            "maxDepth": grown.max_depth,
        }
        before = {"conversation": serializers.conversation(conversation), "metadata": size}
        return serializers.dump_with(before, {"tree": grown.json})

    return await call.read_json(work)


def _values(call: Call) -> Json:
    values = serializers.columns(call.body, serializers.CONVERSATION_COLUMNS)
    if "max_tokens" in values:
        values["max_tokens"] = int(values["max_tokens"])
    if values.get("model") == "":
        values["model"] = call.service.catalogue.default_model
    if "model" in values:
        call.service.catalogue.require_served(values["model"])
    return values
