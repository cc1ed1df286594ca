"""Pending replies: one row for each reply that is being generated.

The row is created with the user's message and deleted with the stored reply. A row without a
running process is left over from a crash.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import sqlalchemy as sa
from sqlalchemy import Connection, Row, bindparam

from chatroutes_server.store.schema import messages, pending_replies

_matches = pending_replies.c.user_message_id == bindparam("message_id")
_insert = sa.insert(pending_replies)
_select = sa.select(pending_replies).where(_matches)
_update = sa.update(pending_replies).where(_matches)
_delete = sa.delete(pending_replies).where(_matches)
_delete_same = _delete.where(pending_replies.c.reply_id == bindparam("reply_id"))


def create(
    connection: Connection,
    user_id: str,
    user_message_id: str,
    reply_id: str,
    model: str,
    temperature: float | None,
    max_tokens: int | None,
) -> None:
    values = {
        "user_message_id": user_message_id,
        "reply_id": reply_id,
        "user_id": user_id,
        "model": model,
        "temperature": temperature,
        "max_tokens": max_tokens,
    }
    connection.execute(_insert, values)


def find(connection: Connection, user_message_id: str) -> Row[Any] | None:
    return connection.execute(_select, {"message_id": user_message_id}).first()


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
    connection.execute(_update, {"message_id": user_message_id, "reply_id": reply_id})


def change_message(connection: Connection, old_id: str, new_id: str) -> None:
    """Let the pending reply to a user's message refer to its copy."""
    connection.execute(_update, {"message_id": old_id, "user_message_id": new_id})


def delete(connection: Connection, user_message_id: str, reply_id: str | None = None) -> bool:
    """Delete a pending reply, and return whether it existed.

    With `reply_id`, delete it only if it still has this id.
    """
    if reply_id is None:
        result = connection.execute(_delete, {"message_id": user_message_id})
    else:
        result = connection.execute(
            _delete_same, {"message_id": user_message_id, "reply_id": reply_id}
        )
    return result.rowcount > 0
