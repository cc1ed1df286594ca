"""Conversations. Each is created with its main branch."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

import sqlalchemy as sa
from sqlalchemy import Connection, Row, bindparam

from chatroutes_server.errors import NotFoundError
from chatroutes_server.ids import new_id
from chatroutes_server.store.schema import branches, conversations
from chatroutes_server.timestamps import now

MAX_INTEGER = 2**63 - 1  # of SQLite

# SQLAlchemy takes longer to build a statement than SQLite to execute it, so each is built once.
_insert = sa.insert(conversations)
_insert_branch = sa.insert(branches)
_select = sa.select(conversations).where(conversations.c.id == bindparam("conversation_id"))
_is_owned = conversations.c.user_id == bindparam("user_id")
_count_owned = sa.select(sa.func.count()).select_from(conversations).where(_is_owned)
_select_page = (
    sa.select(conversations, _count_owned.scalar_subquery().label("total"))
    .where(_is_owned)
    .order_by(conversations.c.updated_at.desc(), conversations.c.id.desc())
    .limit(bindparam("limit"))
    .offset(bindparam("offset"))
)
_update = sa.update(conversations).where(conversations.c.id == bindparam("conversation_id"))
_mark_updated = _update.values(
    updated_at=sa.func.max(bindparam("now", type_=sa.Integer), conversations.c.updated_at + 1)
)
_delete = sa.delete(conversations).where(conversations.c.id == bindparam("conversation_id"))


def create(connection: Connection, user_id: str, values: Mapping[str, Any]) -> str:
    conversation_id, created_at = new_id("conv"), now()
    times = {"created_at": created_at, "updated_at": created_at}
    connection.execute(_insert, {"id": conversation_id, "user_id": user_id, **times, **values})
    main_branch = {
        "id": new_id("br"),
        "conversation_id": conversation_id,
        "title": "Main",
        "context_mode": "FULL",
        "is_main": True,
        "is_active": True,
        **times,
    }
    connection.execute(_insert_branch, main_branch)
    return conversation_id


def get(connection: Connection, conversation_id: str) -> Row[Any]:
    row = connection.execute(_select, {"conversation_id": conversation_id}).first()
    if row is None:
        raise NotFoundError(f"conversationId: conversation {conversation_id} does not exist")
    return row


def list_page(
    connection: Connection, user_id: str, page: int, limit: int, shared: bool = False
) -> tuple[Sequence[Row[Any]], int]:
    """Return the rows of a page, counted from 1, and the number of rows on all pages."""
    if shared:
        return [], 0  # accounts share nothing with each other
    offset = (page - 1) * limit
    if offset <= MAX_INTEGER:
        parameters = {"user_id": user_id, "limit": limit, "offset": offset}
        rows = connection.execute(_select_page, parameters).all()
        if rows:
            return rows, rows[0].total
    return [], connection.execute(_count_owned, {"user_id": user_id}).scalar_one()


def update(connection: Connection, conversation_id: str, values: Mapping[str, Any]) -> None:
    connection.execute(_update, {"conversation_id": conversation_id, **values})
    mark_updated(connection, conversation_id)


def mark_updated(connection: Connection, conversation_id: str) -> None:
    """Increase `updated_at`, even if the clock still shows the same millisecond."""
    connection.execute(_mark_updated, {"conversation_id": conversation_id, "now": now()})


def delete(connection: Connection, conversation_id: str) -> None:
    get(connection, conversation_id)
    connection.execute(_delete, {"conversation_id": conversation_id})
