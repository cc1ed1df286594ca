"""Messages: written once, changed with the old version kept, hidden when deleted."""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from operator import itemgetter
from typing import Any, NamedTuple

from sqlalchemy import ColumnElement, Connection, Row, func, insert, select, update

from chatroutes_server.errors import NotFoundError
from chatroutes_server.store import conversations, message_rows
from chatroutes_server.store.branches import NO_LIMIT, lineage
from chatroutes_server.store.schema import message_versions, messages
from chatroutes_server.timestamps import now

_WHAT_A_MODEL_NEEDS = [
    messages.c[name] for name in ("id", "branch_id", "role", "content", "token_count")
]


def add(
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
    row = connection.execute(insert(messages).values(values).returning(messages)).one()
    conversations.touch(connection, branch.conversation_id)
    return row


def get(connection: Connection, message_id: str) -> Row[Any]:
    return _live(connection, message_id, "messageId", None)


def find(connection: Connection, message_id: str) -> Row[Any] | None:
    return connection.execute(
        select(messages).where(messages.c.id == message_id, messages.c.deleted_at.is_(None))
    ).first()


def of_conversation(
    connection: Connection, conversation_id: str, message_id: str, field: str
) -> Row[Any]:
    """Give a message of this conversation, on whichever branch; `field` names it if it is missing."""
    return _live(connection, message_id, field, conversation_id)


def _live(
    connection: Connection, message_id: str, field: str, conversation_id: str | None
) -> Row[Any]:
    query = select(messages).where(messages.c.id == message_id, messages.c.deleted_at.is_(None))
    if conversation_id is not None:
        query = query.where(messages.c.conversation_id == conversation_id)
    row = connection.execute(query).first()
    if row is None:
        where = "" if conversation_id is None else " in this conversation"
        raise NotFoundError(f"{field}: there is no message {message_id}{where}")
    return row


def seen_by(connection: Connection, branch_id: str, up_to: int = NO_LIMIT) -> Sequence[Row[Any]]:
    """Give what the branch sees, in order: inherited messages first, then its own."""
    return _seen_by(connection, branch_id, up_to, *_WHAT_A_MODEL_NEEDS)


def json_seen_by(connection: Connection, branch_id: str) -> Sequence[str]:
    """Give the JSON, without the braces, of each message that the branch sees, in order."""
    whole = messages.c.tree_json + messages.c.rest_json
    return list(map(itemgetter(1), _seen_by(connection, branch_id, NO_LIMIT, whole)))


def _seen_by(
    connection: Connection, branch_id: str, up_to: int, *columns: ColumnElement[Any]
) -> Sequence[Row[Any]]:
    line = lineage(branch_id)
    query = (
        select(messages.c.seq, *columns)
        .join(line, messages.c.branch_id == line.c.id)
        .where(
            messages.c.seq <= line.c.seen_to,
            messages.c.seq <= up_to,
            messages.c.deleted_at.is_(None),
        )
    )
    # By number, and not in SQLite, which would move all the texts about.
    return sorted(connection.execute(query).all(), key=itemgetter(0))


def last_seen_by(connection: Connection, branch_id: str) -> Row[Any] | None:
    line = lineage(branch_id)
    return connection.execute(
        select(messages)
        .join(line, messages.c.branch_id == line.c.id)
        .where(messages.c.seq <= line.c.seen_to, messages.c.deleted_at.is_(None))
        .order_by(messages.c.seq.desc())
        .limit(1)
    ).first()


class Own(NamedTuple):
    """A branch's own messages, in order: their numbers, and the `tree_json` of them all."""

    numbers: Sequence[int]
    joined: str


def all_of(connection: Connection, conversation_id: str, separator: str) -> dict[str, Own]:
    """Give every message of the conversation, by branch; a branch without messages is left out."""
    # A row for each branch: one for each message would take twice as long. The index is named because
    # the messages are joined in its order.
    rows = connection.execute(
        select(
            messages.c.branch_id,
            func.json_group_array(messages.c.seq).label("numbers"),
            func.group_concat(messages.c.tree_json, separator).label("joined"),
        )
        .with_hint(messages, "INDEXED BY messages_by_conversation", "sqlite")
        .where(messages.c.conversation_id == conversation_id, messages.c.deleted_at.is_(None))
        .group_by(messages.c.branch_id)
    ).all()
    return {row.branch_id: Own(json.loads(row.numbers), row.joined) for row in rows}


def change(connection: Connection, message_id: str, content: str) -> Row[Any]:
    old = get(connection, message_id)
    connection.execute(
        insert(message_versions).values(
            message_id=old.id,
            content=old.content,
            content_hash=old.content_hash,
            token_count=old.token_count,
            replaced_at=now(),
        )
    )
    row = connection.execute(
        update(messages)
        .where(messages.c.id == message_id)
        .values(message_rows.with_content(old, content))
        .returning(messages)
    ).one()
    conversations.touch(connection, old.conversation_id)
    return row


def remove(connection: Connection, message_id: str) -> None:
    row = get(connection, message_id)
    connection.execute(update(messages).where(messages.c.id == message_id).values(deleted_at=now()))
    conversations.touch(connection, row.conversation_id)
