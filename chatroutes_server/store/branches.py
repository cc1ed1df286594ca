"""A branch copies nothing: it sees its ancestors' messages up to its fork point, then its own.

Every conversation has one main branch, which forks from nothing. Any other branch begins after a
message, its fork point, and its parent is the branch on which that message stands. Message
numbers (`seq`) only grow, and a branch's messages are all written after its fork point was.
So what a branch sees is, for itself and each ancestor, the messages up to a limit, and the order of
the numbers is the order of the conversation; `lineage` finds those limits in one query.

Deleted messages keep their row. A fork point that was deleted therefore still marks the place where
its branches begin, and nothing that forked from it has to move.

Merging appends copies of the branch's own messages to its parent and makes the branch inactive: it
can be read and forked from, but takes no more messages and is not merged twice. A branch from which
others fork cannot be deleted, because they would lose what they inherit from it.
"""

from __future__ import annotations

import json
from bisect import bisect_right
from collections.abc import Iterable, Mapping, Sequence
from typing import Any

from sqlalchemy import CTE, Connection, Integer, Row, delete, func, insert, literal, select, update

from chatroutes_server.errors import ConflictError, NotFoundError
from chatroutes_server.ids import new_id
from chatroutes_server.store import conversations, message_rows
from chatroutes_server.store.schema import branches, checkpoints, messages
from chatroutes_server.timestamps import now

NO_LIMIT = 2**62  # above every message number

_with_fork_point = select(branches, messages.c.id.label("fork_point_id")).outerjoin(
    messages, messages.c.seq == branches.c.fork_seq
)


def lineage(branch_id: str) -> CTE:
    """Name the branch and its ancestors, each with the last message number that is seen of it."""
    own = select(
        branches.c.id,
        branches.c.parent_branch_id,
        branches.c.fork_seq,
        literal(NO_LIMIT, Integer).label("seen_to"),
    ).where(branches.c.id == branch_id)
    line = own.cte("lineage", recursive=True)
    above = select(
        branches.c.id, branches.c.parent_branch_id, branches.c.fork_seq, line.c.fork_seq
    ).join_from(line, branches, branches.c.id == line.c.parent_branch_id)
    return line.union_all(above.where(line.c.fork_seq.is_not(None)))


def get(connection: Connection, conversation_id: str, branch_id: str | None) -> Row[Any]:
    """Give a branch of this conversation; the main one for None."""
    named = branches.c.is_main if branch_id is None else branches.c.id == branch_id
    row = connection.execute(
        _with_fork_point.where(
            branches.c.conversation_id == conversation_id, named, branches.c.deleted_at.is_(None)
        )
    ).first()
    if row is None:
        conversations.get(connection, conversation_id)
        raise NotFoundError(f"branchId: there is no branch {branch_id} in this conversation")
    return row


def of_conversation(connection: Connection, conversation_id: str) -> Sequence[Row[Any]]:
    """Give all branches that were not deleted, oldest first, so main first and parents before children."""
    return connection.execute(
        _with_fork_point.where(
            branches.c.conversation_id == conversation_id, branches.c.deleted_at.is_(None)
        ).order_by(branches.c.seq)
    ).all()


def create(
    connection: Connection,
    conversation_id: str,
    fork_point: Row[Any] | None,
    values: Mapping[str, Any],
) -> str:
    """Begin a branch after the message; without one, at the very beginning of the conversation."""
    parent_id = (
        get(connection, conversation_id, None).id if fork_point is None else fork_point.branch_id
    )
    branch_id, moment = new_id("br"), now()
    connection.execute(
        insert(branches).values(
            id=branch_id,
            conversation_id=conversation_id,
            parent_branch_id=parent_id,
            fork_seq=None if fork_point is None else fork_point.seq,
            is_main=False,
            is_active=True,
            created_at=moment,
            updated_at=moment,
            **values,
        )
    )
    conversations.touch(connection, conversation_id)
    return branch_id


def change(connection: Connection, branch: Row[Any], values: Mapping[str, Any]) -> None:
    later = func.max(now(), branches.c.updated_at + 1)
    connection.execute(
        update(branches).where(branches.c.id == branch.id).values(updated_at=later, **values)
    )
    conversations.touch(connection, branch.conversation_id)


