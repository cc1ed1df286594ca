"""Branches: each shows the messages of its ancestors up to its fork point, then its own.

Forking copies no messages. Every conversation has one main branch, which has no fork point. Any
other branch starts after a message, its fork point, and its parent is the branch that owns this
message. Message numbers (`seq`) only grow, and all messages of a branch are newer than its fork
point. The messages visible on a branch are therefore those of the branch and of each ancestor, up
to a limit per branch, ordered by their number. `lineage` computes these limits in one query.

Deleted messages keep their row. A deleted fork point still marks where its branches start, so
deleting it moves no branch.

Merging appends copies of the branch's own messages to its parent and makes the branch inactive. An
inactive branch can be read and forked, but it accepts no messages and cannot be merged again. A
branch with child branches cannot be deleted, because the children inherit messages from it.
"""

from __future__ import annotations

import json
from bisect import bisect_right
from collections.abc import Iterable, Mapping, Sequence
from typing import Any

from chatroutes_server.errors import ConflictError, NotFoundError
from chatroutes_server.ids import new_id
from chatroutes_server.store import conversations, message_rows
from chatroutes_server.store.connection import Connection, Row, assignments, insert_into
from chatroutes_server.store.page import ALL, NO_LIMIT, Page
from chatroutes_server.timestamps import now

COLUMNS = (
    "id",
    "conversation_id",
    "parent_branch_id",
    "fork_seq",
    "title",
    "description",
    "context_mode",
    "is_main",
    "is_active",
    "created_at",
    "updated_at",
)
INSERT = insert_into("branches", COLUMNS)
SELECT_IN_CONVERSATION = """
    SELECT branches.*, messages.id AS fork_point_id
    FROM branches LEFT JOIN messages ON messages.seq = branches.fork_seq
    WHERE branches.conversation_id = :conversation_id AND branches.deleted_at IS NULL
    """
SELECT = f"{SELECT_IN_CONVERSATION} AND branches.id = :branch_id"
SELECT_MAIN = f"{SELECT_IN_CONVERSATION} AND branches.is_main"
SELECT_PAGE = f"""
    {SELECT_IN_CONVERSATION} AND branches.seq > :after ORDER BY branches.seq LIMIT :count
    """
SELECT_CHILDREN = """
    SELECT id, title FROM branches
    WHERE parent_branch_id = :branch_id AND deleted_at IS NULL
    ORDER BY seq
    """
SELECT_FORK = "SELECT seq FROM branches WHERE fork_seq = :fork_seq AND deleted_at IS NULL LIMIT 1"
OWN_MESSAGES = "messages WHERE branch_id = :branch_id AND deleted_at IS NULL"
SELECT_OWN_MESSAGES = f"SELECT * FROM {OWN_MESSAGES} ORDER BY seq"
DELETE_OWN_MESSAGES = """
    UPDATE messages SET deleted_at = :deleted_at
    WHERE branch_id = :branch_id AND deleted_at IS NULL
    """
DELETE_CHECKPOINTS = "DELETE FROM checkpoints WHERE branch_id = :branch_id"
# The branch and its ancestors. `max_seq` is the number of the last message that is visible on each of them.
LINEAGE = f"""
    WITH RECURSIVE lineage (id, parent_branch_id, fork_seq, max_seq) AS (
        SELECT id, parent_branch_id, fork_seq, {NO_LIMIT} FROM branches WHERE id = :branch_id
        UNION ALL
        SELECT parent.id, parent.parent_branch_id, parent.fork_seq, lineage.fork_seq
        FROM lineage JOIN branches AS parent ON parent.id = lineage.parent_branch_id
        WHERE lineage.fork_seq IS NOT NULL
    )
    """
COUNT_VISIBLE = f"""
    {LINEAGE}
    SELECT count(*)
    FROM messages JOIN lineage ON messages.branch_id = lineage.id
    WHERE messages.seq <= lineage.max_seq AND messages.deleted_at IS NULL
    """
