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

import sqlalchemy as sa
from sqlalchemy import CTE, BindParameter, Connection, Row, bindparam

from chatroutes_server.errors import ConflictError, NotFoundError
from chatroutes_server.ids import new_id
from chatroutes_server.store import conversations, message_rows
from chatroutes_server.store.page import ALL, Page
from chatroutes_server.store.schema import branches, checkpoints, messages
from chatroutes_server.timestamps import now

NO_LIMIT = 2**62  # above every message number

_with_fork_point = sa.select(branches, messages.c.id.label("fork_point_id")).outerjoin(
    messages, messages.c.seq == branches.c.fork_seq
)

_in_conversation = sa.and_(
    branches.c.conversation_id == bindparam("conversation_id"), branches.c.deleted_at.is_(None)
)
_select = _with_fork_point.where(_in_conversation, branches.c.id == bindparam("branch_id"))
_select_main = _with_fork_point.where(_in_conversation, branches.c.is_main)
_select_page = (
    _with_fork_point.where(_in_conversation, branches.c.seq > bindparam("after"))
    .order_by(branches.c.seq)
    .limit(bindparam("count"))
)


def lineage(branch_id: str | BindParameter[str]) -> CTE:
    """Return a query for the branch and its ancestors.

    The column `max_seq` holds the number of the last message that is visible on each of them.
    """
    branch = sa.select(
        branches.c.id,
        branches.c.parent_branch_id,
        branches.c.fork_seq,
        sa.literal(NO_LIMIT, sa.Integer).label("max_seq"),
    ).where(branches.c.id == branch_id)
    line = branch.cte("lineage", recursive=True)
    parent = sa.select(
        branches.c.id, branches.c.parent_branch_id, branches.c.fork_seq, line.c.fork_seq
    ).join_from(line, branches, branches.c.id == line.c.parent_branch_id)
    return line.union_all(parent.where(line.c.fork_seq.is_not(None)))


def _count_visible_query() -> sa.Select[*tuple[Any, ...]]:
    line = lineage(bindparam("branch_id"))
    return (
        sa.select(sa.func.count())
        .select_from(messages)
        .join(line, messages.c.branch_id == line.c.id)
        .where(messages.c.seq <= line.c.max_seq, messages.c.deleted_at.is_(None))
    )


_count_visible = _count_visible_query()
# One row per branch: one row per message would take three times as long.
_select_own_seqs = (
    sa.select(messages.c.branch_id, sa.func.json_group_array(messages.c.seq).label("seqs"))
    .where(
        messages.c.conversation_id == bindparam("conversation_id"),
        messages.c.deleted_at.is_(None),
    )
    .group_by(messages.c.branch_id)
)


def get(connection: Connection, conversation_id: str, branch_id: str | None) -> Row[Any]:
    """Return a branch of the conversation. Without an id, return the main branch."""
    parameters = {"conversation_id": conversation_id}
    if branch_id is None:
        row = connection.execute(_select_main, parameters).first()
    else:
        row = connection.execute(_select, {**parameters, "branch_id": branch_id}).first()
    if row is None:
        conversations.get(connection, conversation_id)
        raise NotFoundError(f"branchId: branch {branch_id} does not exist in this conversation")
    return row


def list_by_conversation(connection: Connection, conversation_id: str) -> Sequence[Row[Any]]:
    """Return all branches that are not deleted, oldest first.

    The main branch is first, and each parent is before its children.
    """
    return list_page(connection, conversation_id, ALL)[0]


def list_page(
    connection: Connection, conversation_id: str, page: Page
) -> tuple[Sequence[Row[Any]], int | None]:
    """Return a page of the branches that are not deleted, oldest first.

    The second value is the number of the last branch on the page, if another page follows.
    """
    count = -1 if page.count is None else page.count  # SQLite has no limit below 0
    parameters = {"conversation_id": conversation_id, "after": page.after, "count": count}
    return page.cut(connection.execute(_select_page, parameters).all())


