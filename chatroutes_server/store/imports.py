"""Imported conversations: a whole tree is stored in one transaction.

The ids are derived from the account and the content, so an import that is repeated, also at the same
time or after a crash, finds the conversation that is already there.
"""

from __future__ import annotations

import hashlib
import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from chatroutes_server.json_encoding import Json
from chatroutes_server.store import branches, conversations, message_rows
from chatroutes_server.store.connection import Connection
from chatroutes_server.timestamps import now
from chatroutes_server.tokens import count_tokens

SELECT_EXISTING = "SELECT count(*) FROM conversations WHERE id = :id"
# The messages refer to the branches, so the fork points are set when the messages are there.
UPDATE_FORK = """
    UPDATE branches SET fork_seq = (SELECT seq FROM messages WHERE id = :fork_point_id)
    WHERE id = :id
    """
INSERT_CHECKPOINT = """
    INSERT INTO checkpoints
        (id, conversation_id, branch_id, anchor_seq, summary, token_count, created_at)
    SELECT :id, :conversation_id, :branch_id, seq, :summary, :token_count, :created_at
    FROM messages WHERE id = :anchor_id
    """


@dataclass(frozen=True)
class ImportedBranch:
    """A branch. `parent` and `fork_point` are positions in the lists of branches and messages."""

    parent: int | None
    fork_point: int | None
    title: str
    description: str | None
    context_mode: str
    is_active: bool
    created_at: int | None
    updated_at: int | None


@dataclass(frozen=True)
class ImportedMessage:
    """A message. `merged_branch` and `merged_message` are the positions of the source of a merge."""

    branch: int
    role: str
    content: str
    token_count: int | None
    metadata: Json | None
    created_at: int | None
    merged_branch: int | None
    merged_message: int | None


@dataclass(frozen=True)
class ImportedCheckpoint:
    """A checkpoint. `branch` and `anchor` are positions in the lists of branches and messages."""

    branch: int
    anchor: int
    summary: str
    token_count: int | None
    created_at: int | None


@dataclass(frozen=True)
class ImportedConversation:
    """A valid conversation: the main branch is the first, and parents are before their children.

    `values` has the columns of the conversation, without its ids and times.
    """

    values: Mapping[str, Any]
    created_at: int | None
    updated_at: int | None
    branches: Sequence[ImportedBranch]
    messages: Sequence[ImportedMessage]
    checkpoints: Sequence[ImportedCheckpoint]

    def digest(self) -> str:
        """Return a hash of all that is stored, except the time of the last change.

        The ids of the document are not a part of it, so an exported copy has the same hash.
        """
        content = {
            "conversation": {**self.values, "created_at": self.created_at},
            "branches": [vars(each) for each in self.branches],
            "messages": [
                {**vars(each), "token_count": _tokens(each.token_count, each.content)}
                for each in self.messages
            ],
            "checkpoints": [
                {**vars(each), "token_count": _tokens(each.token_count, each.summary)}
                for each in self.checkpoints
            ],
        }
        return hashlib.sha256(json.dumps(content, sort_keys=True).encode()).hexdigest()


@dataclass(frozen=True)
class ImportRows:
    """The rows of an imported conversation."""

    conversation: Mapping[str, Any]
    branches: Sequence[Mapping[str, Any]]
    messages: Sequence[Mapping[str, Any]]
    forks: Sequence[Mapping[str, Any]]
    checkpoints: Sequence[Mapping[str, Any]]


def create_rows(user_id: str, imported: ImportedConversation) -> ImportRows:
    """Return the rows of a conversation. The same content of the same account has the same ids."""
    seed = f"{user_id} {imported.digest()}"
    conversation_id = _derive_id("conv", seed, 0)
    branch_ids = [_derive_id("br", seed, number) for number in range(len(imported.branches))]
    message_ids = [_derive_id("msg", seed, number) for number in range(len(imported.messages))]
    moment = now()
    created_at = moment if imported.created_at is None else imported.created_at

    def metadata_of(message: ImportedMessage) -> Json | None:
        source: Json = {}
        if message.merged_branch is not None:
            source["branchId"] = branch_ids[message.merged_branch]
        if message.merged_message is not None:
            source["messageId"] = message_ids[message.merged_message]
        if not source:
            return message.metadata
        metadata = message.metadata or {}
        return {**metadata, "mergedFrom": {**metadata.get("mergedFrom", {}), **source}}

    return ImportRows(
        conversation={
            "id": conversation_id,
            "user_id": user_id,
            **conversations.OPTIONS,
            **imported.values,
            "created_at": created_at,
            "updated_at": latest(created_at, imported.updated_at),
        },
        branches=[
            {
                "id": branch_ids[number],
                "conversation_id": conversation_id,
                "parent_branch_id": None if each.parent is None else branch_ids[each.parent],
                "fork_seq": None,
                "title": each.title,
                "description": each.description,
                "context_mode": each.context_mode,
                "is_main": number == 0,
                "is_active": each.is_active,
                "created_at": created_at if each.created_at is None else each.created_at,
                "updated_at": created_at if each.updated_at is None else each.updated_at,
            }
            for number, each in enumerate(imported.branches)
        ],
        messages=[
            message_rows.new_values(
                branch_ids[each.branch],
                conversation_id,
                each.role,
                each.content,
                metadata_of(each),
                message_ids[number],
                created_at=created_at if each.created_at is None else each.created_at,
                token_count=each.token_count,
            )
            for number, each in enumerate(imported.messages)
        ],
        forks=[
            {"id": branch_ids[number], "fork_point_id": message_ids[each.fork_point]}
            for number, each in enumerate(imported.branches)
            if each.fork_point is not None
        ],
        checkpoints=[
            {
                "id": _derive_id("cp", seed, number),
                "conversation_id": conversation_id,
                "branch_id": branch_ids[each.branch],
                "anchor_id": message_ids[each.anchor],
                "summary": each.summary,
                "token_count": _tokens(each.token_count, each.summary),
                "created_at": moment if each.created_at is None else each.created_at,
            }
            for number, each in enumerate(imported.checkpoints)
        ],
    )


def store(connection: Connection, rows: ImportRows) -> bool:
    """Store the rows, and return True. Return False if the conversation is already there."""
    if connection.fetch_value(SELECT_EXISTING, {"id": rows.conversation["id"]}):
        return False
    connection.execute(conversations.INSERT, rows.conversation)
    connection.execute_many(branches.INSERT, rows.branches)
    connection.execute_many(message_rows.INSERT, rows.messages)
    connection.execute_many(UPDATE_FORK, rows.forks)
    connection.execute_many(INSERT_CHECKPOINT, rows.checkpoints)
    return True


def _derive_id(prefix: str, seed: str, number: int) -> str:
    digest = hashlib.sha256(f"{seed} {prefix} {number}".encode()).hexdigest()
    return f"{prefix}_{digest[:24]}"


def _tokens(count: int | None, text: str) -> int:
    return count_tokens(text) if count is None else count


def latest(created_at: int | None, updated_at: int | None) -> int | None:
    """Return the time of the last change of an object: not before it was created."""
    if created_at is None or updated_at is None:
        return created_at
    return max(created_at, updated_at)