# A range of the branches of a conversation, and all their ancestors.
WITH_ANCESTORS = """
    WITH RECURSIVE line (seq, id, parent_branch_id, fork_seq) AS (
        SELECT seq, id, parent_branch_id, fork_seq FROM branches
        WHERE conversation_id = :conversation_id
            AND deleted_at IS NULL
            AND seq BETWEEN :first_seq AND :last_seq
        UNION
        SELECT parent.seq, parent.id, parent.parent_branch_id, parent.fork_seq
        FROM line JOIN branches AS parent ON parent.id = line.parent_branch_id
    )
    """
SELECT_WITH_ANCESTORS = f"{WITH_ANCESTORS} SELECT * FROM line ORDER BY seq"


def get(connection: Connection, conversation_id: str, branch_id: str | None) -> Row:
    """Return a branch of the conversation. Without an id, return the main branch."""
    parameters = {"conversation_id": conversation_id}
    if branch_id is None:
        row = connection.fetch_one(SELECT_MAIN, parameters)
    else:
        row = connection.fetch_one(SELECT, {**parameters, "branch_id": branch_id})
    if row is None:
        conversations.get(connection, conversation_id)
        raise NotFoundError(f"branchId: branch {branch_id} does not exist in this conversation")
    return row


def list_by_conversation(connection: Connection, conversation_id: str) -> Sequence[Row]:
    """Return all branches that are not deleted, oldest first.

    The main branch is first, and each parent is before its children.
    """
    return list_page(connection, conversation_id, ALL)[0]


def list_page(
    connection: Connection, conversation_id: str, page: Page
) -> tuple[Sequence[Row], int | None]:
    """Return a page of the branches that are not deleted, oldest first.

    The second value is the number of the last branch on the page, if another page follows.
    """
    parameters = {"conversation_id": conversation_id, "after": page.after, "count": page.count}
    return page.cut(connection.fetch_all(SELECT_PAGE, parameters))


def create(
    connection: Connection,
    conversation_id: str,
    fork_point: Row | None,
    values: Mapping[str, Any],
) -> str:
    """Create a branch and return its id.

    The branch starts after the message `fork_point`. Without one, it starts at the beginning of the
    conversation.
    """
    parent_id = (
        get(connection, conversation_id, None).id if fork_point is None else fork_point.branch_id
    )
    branch_id, created_at = new_id("br"), now()
    row = {
        "id": branch_id,
        "conversation_id": conversation_id,
        "parent_branch_id": parent_id,
        "fork_seq": None if fork_point is None else fork_point.seq,
        "is_main": False,
        "is_active": True,
        "created_at": created_at,
        "updated_at": created_at,
        "description": None,
        **values,
    }
    connection.execute(INSERT, row)
    conversations.mark_updated(connection, conversation_id)
    return branch_id


def update(connection: Connection, branch: Row, values: Mapping[str, Any]) -> None:
    changes = {**values, "updated_at": max(now(), branch.updated_at + 1)}
    connection.execute(
        f"UPDATE branches SET {assignments(changes)} WHERE id = :branch_id",
        {"branch_id": branch.id, **changes},
    )
    conversations.mark_updated(connection, branch.conversation_id)


def starts_at(connection: Connection, message: Row) -> bool:
    """Return whether a branch starts at this message."""
    return connection.fetch_one(SELECT_FORK, {"fork_seq": message.seq}) is not None


def require_active(branch: Row) -> None:
    if not branch.is_active:
        raise ConflictError(f"branchId: branch {branch.id} is merged and accepts no more messages")


def delete(connection: Connection, conversation_id: str, branch_id: str) -> None:
    branch = get(connection, conversation_id, branch_id)
    if branch.is_main:
        raise ConflictError("branchId: the main branch cannot be deleted")
    of_branch = {"branch_id": branch.id}
    children = connection.fetch_all(SELECT_CHILDREN, of_branch)
    if children:
        names = ", ".join(f'"{child.title}" ({child.id})' for child in children)
        raise ConflictError(
            f"branchId: other branches fork from this branch, delete them first: {names}",
            {"branches": [{"id": child.id, "title": child.title} for child in children]},
        )
    deleted_at = now()
    connection.execute(DELETE_OWN_MESSAGES, {**of_branch, "deleted_at": deleted_at})
    connection.execute(DELETE_CHECKPOINTS, of_branch)
    update(connection, branch, {"deleted_at": deleted_at})


