"""The endpoints of the operations on conversations."""

from __future__ import annotations

from starlette.responses import Response

from chatroutes_server.api import serializers, tree
from chatroutes_server.api.branches import branch_payloads
from chatroutes_server.api.registry import operation
from chatroutes_server.json_encoding import Json, dump_json
from chatroutes_server.request_context import RequestContext
from chatroutes_server.store import branches, conversations, messages
from chatroutes_server.store.connection import Connection, Row


@operation("createConversation")
async def create_conversation(context: RequestContext) -> Response:
    values = _column_values(context)
    values.setdefault("model", context.app_state.models.default_model)

    def work(connection: Connection) -> Json:
        conversation_id = conversations.create(connection, context.user_id, values)
        payload = serializers.conversation(conversations.get(connection, conversation_id))
        rows = branches.list_by_conversation(connection, conversation_id)
        payload["branches"] = branch_payloads(connection, conversation_id, rows)
        payload["messages"] = []
        return {"conversation": payload}

    return await context.write(work, 201)


@operation("listConversations")
async def list_conversations(context: RequestContext) -> Response:
    page: int = context.query_params["page"]
    limit: int = context.query_params["limit"]
    shared = context.query_params["filter"] == "shared"

    def work(connection: Connection) -> str:
        rows, total = conversations.list_page(connection, context.user_id, page, limit, shared)
        listing = {
            "conversations": [serializers.conversation(row) for row in rows],
            "total": total,
            "page": page,
            "limit": limit,
            "hasNext": page * limit < total,
        }
        # The two dialects of the contract have the list under `data` and at the top level.
        return dump_json({"success": True, "data": listing, **listing})

    return await context.read_body(work)


@operation("getConversation")
async def get_conversation(context: RequestContext) -> Response:
    conversation_id = context.path_params["conversationId"]

    def work(connection: Connection, row: Row) -> serializers.JsonFragments:
        payload = serializers.conversation(row)
        main, *forks = rows = branches.list_by_conversation(connection, conversation_id)
        texts, _ = messages.list_visible_json(connection, main.id)
        if forks:
            payload["branches"] = branch_payloads(connection, conversation_id, rows)
        else:
            payload["branches"] = [serializers.branch(main, len(texts))]
        message_list = serializers.json_array(texts)
        conversation = serializers.dump_with(payload, {"messages": message_list})
        return serializers.dump_with({}, {"conversation": conversation})

    return await context.read_conversation(conversation_id, work)


@operation("updateConversation")
async def update_conversation(context: RequestContext) -> Response:
    conversation_id = context.path_params["conversationId"]
    values = _column_values(context)

    def work(connection: Connection) -> Json:
        row = conversations.get(connection, conversation_id)
        if values:
            conversations.update(connection, conversation_id, values)
            row = conversations.get(connection, conversation_id)
        return {"conversation": serializers.conversation(row)}

    return await context.write(work)


@operation("deleteConversation")
async def delete_conversation(context: RequestContext) -> Response:
    conversation_id = context.path_params["conversationId"]
    response = await context.write(
        lambda connection: conversations.delete(connection, conversation_id)
    )
    await context.app_state.generations.end_deleted("conversationId", conversation_id)
    return response


@operation("getConversationTree")
async def get_conversation_tree(context: RequestContext) -> Response:
    conversation_id = context.path_params["conversationId"]
    tree_format = context.query_params.get("format")

    def work(connection: Connection, row: Row) -> serializers.JsonFragments:
        rows = branches.list_by_conversation(connection, conversation_id)
        own = messages.list_own_by_branch(connection, conversation_id, tree.DOWN)
        own_seqs = {branch_id: each.seqs for branch_id, each in own.items()}
        counts = branches.visible_counts(rows, own_seqs)
        branch_list = [
            serializers.branch(each, counts[each.id])
            | {"_count": {"messages": len(own_seqs.get(each.id, ()))}}
            for each in rows
        ]
        built = tree.Tree(rows, own)
        payload = {
            "conversation": serializers.conversation(row) | {"branches": branch_list},
            "metadata": built.metadata(),
            "mainBranch": branch_list[0],
        }
        forms: dict[str, serializers.JsonFragments] = {}
        if tree_format != "nested":
            forms["nodes"] = built.write_flat()
        if tree_format != "flat":
            forms["branches"] = tree.write_branches(branch_list)
            forms["tree"] = built.write_nested(row)
        return serializers.dump_with(payload, forms)

    return await context.read_conversation(conversation_id, work)


def _column_values(context: RequestContext) -> Json:
    values = serializers.columns(context.body, serializers.CONVERSATION_COLUMNS)
    if values.get("model") == "":
        values["model"] = context.app_state.models.default_model
    if "model" in values:
        context.app_state.models.require_served(values["model"])
    return values