def require_active(branch: Row[Any]) -> None:
    if not branch.is_active:
        raise ConflictError(
            f"branchId: the branch {branch.id} was merged and takes no more messages"
        )


def remove(connection: Connection, conversation_id: str, branch_id: str) -> None:
    branch = get(connection, conversation_id, branch_id)
    if branch.is_main:
        raise ConflictError("branchId: the main branch cannot be deleted")
    children = connection.execute(
        select(branches.c.id, branches.c.title)
        .where(branches.c.parent_branch_id == branch.id, branches.c.deleted_at.is_(None))
        .order_by(branches.c.seq)
    ).all()
    if children:
        names = ", ".join(f'"{child.title}" ({child.id})' for child in children)
        raise ConflictError(
            f"branchId: branches fork from this one, delete them first: {names}",
            {"branches": [{"id": child.id, "title": child.title} for child in children]},
        )
    moment = now()
    connection.execute(
        update(messages)
        .where(messages.c.branch_id == branch.id, messages.c.deleted_at.is_(None))
        .values(deleted_at=moment)
    )
    connection.execute(delete(checkpoints).where(checkpoints.c.branch_id == branch.id))
    change(connection, branch, {"deleted_at": moment})


def merge(connection: Connection, conversation_id: str, branch_id: str) -> Row[Any]:
    """Append copies of the branch's own messages to its parent and give the parent."""
    branch = get(connection, conversation_id, branch_id)
    if branch.is_main:
        raise ConflictError("branchId: the main branch has no parent to be merged into")
    if not branch.is_active:
        raise ConflictError(f"branchId: the branch {branch_id} was merged already")
    own = connection.execute(
        select(messages)
        .where(messages.c.branch_id == branch.id, messages.c.deleted_at.is_(None))
        .order_by(messages.c.seq)
    ).all()
    copies = [
        message_rows.new_values(
            branch.parent_branch_id,
            conversation_id,
            message.role,
            message.content,
            _merged_from(message),
        )
        for message in own
    ]
    if copies:
        connection.execute(insert(messages), copies)
    change(connection, branch, {"is_active": False})
    parent = get(connection, conversation_id, branch.parent_branch_id)
    change(connection, parent, {})
    return get(connection, conversation_id, parent.id)


def _merged_from(message: Row[Any]) -> dict[str, Any]:
    metadata: dict[str, Any] = json.loads(message.metadata or "{}")
    metadata["mergedFrom"] = {"branchId": message.branch_id, "messageId": message.id}
    return metadata


def count_seen(connection: Connection, branch_id: str) -> int:
    line = lineage(branch_id)
    return connection.execute(
        select(func.count())
        .select_from(messages)
        .join(line, messages.c.branch_id == line.c.id)
        .where(messages.c.seq <= line.c.seen_to, messages.c.deleted_at.is_(None))
    ).scalar_one()


def count_all_seen(
    connection: Connection, conversation_id: str, rows: Iterable[Row[Any]]
) -> dict[str, int]:
    """Count what each branch sees, parents before children."""
    own = own_numbers(connection, conversation_id)
    inherited: dict[str, int] = {}
    for row in rows:
        inherited[row.id] = 0
        if row.fork_seq is not None:
            parent = row.parent_branch_id
            before = bisect_right(own.get(parent, ()), row.fork_seq)
            inherited[row.id] = inherited[parent] + before
    return {
        branch_id: count + len(own.get(branch_id, ())) for branch_id, count in inherited.items()
    }


def own_numbers(connection: Connection, conversation_id: str) -> dict[str, Sequence[int]]:
    """Give the numbers of each branch's own messages, in order, where it has any."""
    # One list for each branch: a row for each message would take three times as long.
    rows = connection.execute(
        select(messages.c.branch_id, func.json_group_array(messages.c.seq).label("numbers"))
        .where(messages.c.conversation_id == conversation_id, messages.c.deleted_at.is_(None))
        .group_by(messages.c.branch_id)
    ).all()
    lists = json.loads("[" + ",".join(row.numbers for row in rows) + "]")
    return {row.branch_id: sorted(numbers) for row, numbers in zip(rows, lists, strict=True)}
