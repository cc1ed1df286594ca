"""A database with a long conversation, written without requests."""

from __future__ import annotations

from pathlib import Path

from chatroutes_server.store import branches, conversations, message_rows
from chatroutes_server.store.accounts import LOCAL_USER
from chatroutes_server.store.connection import Connection
from chatroutes_server.store.database import Database


def create_long_conversation(path: Path, count: int) -> str:
    """Store a conversation with this number of messages in a row, and return its id.

    The content of the messages is "number 0", "number 1" and so on.
    """

    def fill(connection: Connection) -> str:
        conversation_id = conversations.create(
            connection, LOCAL_USER, {"title": "Long", "model": "gpt-5"}
        )
        branch = branches.get(connection, conversation_id, None)
        rows = [
            message_rows.new_values(branch.id, conversation_id, "user", f"number {number}", None)
            for number in range(count)
        ]
        connection.execute_many(message_rows.INSERT, rows)
        return conversation_id

    database = Database(path, temporary=True)
    conversation_id = database.write_sync(fill)
    database.close()
    return conversation_id
