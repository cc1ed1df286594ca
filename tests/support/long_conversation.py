"""Databases with a large conversation, written without requests."""

from __future__ import annotations

from collections.abc import Callable
from itertools import cycle
from pathlib import Path

from chatroutes_server.store import branches, conversations, message_rows, messages
from chatroutes_server.store.accounts import LOCAL_USER
from chatroutes_server.store.connection import Connection, Row
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

    return _write(path, fill)


def create_wide_conversation(path: Path, branch_count: int, messages_per_branch: int) -> str:
    """Store a conversation with a main branch and other branches, and return its id.

    The first half of the branches forks from different messages of the main branch, and the others
    from the last message of a branch of the first half. Each has this number of messages.
    """

    def fill(connection: Connection) -> str:
        conversation_id = conversations.create(
            connection, LOCAL_USER, {"title": "Wide", "model": "gpt-5"}
        )

        def add(branch_id: str, count: int) -> list[Row]:
            rows = [
                message_rows.new_values(branch_id, conversation_id, role, f"number {number}", None)
                for number, role in zip(range(count), cycle(("user", "assistant")), strict=False)
            ]
            connection.execute_many(message_rows.INSERT, rows)
            stored = [messages.find(connection, row["id"]) for row in rows]
            return [row for row in stored if row is not None]

        main = branches.get(connection, conversation_id, None)
        fork_points = add(main.id, max(branch_count // 2, messages_per_branch))
        for number in range(1, branch_count):
            values = {"title": f"Branch {number}", "context_mode": "FULL"}
            branch_id = branches.create(
                connection, conversation_id, fork_points[number - 1], values
            )
            fork_points.append(add(branch_id, messages_per_branch)[-1])
        return conversation_id

    return _write(path, fill)


def _write(path: Path, fill: Callable[[Connection], str]) -> str:
    """Create a database, and return what `fill` returns."""
    database = Database(path, temporary=True)
    conversation_id = database.write_sync(fill)
    database.close()
    return conversation_id
