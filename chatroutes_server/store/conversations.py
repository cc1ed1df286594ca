"""Conversations, each with its main branch from the start."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from sqlalchemy import Connection, Row, delete, func, insert, select, update

from chatroutes_server.errors import NotFoundError
from chatroutes_server.ids import new_id
from chatroutes_server.store.schema import branches, conversations
from chatroutes_server.timestamps import now


def create(connection: Connection, user_id: str, values: Mapping[str, Any]) -> str:
    conversation_id, moment = new_id("conv"), now()
    connection.execute(
        insert(conversations).values(
            id=conversation_id,
            user_id=user_id,
            created_at=moment,
            updated_at=moment,
            **values,
        )
    )
    connection.execute(
        insert(branches).values(
            id=new_id("br"),
            conversation_id=conversation_id,
            title="Main",
            context_mode="FULL",
            is_main=True,
            is_active=True,
            created_at=moment,
            updated_at=moment,
        )
    )
    return conversation_id


def get(connection: Connection, conversation_id: str) -> Row[Any]:
    row = connection.execute(
        select(conversations).where(conversations.c.id == conversation_id)
    ).first()
    if row is None:
        raise NotFoundError(f"conversationId: there is no conversation {conversation_id}")
    return row


def page(
    connection: Connection, user_id: str, number: int, limit: int, shared: bool = False
) -> tuple[Sequence[Row[Any]], int]:
    """Give the rows of one page, counted from 1, and how many there are on all pages."""
    if shared:
        return [], 0  # no account shares anything with another
    mine = conversations.c.user_id == user_id
    total = connection.execute(
        select(func.count()).select_from(conversations).where(mine)
    ).scalar_one()
    offset = (number - 1) * limit
    if offset >= total:
        return [], total
    newest_first = (
        select(conversations)
        .where(mine)
        .order_by(conversations.c.updated_at.desc(), conversations.c.id.desc())
        .limit(limit)
        .offset(offset)
    )
    return connection.execute(newest_first).all(), total


def change(connection: Connection, conversation_id: str, values: Mapping[str, Any]) -> None:
    connection.execute(
        update(conversations).where(conversations.c.id == conversation_id).values(**values)
    )
    touch(connection, conversation_id)


def touch(connection: Connection, conversation_id: str) -> None:
    """Move `updated_at` on, even when the clock did not, so that each change shows."""
    later = func.max(now(), conversations.c.updated_at + 1)
    connection.execute(
        update(conversations).where(conversations.c.id == conversation_id).values(updated_at=later)
    )


def remove(connection: Connection, conversation_id: str) -> None:
    get(connection, conversation_id)
    connection.execute(delete(conversations).where(conversations.c.id == conversation_id))
