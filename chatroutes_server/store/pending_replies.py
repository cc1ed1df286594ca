"""Replies that are being written: begun with the user's message, ended with the reply."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from sqlalchemy import Connection, Row, delete, insert, select, update

from chatroutes_server.store.schema import messages, pending_replies


def begin(
    connection: Connection,
    user_id: str,
    user_message_id: str,
    reply_id: str,
    model: str,
    temperature: float | None,
    max_tokens: int | None,
) -> None:
    connection.execute(
        insert(pending_replies).values(
            user_message_id=user_message_id,
            reply_id=reply_id,
            user_id=user_id,
            model=model,
            temperature=temperature,
            max_tokens=max_tokens,
        )
    )


def get(connection: Connection, user_message_id: str) -> Row[Any] | None:
    return connection.execute(
        select(pending_replies).where(pending_replies.c.user_message_id == user_message_id)
    ).first()


def rename(connection: Connection, user_message_id: str, reply_id: str) -> None:
    connection.execute(
        update(pending_replies)
        .where(pending_replies.c.user_message_id == user_message_id)
        .values(reply_id=reply_id)
    )


def end(connection: Connection, user_message_id: str, reply_id: str) -> bool:
    """Take the reply off the list; gives whether it was still there, under this id."""
    done = connection.execute(
        delete(pending_replies).where(
            pending_replies.c.user_message_id == user_message_id,
            pending_replies.c.reply_id == reply_id,
        )
    )
    return done.rowcount > 0


def remove(connection: Connection, user_message_id: str) -> None:
    connection.execute(
        delete(pending_replies).where(pending_replies.c.user_message_id == user_message_id)
    )


def everything(connection: Connection) -> Sequence[Row[Any]]:
    """Give all of them, the oldest first, each with the place of the message that it answers."""
    return connection.execute(
        select(
            pending_replies, messages.c.conversation_id, messages.c.branch_id, messages.c.content
        )
        .join(messages, messages.c.id == pending_replies.c.user_message_id)
        .order_by(messages.c.seq)
    ).all()
