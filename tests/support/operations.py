"""Every method of the SDK that sends one request, with its request and a response."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any, NamedTuple

from tests.support.payloads import (
    BRANCH,
    CHECKPOINT,
    CONVERSATION,
    HEALTH,
    HELLO,
    MESSAGE,
    MODEL,
    PAGE,
    SEND_RESULT,
    SUGGESTIONS,
    TREE,
)


class Operation(NamedTuple):
    """A call of an SDK method, the request that it sends, and the `data` of a valid response."""

    name: str
    call: Callable[[Any], Any]
    method: str
    path: str
    body: Any
    data: Any


OPERATIONS = [
    Operation(
        "conversations.create",
        lambda client: client.conversations.create({"title": "Talk"}),
        "POST",
        "/conversations",
        {"title": "Talk"},
        {"conversation": CONVERSATION},
    ),
    Operation(
        "conversations.list",
        lambda client: client.conversations.list(),
        "GET",
        "/conversations",
        None,
        PAGE,
    ),
    Operation(
        "conversations.get",
        lambda client: client.conversations.get("conv_1"),
        "GET",
        "/conversations/conv_1",
        None,
        {"conversation": CONVERSATION},
    ),
    Operation(
        "conversations.update",
        lambda client: client.conversations.update("conv_1", {"title": "New"}),
        "PATCH",
        "/conversations/conv_1",
        {"title": "New"},
        {"conversation": CONVERSATION},
    ),
    Operation(
        "conversations.delete",
        lambda client: client.conversations.delete("conv_1"),
        "DELETE",
        "/conversations/conv_1",
        None,
        None,
    ),
    Operation(
        "conversations.get_tree",
        lambda client: client.conversations.get_tree("conv_1"),
        "GET",
        "/conversations/conv_1/tree?format=flat",
        None,
        TREE,
    ),
    Operation(
        "messages.send",
        lambda client: client.messages.send("conv_1", HELLO),
        "POST",
        "/conversations/conv_1/messages",
        HELLO,
        SEND_RESULT,
    ),
    Operation(
        "messages.list",
        lambda client: client.messages.list("conv_1"),
        "GET",
        "/conversations/conv_1/messages",
        None,
        {"messages": [MESSAGE]},
    ),
    Operation(
        "messages.list of a branch",
        lambda client: client.messages.list("conv_1", "br 1&x=2"),
        "GET",
        "/conversations/conv_1/messages?branchId=br+1%26x%3D2",
        None,
        {"messages": [MESSAGE]},
    ),
    Operation(
        "messages.update",
        lambda client: client.messages.update("msg_1", "Hello again"),
        "PATCH",
        "/messages/msg_1",
        {"content": "Hello again"},
        {"message": MESSAGE},
    ),
    Operation(
        "messages.delete",
        lambda client: client.messages.delete("msg_1"),
        "DELETE",
        "/messages/msg_1",
        None,
        None,
    ),
    Operation(
        "branches.list",
        lambda client: client.branches.list("conv_1"),
        "GET",
        "/conversations/conv_1/branches",
        None,
        {"branches": [BRANCH]},
    ),
    Operation(
        "branches.create",
        lambda client: client.branches.create("conv_1", {"title": "B", "baseNodeId": "msg_1"}),
        "POST",
        "/conversations/conv_1/branches",
        {"title": "B", "baseNodeId": "msg_1"},
        {"branch": BRANCH},
    ),
    Operation(
        "branches.fork",
        lambda client: client.branches.fork(
            "conv_1", {"forkPointMessageId": "msg_1", "title": "B"}
        ),
        "POST",
        "/conversations/conv_1/fork",
        {"forkPointMessageId": "msg_1", "title": "B"},
        {"branch": BRANCH},
    ),
    Operation(
        "branches.update",
        lambda client: client.branches.update("conv_1", "br_1", {"title": "New"}),
        "PATCH",
        "/conversations/conv_1/branches/br_1",
        {"title": "New"},
        {"branch": BRANCH},
    ),
    Operation(
        "branches.delete",
        lambda client: client.branches.delete("conv_1", "br_1"),
        "DELETE",
        "/conversations/conv_1/branches/br_1",
        None,
        None,
    ),
    Operation(
        "branches.get_messages",
        lambda client: client.branches.get_messages("conv_1", "br_1"),
        "GET",
        "/conversations/conv_1/branches/br_1/messages",
        None,
        {"messages": [MESSAGE]},
    ),
    Operation(
        "branches.send_message",
        lambda client: client.branches.send_message("conv_1", "br_1", HELLO),
        "POST",
        "/conversations/conv_1/branches/br_1/messages",
        HELLO,
        SEND_RESULT,
    ),
    Operation(
        "branches.merge",
        lambda client: client.branches.merge("conv_1", "br_1"),
        "POST",
        "/conversations/conv_1/branches/br_1/merge",
        {},
        {"branch": BRANCH},
    ),
    Operation(
        "checkpoints.list",
        lambda client: client.checkpoints.list("conv_1"),
        "GET",
        "/conversations/conv_1/checkpoints",
        None,
        {"checkpoints": [CHECKPOINT]},
    ),
    Operation(
        "checkpoints.list of a branch",
        lambda client: client.checkpoints.list("conv_1", "br_1"),
        "GET",
        "/conversations/conv_1/checkpoints?branchId=br_1",
        None,
        {"checkpoints": [CHECKPOINT]},
    ),
    Operation(
        "checkpoints.create",
        lambda client: client.checkpoints.create("conv_1", "br_1", "msg_1"),
        "POST",
        "/conversations/conv_1/checkpoints",
        {"branchId": "br_1", "anchorMessageId": "msg_1"},
        {"checkpoint": CHECKPOINT},
    ),
    Operation(
        "checkpoints.delete",
        lambda client: client.checkpoints.delete("cp_1"),
        "DELETE",
        "/checkpoints/cp_1",
        None,
        None,
    ),
    Operation(
        "checkpoints.recreate",
        lambda client: client.checkpoints.recreate("cp_1"),
        "POST",
        "/checkpoints/cp_1/recreate",
        {},
        {"checkpoint": CHECKPOINT},
    ),
    Operation(
        "autobranch.suggest_branches",
        lambda client: client.autobranch.suggest_branches("Either or"),
        "POST",
        "/autobranch/suggest-branches",
        {
            "text": "Either or",
            "suggestionsCount": 3,
            "hybridDetection": False,
            "threshold": 0.7,
        },
        SUGGESTIONS,
    ),
    Operation(
        "autobranch.analyze_text",
        lambda client: client.autobranch.analyze_text("Either or", 5, True, 0.5, "gpt-5"),
        "POST",
        "/autobranch/suggest-branches",
        {
            "text": "Either or",
            "suggestionsCount": 5,
            "hybridDetection": True,
            "threshold": 0.5,
            "llmModel": "gpt-5",
        },
        SUGGESTIONS,
    ),
    Operation(
        "autobranch.health",
        lambda client: client.autobranch.health(),
        "GET",
        "/autobranch/health",
        None,
        HEALTH,
    ),
    Operation(
        "models.list",
        lambda client: client.models.list(),
        "GET",
        "/models",
        None,
        {"models": [MODEL]},
    ),
]

OPERATION_NAMES = [operation.name for operation in OPERATIONS]
