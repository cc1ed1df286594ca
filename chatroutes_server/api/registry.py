"""Which function serves which operation of the contract."""

from __future__ import annotations

from collections.abc import Awaitable, Callable

from starlette.responses import Response

from chatroutes_server.api import autobranch, branches, checkpoints, conversations, messages, models
from chatroutes_server.request_context import RequestContext

Endpoint = Callable[[RequestContext], Awaitable[Response]]

ENDPOINTS: dict[str, Endpoint] = {
    "createConversation": conversations.create_conversation,
    "listConversations": conversations.list_conversations,
    "getConversation": conversations.get_conversation,
    "updateConversation": conversations.update_conversation,
    "deleteConversation": conversations.delete_conversation,
    "getConversationTree": conversations.get_conversation_tree,
    "sendMessage": messages.send_message,
    "streamMessage": messages.stream_message,
    "listMessages": messages.list_messages,
    "updateMessage": messages.update_message,
    "deleteMessage": messages.delete_message,
    "listBranches": branches.list_branches,
    "createBranch": branches.create_branch,
    "forkConversation": branches.fork_conversation,
    "updateBranch": branches.update_branch,
    "deleteBranch": branches.delete_branch,
    "listBranchMessages": messages.list_branch_messages,
    "sendBranchMessage": messages.send_branch_message,
    "mergeBranch": branches.merge_branch,
    "listCheckpoints": checkpoints.list_checkpoints,
    "createCheckpoint": checkpoints.create_checkpoint,
    "deleteCheckpoint": checkpoints.delete_checkpoint,
    "recreateCheckpoint": checkpoints.recreate_checkpoint,
    "suggestBranches": autobranch.suggest_branches,
    "getAutobranchHealth": autobranch.get_autobranch_health,
    "listModels": models.list_models,
}
