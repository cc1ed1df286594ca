"""Pending replies: one row for each reply that is being generated.

The row is created with the user's message and deleted with the stored reply. A row without a
running process is left over from a crash.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import sqlalchemy as sa
from sqlalchemy import Connection, Row

from chatroutes_server.store.schema import messages, pending_replies


def create(
    connection: Connection,
    user_id: str,
    user_message_id: str,
    reply_id: str,
    model: str,
    temperature: float | None,
    max_tokens: int | None,
) -> None:
    connection.execute(
        sa.insert(pending_replies).values(
            user_message_id=user_message_id,
            reply_id=reply_id,
            user_id=user_id,
            model=model,
            temperature=temperature,
            max_tokens=max_tokens,
        )
    )


def find(connection: Connection, user_message_id: str) -> Row[Any] | None:
    return connection.execute(
        sa.select(pending_replies).where(pending_replies.c.user_message_id == user_message_id)
    ).first()


def list_all(connection: Connection) -> Sequence[Row[Any]]:
    """Return all pending replies with the user's messages, oldest first."""
    return connection.execute(
        sa.select(
            pending_replies, messages.c.conversation_id, messages.c.branch_id, messages.c.content
        )
        .join(messages, messages.c.id == pending_replies.c.user_message_id)
        .order_by(messages.c.seq)
    ).all()


def set_reply_id(connection: Connection, user_message_id: str, reply_id: str) -> None:
    connection.execute(
        sa.update(pending_replies)
        .where(pending_replies.c.user_message_id == user_message_id)
        .values(reply_id=reply_id)
    )


def delete(connection: Connection, user_message_id: str, reply_id: str | None = None) -> bool:
    """Delete a pending reply, and return whether it existed.

    With `reply_id`, delete it only if it still has this id.
    """
    query = sa.delete(pending_replies).where(pending_replies.c.user_message_id == user_message_id)
    if reply_id is not None:
        query = query.where(pending_replies.c.reply_id == reply_id)
    return connection.execute(query).rowcount > 0
