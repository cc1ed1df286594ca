"""Messages: written once, changed with the old version kept, hidden when deleted."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Mapping, Sequence
from typing import Any

from sqlalchemy import ColumnElement, Connection, Row, Select, insert, select, update

from chatroutes_server.errors import NotFoundError
from chatroutes_server.ids import new_id
from chatroutes_server.store import conversations
from chatroutes_server.store.branches import NO_LIMIT, lineage
from chatroutes_server.store.schema import message_versions, messages
from chatroutes_server.times import now
from chatroutes_server.tokens import count_tokens


def _measures(content: str) -> dict[str, Any]:
    return {
        "content": content,
        "content_hash": hashlib.sha256(content.encode()).hexdigest(),
        "token_count": count_tokens(content),
    }


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
    row = connection.execute(
        insert(messages)
        .values(
            id=message_id or new_id("msg"),
            conversation_id=branch.conversation_id,
            branch_id=branch.id,
            role=role,
            metadata=None if metadata is None else json.dumps(metadata),
            created_at=now(),
            **_measures(content),
        )
        .returning(messages)
    ).one()
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
    return connection.execute(_seen_by(select(messages), branch_id, up_to)).all()


def texts_seen_by(
    connection: Connection, branch_id: str, text: ColumnElement[str]
) -> Sequence[str]:
    """Give a text of each message that the branch sees, in order."""
    return connection.execute(_seen_by(select(text), branch_id, NO_LIMIT)).scalars().all()


def _seen_by(query: Select[Any], branch_id: str, up_to: int) -> Select[Any]:
    line = lineage(branch_id)
    return (
        query.join(line, messages.c.branch_id == line.c.id)
        .where(
            messages.c.seq <= line.c.seen_to,
            messages.c.seq <= up_to,
            messages.c.deleted_at.is_(None),
        )
        .order_by(messages.c.seq)
    )


def last_seen_by(connection: Connection, branch_id: str) -> Row[Any] | None:
    line = lineage(branch_id)
    return connection.execute(
        select(messages)
        .join(line, messages.c.branch_id == line.c.id)
        .where(messages.c.seq <= line.c.seen_to, messages.c.deleted_at.is_(None))
        .order_by(messages.c.seq.desc())
        .limit(1)
    ).first()


def all_of(
    connection: Connection, conversation_id: str, text: ColumnElement[str]
) -> Sequence[Row[int, str, str]]:
    """Give number, branch and a text of every message of every branch, oldest first."""
    return connection.execute(
        select(messages.c.seq, messages.c.branch_id, text)
        .where(messages.c.conversation_id == conversation_id, messages.c.deleted_at.is_(None))
        .order_by(messages.c.seq)
    ).all()


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
        .values(**_measures(content))
        .returning(messages)
    ).one()
    conversations.touch(connection, old.conversation_id)
    return row


def remove(connection: Connection, message_id: str) -> None:
    row = get(connection, message_id)
    connection.execute(update(messages).where(messages.c.id == message_id).values(deleted_at=now()))
    conversations.touch(connection, row.conversation_id)
