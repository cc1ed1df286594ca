"""Checkpoints: each holds a summary of the messages visible on a branch, up to an anchor message.

The anchor may be an inherited message. If the anchor is deleted, its row still marks the position,
like a fork point. A checkpoint is deleted with its branch or its conversation.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from chatroutes_server.errors import NotFoundError
from chatroutes_server.ids import new_id
from chatroutes_server.store import conversations
from chatroutes_server.store.connection import Connection, Row, assignments, insert_into
from chatroutes_server.store.page import Page
from chatroutes_server.timestamps import now
from chatroutes_server.tokens import count_tokens

SUMMARY_COLUMNS = ("summary", "token_count", "created_at")
INSERT = insert_into(
    "checkpoints", ("id", "conversation_id", "branch_id", "anchor_seq", *SUMMARY_COLUMNS)
)
SELECT_WITH_ANCHOR = """
    SELECT checkpoints.*, messages.id AS anchor_id
    FROM checkpoints JOIN messages ON messages.seq = checkpoints.anchor_seq
    """
SELECT = f"{SELECT_WITH_ANCHOR} WHERE checkpoints.id = :id"
PAGE = "checkpoints.seq > :after ORDER BY checkpoints.seq LIMIT :count"
SELECT_PAGE = (
    f"{SELECT_WITH_ANCHOR} WHERE checkpoints.conversation_id = :conversation_id AND {PAGE}"
)
SELECT_BRANCH_PAGE = f"{SELECT_WITH_ANCHOR} WHERE checkpoints.branch_id = :branch_id AND {PAGE}"
SELECT_LATEST = """
    SELECT * FROM checkpoints
    WHERE branch_id = :branch_id AND anchor_seq BETWEEN :min_seq AND :max_seq
    ORDER BY seq DESC
    LIMIT 1
    """
UPDATE = f"UPDATE checkpoints SET {assignments(SUMMARY_COLUMNS)} WHERE id = :id"
DELETE = "DELETE FROM checkpoints WHERE id = :id"


def _summary_values(summary: str) -> dict[str, Any]:
    return {"summary": summary, "token_count": count_tokens(summary), "created_at": now()}


def create(connection: Connection, branch: Row, anchor_seq: int, summary: str) -> Row:
    checkpoint_id = new_id("cp")
    values = {
        "id": checkpoint_id,
        "conversation_id": branch.conversation_id,
        "branch_id": branch.id,
        "anchor_seq": anchor_seq,
        **_summary_values(summary),
    }
    connection.execute(INSERT, values)
    conversations.mark_updated(connection, branch.conversation_id)
    return get(connection, checkpoint_id)


def get(connection: Connection, checkpoint_id: str) -> Row:
    row = connection.fetch_one(SELECT, {"id": checkpoint_id})
    if row is None:
        raise NotFoundError(f"checkpointId: checkpoint {checkpoint_id} does not exist")
    return row


def list_page(
    connection: Connection, conversation_id: str, branch_id: str | None, page: Page
) -> tuple[Sequence[Row], int | None]:
    """Return a page of the checkpoints of one branch, or of all branches, oldest first.

    The second value is the number of the last checkpoint on the page, if another page follows.
    """
    parameters = {
        "conversation_id": conversation_id,
        "branch_id": branch_id,
        "after": page.after,
        "count": page.count,
    }
    statement = SELECT_PAGE if branch_id is None else SELECT_BRANCH_PAGE
    return page.cut(connection.fetch_all(statement, parameters))


def find_latest(connection: Connection, branch_id: str, min_seq: int, max_seq: int) -> Row | None:
    """Return the newest checkpoint of the branch whose anchor is in this range of numbers."""
    parameters = {"branch_id": branch_id, "min_seq": min_seq, "max_seq": max_seq}
    return connection.fetch_one(SELECT_LATEST, parameters)


def update(connection: Connection, checkpoint_id: str, summary: str) -> Row:
    connection.execute(UPDATE, {"id": checkpoint_id, **_summary_values(summary)})
    return get(connection, checkpoint_id)


def delete(connection: Connection, checkpoint_id: str) -> None:
    row = get(connection, checkpoint_id)
    connection.execute(DELETE, {"id": checkpoint_id})
    conversations.mark_updated(connection, row.conversation_id)
