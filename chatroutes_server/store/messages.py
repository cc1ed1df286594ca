"""Messages: an update keeps the previous version, and a deleted message keeps its row."""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from operator import itemgetter
from typing import Any, NamedTuple

import sqlalchemy as sa
from sqlalchemy import ColumnElement, Connection, Row, bindparam

from chatroutes_server.errors import NotFoundError
from chatroutes_server.store import conversations, message_rows
from chatroutes_server.store.branches import NO_LIMIT, lineage
from chatroutes_server.store.schema import message_versions, messages
from chatroutes_server.timestamps import now

_CONTEXT_COLUMNS = [
    messages.c[name] for name in ("id", "branch_id", "role", "content", "token_count")
]

# SQLAlchemy takes longer to build a statement than SQLite to execute it, so each is built once.
_insert = sa.insert(messages).returning(messages)
_select = sa.select(messages).where(
    messages.c.id == bindparam("message_id"), messages.c.deleted_at.is_(None)
)


def _select_visible(*columns: ColumnElement[Any]) -> sa.Select[Any]:
    line = lineage(bindparam("branch_id"))
    return (
        sa.select(messages.c.seq, *columns)
        .join(line, messages.c.branch_id == line.c.id)
        .where(
            messages.c.seq <= line.c.max_seq,
            messages.c.seq <= bindparam("max_seq"),
            messages.c.deleted_at.is_(None),
        )
    )


_select_context = _select_visible(*_CONTEXT_COLUMNS)
_select_json = _select_visible(messages.c.tree_json + messages.c.rest_json)


def create(
    connection: Connection,
    branch: Row[Any],
    role: str,
    content: str,
    *,
    message_id: str | None = None,
    metadata: Mapping[str, Any] | None = None,
) -> Row[Any]:
    """Append a message to the branch."""
    values = message_rows.new_values(
        branch.id, branch.conversation_id, role, content, metadata, message_id
    )
    row = connection.execute(_insert, values).one()
    conversations.mark_updated(connection, branch.conversation_id)
    return row


def find(connection: Connection, message_id: str) -> Row[Any] | None:
    return connection.execute(_select, {"message_id": message_id}).first()


def get(connection: Connection, message_id: str) -> Row[Any]:
    row = find(connection, message_id)
    if row is None:
        raise NotFoundError(f"messageId: message {message_id} does not exist")
    return row


def get_in_conversation(
    connection: Connection, conversation_id: str, message_id: str, field: str
) -> Row[Any]:
    """Return a message on any branch of the conversation.

    `field` is the field of the request that holds the message id.
    """
    row = find(connection, message_id)
    if row is None or row.conversation_id != conversation_id:
        raise NotFoundError(f"{field}: message {message_id} does not exist in this conversation")
    return row


def list_visible(
    connection: Connection, branch_id: str, max_seq: int = NO_LIMIT
) -> Sequence[Row[Any]]:
    """Return the messages visible on the branch, up to a message number, oldest first."""
    return _list_visible(connection, _select_context, branch_id, max_seq)


def list_visible_json(connection: Connection, branch_id: str) -> Sequence[str]:
    """Return the messages visible on the branch, oldest first, as JSON without the braces."""
    rows = _list_visible(connection, _select_json, branch_id, NO_LIMIT)
    return list(map(itemgetter(1), rows))


def _list_visible(
    connection: Connection, query: sa.Select[Any], branch_id: str, max_seq: int
) -> Sequence[Row[Any]]:
    parameters = {"branch_id": branch_id, "max_seq": max_seq}
    # Sorting in Python is faster: SQLite would copy all the texts into its sorter.
    return sorted(connection.execute(query, parameters).all(), key=itemgetter(0))


def find_last_visible(connection: Connection, branch_id: str) -> Row[Any] | None:
    line = lineage(branch_id)
    return connection.execute(
        sa.select(messages)
        .join(line, messages.c.branch_id == line.c.id)
        .where(messages.c.seq <= line.c.max_seq, messages.c.deleted_at.is_(None))
        .order_by(messages.c.seq.desc())
        .limit(1)
    ).first()


class OwnMessages(NamedTuple):
    """The own messages of a branch, oldest first: their numbers and their joined `tree_json`."""

    seqs: Sequence[int]
    joined_json: str


def list_own_by_branch(
    connection: Connection, conversation_id: str, separator: str
) -> dict[str, OwnMessages]:
    """Return the own messages of each branch that has any, joined by the separator."""
    # One row per branch: one row per message would take twice as long. The index is named because
    # its order is the order in which `group_concat` joins the messages.
    rows = connection.execute(
        sa.select(
            messages.c.branch_id,
            sa.func.json_group_array(messages.c.seq).label("seqs"),
            sa.func.group_concat(messages.c.tree_json, separator).label("joined_json"),
        )
        .with_hint(messages, "INDEXED BY messages_by_conversation", "sqlite")
        .where(messages.c.conversation_id == conversation_id, messages.c.deleted_at.is_(None))
        .group_by(messages.c.branch_id)
    ).all()
    return {row.branch_id: OwnMessages(json.loads(row.seqs), row.joined_json) for row in rows}


def update_content(connection: Connection, message_id: str, content: str) -> Row[Any]:
    """Replace the content of a message and keep the previous version."""
    previous = get(connection, message_id)
    connection.execute(
        sa.insert(message_versions).values(
            message_id=previous.id,
            content=previous.content,
            content_hash=previous.content_hash,
            token_count=previous.token_count,
            replaced_at=now(),
        )
    )
    row = connection.execute(
        sa.update(messages)
        .where(messages.c.id == message_id)
        .values(message_rows.with_content(previous, content))
        .returning(messages)
    ).one()
    conversations.mark_updated(connection, previous.conversation_id)
    return row


def delete(connection: Connection, message_id: str) -> None:
    row = get(connection, message_id)
    connection.execute(
        sa.update(messages).where(messages.c.id == message_id).values(deleted_at=now())
    )
    conversations.mark_updated(connection, row.conversation_id)
