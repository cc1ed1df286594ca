"""The formats `openai` and `sharegpt`: one list of messages for each branch."""

from __future__ import annotations

import json
from collections.abc import Iterator
from typing import Any

from .._normalize import valid_text
from ._document import ConversationExport
from ._paths import Paths

SHAREGPT_ROLES = {"user": "human", "assistant": "gpt"}

# Characters at which some programs split lines.
_LINE_ENDS = {code: f"\\u{code:04x}" for code in (0x85, 0x2028, 0x2029)}


def iter_openai(export: ConversationExport, branch_id: str | None) -> Iterator[str]:
    """Yield one line for each branch: an object with `messages`."""
    for _, messages in _branch_messages(export, branch_id):
        yield f"{_dump({'messages': messages})}\n"


def iter_sharegpt(export: ConversationExport, branch_id: str | None) -> Iterator[str]:
    """Yield a JSON list with one object for each branch, which has its `id` and `conversations`."""
    separator = "[\n"
    for each_id, messages in _branch_messages(export, branch_id):
        conversations = [
            {"from": SHAREGPT_ROLES.get(each["role"], each["role"]), "value": each["content"]}
            for each in messages
        ]
        yield f"{separator}{_dump({'id': each_id, 'conversations': conversations})}"
        separator = ",\n"
    yield "[]\n" if separator == "[\n" else "\n]\n"


def _branch_messages(
    export: ConversationExport, branch_id: str | None
) -> Iterator[tuple[str, list[dict[str, str]]]]:
    """Yield the id and the messages of each branch. The system prompt is the first message."""
    paths = Paths(export)
    selected = paths.own if branch_id is None else [branch_id]
    prompt = export["conversation"].get("systemPrompt")
    for each_id in selected:
        path: list[Any] = paths.path(each_id)
        if branch_id is None and not paths.own[each_id]:  # it shows the beginning of another branch
            continue
        if prompt:
            path.insert(0, {"role": "system", "content": prompt})
        yield each_id, [
            {"role": valid_text(each["role"]), "content": valid_text(each["content"])}
            for each in path
        ]


def _dump(value: object) -> str:
    return json.dumps(value, ensure_ascii=False).translate(_LINE_ENDS)