def create(
    connection: Connection,
    conversation_id: str,
    fork_point: Row[Any] | None,
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
    connection.execute(
        sa.insert(branches).values(
            id=branch_id,
            conversation_id=conversation_id,
            parent_branch_id=parent_id,
            fork_seq=None if fork_point is None else fork_point.seq,
            is_main=False,
            is_active=True,
            created_at=created_at,
            updated_at=created_at,
            **values,
        )
    )
    conversations.mark_updated(connection, conversation_id)
    return branch_id


def update(connection: Connection, branch: Row[Any], values: Mapping[str, Any]) -> None:
    updated_at = sa.func.max(now(), branches.c.updated_at + 1)
    connection.execute(
        sa.update(branches)
        .where(branches.c.id == branch.id)
        .values(updated_at=updated_at, **values)
    )
    conversations.mark_updated(connection, branch.conversation_id)


def starts_at(connection: Connection, message: Row[Any]) -> bool:
    """Return whether a branch starts at this message."""
    query = sa.select(branches.c.seq).where(
        branches.c.fork_seq == message.seq, branches.c.deleted_at.is_(None)
    )
    return connection.execute(query.limit(1)).first() is not None


def require_active(branch: Row[Any]) -> None:
    if not branch.is_active:
        raise ConflictError(f"branchId: branch {branch.id} is merged and accepts no more messages")


def delete(connection: Connection, conversation_id: str, branch_id: str) -> None:
    branch = get(connection, conversation_id, branch_id)
    if branch.is_main:
        raise ConflictError("branchId: the main branch cannot be deleted")
    children = connection.execute(
        sa.select(branches.c.id, branches.c.title)
        .where(branches.c.parent_branch_id == branch.id, branches.c.deleted_at.is_(None))
        .order_by(branches.c.seq)
    ).all()
    if children:
        names = ", ".join(f'"{child.title}" ({child.id})' for child in children)
        raise ConflictError(
            f"branchId: other branches fork from this branch, delete them first: {names}",
            {"branches": [{"id": child.id, "title": child.title} for child in children]},
        )
    deleted_at = now()
    connection.execute(
        sa.update(messages)
        .where(messages.c.branch_id == branch.id, messages.c.deleted_at.is_(None))
        .values(deleted_at=deleted_at)
    )
    connection.execute(sa.delete(checkpoints).where(checkpoints.c.branch_id == branch.id))
    update(connection, branch, {"deleted_at": deleted_at})


def merge(connection: Connection, conversation_id: str, branch_id: str) -> Row[Any]:
    """Append copies of the branch's own messages to its parent, and return the parent."""
    branch = get(connection, conversation_id, branch_id)
    if branch.is_main:
        raise ConflictError("branchId: the main branch cannot be merged, it has no parent")
    if not branch.is_active:
        raise ConflictError(f"branchId: branch {branch_id} is already merged")
    own_messages = connection.execute(
        sa.select(messages)
        .where(messages.c.branch_id == branch.id, messages.c.deleted_at.is_(None))
        .order_by(messages.c.seq)
    ).all()
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
    if copies:
        connection.execute(sa.insert(messages), copies)
    update(connection, branch, {"is_active": False})
    parent = get(connection, conversation_id, branch.parent_branch_id)
    update(connection, parent, {})
    return get(connection, conversation_id, parent.id)


def _merged_metadata(message: Row[Any]) -> dict[str, Any]:
    metadata: dict[str, Any] = json.loads(message.metadata or "{}")
    metadata["mergedFrom"] = {"branchId": message.branch_id, "messageId": message.id}
    return metadata


def count_visible_messages(connection: Connection, branch_id: str) -> int:
    count: int = connection.execute(_count_visible, {"branch_id": branch_id}).scalar_one()
    return count


def count_visible_messages_by_branch(
    connection: Connection, conversation_id: str, rows: Sequence[Row[Any]]
) -> dict[str, int]:
    """Return the number of visible messages of each branch.

    In `rows`, each parent must be before its children. Parents that are not in `rows` are added.
    """
    ids = {row.id for row in rows}
    if all(row.parent_branch_id is None or row.parent_branch_id in ids for row in rows):
        return visible_counts(rows, _own_message_seqs(connection, conversation_id))
    line = _with_ancestors(connection, rows)
    in_line = messages.c.branch_id.in_(_json_values([row.id for row in line]))
    query = _select_own_seqs.where(in_line)
    return visible_counts(line, _own_message_seqs(connection, conversation_id, query))


def _with_ancestors(connection: Connection, rows: Sequence[Row[Any]]) -> Sequence[Row[Any]]:
    """Return these branches and all their ancestors, each parent before its children."""
    columns = branches.c.seq, branches.c.id, branches.c.parent_branch_id, branches.c.fork_seq
    ids = _json_values([row.id for row in rows])
    line = sa.select(*columns).where(branches.c.id.in_(ids)).cte("line", recursive=True)
    parent = sa.select(*columns).join_from(line, branches, branches.c.id == line.c.parent_branch_id)
    return connection.execute(sa.select(line.union(parent)).order_by("seq")).all()


def _json_values(values: Sequence[str]) -> sa.Select[*tuple[Any, ...]]:
    """Return a query for these values, with one parameter for all of them."""
    return sa.select(sa.func.json_each(json.dumps(values)).table_valued("value").c.value)


def visible_counts(
    rows: Iterable[Row[Any]], own_seqs: Mapping[str, Sequence[int]]
) -> dict[str, int]:
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


def _own_message_seqs(
    connection: Connection,
    conversation_id: str,
    query: sa.Select[*tuple[Any, ...]] = _select_own_seqs,
) -> dict[str, Sequence[int]]:
    """Return the sorted message numbers of each branch that has own messages."""
    rows = connection.execute(query, {"conversation_id": conversation_id}).all()
    lists = json.loads("[" + ",".join(row.seqs for row in rows) + "]")
    return {row.branch_id: sorted(seqs) for row, seqs in zip(rows, lists, strict=True)}