def merge(connection: Connection, conversation_id: str, branch_id: str) -> Row:
    """Append copies of the branch's own messages to its parent, and return the parent."""
    branch = get(connection, conversation_id, branch_id)
    if branch.is_main:
        raise ConflictError("branchId: the main branch cannot be merged, it has no parent")
    if not branch.is_active:
        raise ConflictError(f"branchId: branch {branch_id} is already merged")
    own_messages = connection.fetch_all(SELECT_OWN_MESSAGES, {"branch_id": branch.id})
    copies = [
        message_rows.new_values(
            branch.parent_branch_id,
            conversation_id,
            message.role,
            message.content,
            _merged_metadata(message),
        )
        for message in own_messages
    ]
    connection.execute_many(message_rows.INSERT, copies)
    update(connection, branch, {"is_active": False})
    parent = get(connection, conversation_id, branch.parent_branch_id)
    update(connection, parent, {})
    return get(connection, conversation_id, parent.id)


def _merged_metadata(message: Row) -> dict[str, Any]:
    metadata: dict[str, Any] = json.loads(message.metadata or "{}")
    metadata["mergedFrom"] = {"branchId": message.branch_id, "messageId": message.id}
    return metadata


def count_visible_messages(connection: Connection, branch_id: str) -> int:
    count: int = connection.fetch_value(COUNT_VISIBLE, {"branch_id": branch_id})
    return count


def count_visible_messages_by_branch(
    connection: Connection, conversation_id: str, rows: Sequence[Row]
) -> dict[str, int]:
    """Return the number of visible messages of each branch of a page of the branches.

    In `rows`, each parent must be before its children. Parents that are not in `rows` are added.
    """
    seqs = f"SELECT branch_id, {connection.sql.seqs_as_json} AS seqs FROM messages"
    parameters = {"conversation_id": conversation_id}
    ids = {row.id for row in rows}
    if all(row.parent_branch_id is None or row.parent_branch_id in ids for row in rows):
        own = "conversation_id = :conversation_id AND deleted_at IS NULL"
        own_rows = connection.fetch_all(f"{seqs} WHERE {own} GROUP BY branch_id", parameters)
        return visible_counts(rows, _seqs_by_branch(own_rows))
    parameters |= {"first_seq": rows[0].seq, "last_seq": rows[-1].seq}
    line = connection.fetch_all(SELECT_WITH_ANCESTORS, parameters)
    own = "branch_id IN (SELECT id FROM line) AND deleted_at IS NULL"
    own_rows = connection.fetch_all(
        f"{WITH_ANCESTORS} {seqs} WHERE {own} GROUP BY branch_id", parameters
    )
    return visible_counts(line, _seqs_by_branch(own_rows))


def visible_counts(rows: Iterable[Row], own_seqs: Mapping[str, Sequence[int]]) -> dict[str, int]:
    """Return the number of visible messages of each branch, from the sorted numbers of its own ones.

    In `rows`, each parent must be before its children.
    """
    inherited: dict[str, int] = {}
    for row in rows:
        inherited[row.id] = 0
        if row.fork_seq is not None:
            parent_id = row.parent_branch_id
            before_fork = bisect_right(own_seqs.get(parent_id, ()), row.fork_seq)
            inherited[row.id] = inherited[parent_id] + before_fork
    return {
        branch_id: count + len(own_seqs.get(branch_id, ()))
        for branch_id, count in inherited.items()
    }


def _seqs_by_branch(rows: Sequence[Row]) -> dict[str, Sequence[int]]:
    """Return the sorted message numbers of each branch that has own messages."""
    lists = json.loads("[" + ",".join(row.seqs for row in rows) + "]")
    return {row.branch_id: sorted(seqs) for row, seqs in zip(rows, lists, strict=True)}
