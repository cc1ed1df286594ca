"""The format `markdown`: a transcript with one section for each branch."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterator, Mapping
from typing import Any, cast

from .._normalize import message_metadata
from ._document import ConversationExport
from ._markdown_text import plain, quote
from ._paths import Json, Paths


def iter_markdown(export: ConversationExport) -> Iterator[str]:
    """Yield the transcript, message by message.

    Messages and branches have numbers. A branch names the message after which it begins, and a message
    the branches that begin after it.
    """
    return _Transcript(export).write()


class _Transcript:
    def __init__(self, export: ConversationExport) -> None:
        self._export = export
        self._paths = Paths(export)
        self._branch_numbers = {
            branch_id: number for number, branch_id in enumerate(self._paths.branches, 1)
        }
        ordered = [each for own in self._paths.own.values() for each in own]
        self._numbers = {each["id"]: number for number, each in enumerate(ordered, 1)}
        self._forks: defaultdict[str, list[str]] = defaultdict(list)
        self._checkpoints: defaultdict[str, list[Mapping[str, Any]]] = defaultdict(list)
        for branch_id, branch in self._paths.branches.items():
            start = self._start(branch)
            if start is not None:
                self._forks[start].append(branch_id)
        for checkpoint in export["checkpoints"]:
            self._checkpoints[checkpoint["anchor_message_id"]].append(checkpoint)

    def write(self) -> Iterator[str]:
        yield from self._write_head()
        for branch in self._paths.branches.values():
            yield from self._write_branch(branch)

    def _start(self, branch: Json) -> str | None:
        """Return the id of the message after which a branch begins, or None for the beginning."""
        own = self._paths.own[branch["id"]]
        start: str | None = own[0]["parentMessageId"] if own else branch.get("forkPointMessageId")
        return start if start in self._numbers else None

    def _write_head(self) -> Iterator[str]:
        export, conversation = self._export, self._export["conversation"]
        yield f"# {plain(conversation['title']) or 'Conversation'}\n\n"
        yield f"- Conversation: {plain(conversation['id'])}\n"
        for label, value in (
            ("Model", conversation.get("model")),
            ("Created", conversation.get("createdAt")),
            ("Exported", export["exportedAt"]),
        ):
            if value:
                yield f"- {label}: {plain(value)}\n"
        yield f"- Messages: {len(self._numbers)}\n- Branches: {len(self._branch_numbers)}\n"
        for warning in export.get("warnings", ()):
            yield f"- Warning: {plain(warning)}\n"
        if prompt := conversation.get("systemPrompt"):
            yield f"\n**System prompt**\n\n{quote(prompt)}\n"

    def _write_branch(self, branch: Json) -> Iterator[str]:
        state = "" if branch.get("isActive", True) else " (merged)"
        yield f"\n## Branch {self._name(branch['id'])}{state}\n"
        if not branch["isMain"]:
            start = self._start(branch)
            if start is None:
                yield "\n*Begins at the start of the conversation.*\n"
            else:
                parent = self._name(self._paths.messages[start]["branchId"])
                yield f"\n*Continues after message {self._numbers[start]} of branch {parent}.*\n"
        if description := branch.get("description"):
            yield f"\n{quote(description)}\n"
        if not self._paths.own[branch["id"]]:
            yield "\n*No messages of its own.*\n"
        for message in self._paths.own[branch["id"]]:
            yield from self._write_message(message)

    def _write_message(self, message: Json) -> Iterator[str]:
        message_id = message["id"]
        yield f"\n### {self._numbers[message_id]}. {' · '.join(self._heading(message))}\n\n"
        yield f"{quote(message['content'])}\n" if message["content"] else "*No text.*\n"
        for checkpoint in self._checkpoints[message_id]:
            name = self._name(checkpoint["branch_id"])
            yield f"\n*Checkpoint of branch {name}, a summary up to here:*\n\n"
            yield f"{quote(checkpoint['summary'])}\n"
        if forks := self._forks[message_id]:
            yield f"\n*Branches from here: {', '.join(map(self._name, forks))}*\n"

    def _heading(self, message: Json) -> Iterator[str]:
        """Yield the role of a message, and what is special about it."""
        metadata = message_metadata(message)
        role: str = message["role"]
        yield plain(role[:1].upper() + role[1:])
        if model := message.get("model") or metadata.get("model"):
            yield plain(model)
        if created := message.get("createdAt"):
            yield plain(created)
        reason = metadata.get("finishReason")
        if reason not in (None, "stop"):
            yield "stopped" if reason == "cancelled" else plain(f"finish reason {reason}")
        source = metadata.get("mergedFrom")
        if isinstance(source, dict):
            number = self._numbers.get(cast("Any", source).get("messageId"))
            yield "merged" if number is None else f"merged from message {number}"

    def _name(self, branch_id: str) -> str:
        """Return the number and the title of a branch."""
        branch = self._paths.branches[branch_id]
        return f"{self._branch_numbers[branch_id]}: {plain(branch['title'])}"
