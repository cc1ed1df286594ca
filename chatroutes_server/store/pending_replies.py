"""Pending replies: one row for each reply that is being generated.

The row is created with the user's message and deleted with the stored reply. A row without a
running process is left over from a crash.
"""

from __future__ import annotations

from collections.abc import Sequence

from chatroutes_server.store.connection import Connection, Row, insert_into

INSERT = insert_into(
    "pending_replies",
    ("user_message_id", "reply_id", "user_id", "model", "temperature", "max_tokens"),
)
SELECT = "SELECT * FROM pending_replies WHERE user_message_id = :user_message_id"
SELECT_ALL = """
    SELECT pending_replies.*, messages.conversation_id, messages.branch_id, messages.content
    FROM pending_replies JOIN messages ON messages.id = pending_replies.user_message_id
    ORDER BY messages.seq
    """
SET_REPLY_ID = """
    UPDATE pending_replies SET reply_id = :reply_id WHERE user_message_id = :user_message_id
    """
SET_MESSAGE = """
    UPDATE pending_replies SET user_message_id = :new_id WHERE user_message_id = :old_id
    """
DELETE = "DELETE FROM pending_replies WHERE user_message_id = :user_message_id"
DELETE_SAME = f"{DELETE} AND reply_id = :reply_id"


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
    connection.execute(INSERT, values)


def find(connection: Connection, user_message_id: str) -> Row | None:
    return connection.fetch_one(SELECT, {"user_message_id": user_message_id})


def list_all(connection: Connection) -> Sequence[Row]:
    """Return all pending replies with the user's messages, oldest first."""
    return connection.fetch_all(SELECT_ALL)


def set_reply_id(connection: Connection, user_message_id: str, reply_id: str) -> None:
    parameters = {"user_message_id": user_message_id, "reply_id": reply_id}
    connection.execute(SET_REPLY_ID, parameters)


def change_message(connection: Connection, old_id: str, new_id: str) -> None:
    """Replace the id of a user's message in its pending reply."""
    connection.execute(SET_MESSAGE, {"old_id": old_id, "new_id": new_id})


def delete(connection: Connection, user_message_id: str, reply_id: str | None = None) -> bool:
    """Delete a pending reply, and return whether it existed.

    With `reply_id`, delete it only if it still has this id.
    """
    statement = DELETE if reply_id is None else DELETE_SAME
    parameters = {"user_message_id": user_message_id, "reply_id": reply_id}
    return connection.execute(statement, parameters) > 0
