"""An exported conversation, as a document that tests change."""

from __future__ import annotations

from copy import deepcopy
from typing import Any

TIME = "2025-10-05T03:01:09.598Z"


def export_with_branches() -> Any:
    """Return an export with a main branch, a merged branch and a branch of that branch."""
    return deepcopy(_EXPORT)


def _message(
    number: int, branch: str, parent: int | None, role: str, content: str, **fields: Any
) -> dict[str, Any]:
    return {
        "id": f"msg_{number}",
        "conversationId": "conv_1",
        "branchId": f"br_{branch}",
        "parentMessageId": None if parent is None else f"msg_{parent}",
        "role": role,
        "content": content,
        "createdAt": TIME,
        **fields,
    }


def _branch(name: str, parent: str | None, fork_point: int | None, **fields: Any) -> dict[str, Any]:
    return {
        "id": f"br_{name}",
        "conversationId": "conv_1",
        "parentBranchId": parent and f"br_{parent}",
        "forkPointMessageId": None if fork_point is None else f"msg_{fork_point}",
        "title": name.capitalize(),
        "contextMode": "FULL",
        "isMain": parent is None,
        "isActive": True,
        "createdAt": TIME,
        **fields,
    }


_MERGED = {
    "model": "gpt-5",
    "finishReason": "stop",
    "mergedFrom": {"branchId": "br_short", "messageId": "msg_4"},
}

_EXPORT: dict[str, Any] = {
    "format": "chatroutes-conversation",
    "version": 1,
    "exportedAt": TIME,
    "conversation": {
        "id": "conv_1",
        "userId": "user_1",
        "title": "Trip to Rome",
        "model": "gpt-5",
        "systemPrompt": "Be brief.",
        "createdAt": TIME,
        "updatedAt": TIME,
        "pinned": True,  # not in the contract
    },
    "branches": [
        _branch("main", None, None),
        _branch("short", "main", 1, isActive=False, description="A shorter reply"),
        _branch("deep", "short", 3, color="red"),
        _branch("empty", "main", 2),
    ],
    "messages": [
        _message(1, "main", None, "user", "Where should I go?"),
        _message(2, "main", 1, "assistant", "To Rome.", model="gpt-5", metadata={"model": "gpt-5"}),
        _message(5, "main", 2, "assistant", "Rome!", model="gpt-5", metadata=_MERGED),
        _message(3, "short", 1, "user", "Briefly?"),
        _message(4, "short", 3, "assistant", "Rome!", metadata={"finishReason": "cancelled"}),
        _message(6, "deep", 3, "user", "And in winter?"),
    ],
    "checkpoints": [
        {
            "id": "cp_1",
            "summary": "A trip.",
            "conversation_id": "conv_1",
            "branch_id": "br_main",
            "anchor_message_id": "msg_2",
            "token_count": 2,
            "created_at": TIME,
        }
    ],
}
