"""Conversations. Each is created with its main branch."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from chatroutes_server.errors import NotFoundError
from chatroutes_server.ids import new_id
from chatroutes_server.store.connection import Connection, Row, assignments, insert_into
from chatroutes_server.timestamps import now

MAX_INTEGER = 2**63 - 1  # of the database

OPTIONS = {"system_prompt": None, "temperature": None, "max_tokens": None}
INSERT = insert_into(
    "conversations", ("id", "user_id", "title", "model", *OPTIONS, "created_at", "updated_at")
)
INSERT_MAIN_BRANCH = insert_into(
    "branches",
    (
        "id",
        "conversation_id",
        "title",
        "context_mode",
        "is_main",
        "is_active",
        "created_at",
        "updated_at",
    ),
)
SELECT = "SELECT * FROM conversations WHERE id = :conversation_id"
COUNT_OWNED = "SELECT count(*) FROM conversations WHERE user_id = :user_id"
SELECT_PAGE = f"""
    SELECT *, ({COUNT_OWNED}) AS total
    FROM conversations
    WHERE user_id = :user_id
    ORDER BY updated_at DESC, id DESC
    LIMIT :limit OFFSET :offset
    """
MARK_UPDATED = """
    UPDATE conversations
    SET updated_at = CASE WHEN updated_at < :now THEN :now ELSE updated_at + 1 END
    WHERE id = :conversation_id
    """
DELETE = "DELETE FROM conversations WHERE id = :conversation_id"


def create(connection: Connection, user_id: str, values: Mapping[str, Any]) -> str:
    conversation_id, created_at = new_id("conv"), now()
    times = {"created_at": created_at, "updated_at": created_at}
    connection.execute(
        INSERT, {"id": conversation_id, "user_id": user_id, **OPTIONS, **times, **values}
    )
    main_branch = {
        "id": new_id("br"),
        "conversation_id": conversation_id,
        "title": "Main",
        "context_mode": "FULL",
        "is_main": True,
        "is_active": True,
        **times,
    }
    connection.execute(INSERT_MAIN_BRANCH, main_branch)
    return conversation_id


def get(connection: Connection, conversation_id: str) -> Row:
    row = connection.fetch_one(SELECT, {"conversation_id": conversation_id})
    if row is None:
        raise NotFoundError(f"conversationId: conversation {conversation_id} does not exist")
    return row


def list_page(
    connection: Connection, user_id: str, page: int, limit: int, shared: bool = False
) -> tuple[Sequence[Row], int]:
    """Return the rows of a page, counted from 1, and the number of rows on all pages."""
    if shared:
        return [], 0  # accounts share nothing with each other
    offset = (page - 1) * limit
    if offset <= MAX_INTEGER:
        parameters = {"user_id": user_id, "limit": limit, "offset": offset}
        rows = connection.fetch_all(SELECT_PAGE, parameters)
        if rows:
            return rows, rows[0].total
    return [], connection.fetch_value(COUNT_OWNED, {"user_id": user_id})


def update(connection: Connection, conversation_id: str, values: Mapping[str, Any]) -> None:
    connection.execute(
        f"UPDATE conversations SET {assignments(values)} WHERE id = :conversation_id",
        {"conversation_id": conversation_id, **values},
    )
    mark_updated(connection, conversation_id)


def mark_updated(connection: Connection, conversation_id: str) -> None:
    """Increase `updated_at`, even if the clock still shows the same millisecond."""
    connection.execute(MARK_UPDATED, {"conversation_id": conversation_id, "now": now()})


def delete(connection: Connection, conversation_id: str) -> None:
    get(connection, conversation_id)
    connection.execute(DELETE, {"conversation_id": conversation_id})
