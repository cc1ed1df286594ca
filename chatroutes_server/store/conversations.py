"""Conversations. Each is created with its main branch."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

import sqlalchemy as sa
from sqlalchemy import Connection, Row

from chatroutes_server.errors import NotFoundError
from chatroutes_server.ids import new_id
from chatroutes_server.store.schema import branches, conversations
from chatroutes_server.timestamps import now


def create(connection: Connection, user_id: str, values: Mapping[str, Any]) -> str:
    conversation_id, created_at = new_id("conv"), now()
    connection.execute(
        sa.insert(conversations).values(
            id=conversation_id,
            user_id=user_id,
            created_at=created_at,
            updated_at=created_at,
            **values,
        )
    )
    connection.execute(
        sa.insert(branches).values(
            id=new_id("br"),
            conversation_id=conversation_id,
            title="Main",
            context_mode="FULL",
            is_main=True,
            is_active=True,
            created_at=created_at,
            updated_at=created_at,
        )
    )
    return conversation_id


def get(connection: Connection, conversation_id: str) -> Row[Any]:
    row = connection.execute(
        sa.select(conversations).where(conversations.c.id == conversation_id)
    ).first()
    if row is None:
        raise NotFoundError(f"conversationId: conversation {conversation_id} does not exist")
    return row


def list_page(
    connection: Connection, user_id: str, page: int, limit: int, shared: bool = False
) -> tuple[Sequence[Row[Any]], int]:
    """Return the rows of a page, counted from 1, and the number of rows on all pages."""
    if shared:
        return [], 0  # accounts share nothing with each other
    is_owned = conversations.c.user_id == user_id
    total = connection.execute(
        sa.select(sa.func.count()).select_from(conversations).where(is_owned)
    ).scalar_one()
    offset = (page - 1) * limit
    if offset >= total:
        return [], total
    newest_first = (
        sa.select(conversations)
        .where(is_owned)
        .order_by(conversations.c.updated_at.desc(), conversations.c.id.desc())
        .limit(limit)
        .offset(offset)
    )
    return connection.execute(newest_first).all(), total


def update(connection: Connection, conversation_id: str, values: Mapping[str, Any]) -> None:
    connection.execute(
        sa.update(conversations).where(conversations.c.id == conversation_id).values(**values)
    )
    mark_updated(connection, conversation_id)


def mark_updated(connection: Connection, conversation_id: str) -> None:
    """Increase `updated_at`, even if the clock still shows the same millisecond."""
    updated_at = sa.func.max(now(), conversations.c.updated_at + 1)
    connection.execute(
        sa.update(conversations)
        .where(conversations.c.id == conversation_id)
        .values(updated_at=updated_at)
    )


def delete(connection: Connection, conversation_id: str) -> None:
    get(connection, conversation_id)
    connection.execute(sa.delete(conversations).where(conversations.c.id == conversation_id))
