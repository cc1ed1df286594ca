"""Checkpoints: each holds a summary of the messages visible on a branch, up to an anchor message.

The anchor may be an inherited message. If the anchor is deleted, its row still marks the position,
like a fork point. A checkpoint is deleted with its branch or its conversation.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import sqlalchemy as sa
from sqlalchemy import Connection, Row, bindparam

from chatroutes_server.errors import NotFoundError
from chatroutes_server.ids import new_id
from chatroutes_server.store import conversations
from chatroutes_server.store.page import Page
from chatroutes_server.store.schema import checkpoints, messages
from chatroutes_server.timestamps import now
from chatroutes_server.tokens import count_tokens

_with_anchor = sa.select(checkpoints, messages.c.id.label("anchor_id")).join(
    messages, messages.c.seq == checkpoints.c.anchor_seq
)

_select_latest = (
    sa.select(checkpoints)
    .where(
        checkpoints.c.branch_id == bindparam("branch_id"),
        checkpoints.c.anchor_seq.between(bindparam("min_seq"), bindparam("max_seq")),
    )
    .order_by(checkpoints.c.seq.desc())
    .limit(1)
)


def _summary_values(summary: str) -> dict[str, Any]:
    return {"summary": summary, "token_count": count_tokens(summary), "created_at": now()}


def create(connection: Connection, branch: Row[Any], anchor_seq: int, summary: str) -> Row[Any]:
    checkpoint_id = new_id("cp")
    connection.execute(
        sa.insert(checkpoints).values(
            id=checkpoint_id,
            conversation_id=branch.conversation_id,
            branch_id=branch.id,
            anchor_seq=anchor_seq,
            **_summary_values(summary),
        )
    )
    conversations.mark_updated(connection, branch.conversation_id)
    return get(connection, checkpoint_id)


def get(connection: Connection, checkpoint_id: str) -> Row[Any]:
    row = connection.execute(_with_anchor.where(checkpoints.c.id == checkpoint_id)).first()
    if row is None:
        raise NotFoundError(f"checkpointId: checkpoint {checkpoint_id} does not exist")
    return row


def list_page(
    connection: Connection, conversation_id: str, branch_id: str | None, page: Page
) -> tuple[Sequence[Row[Any]], int | None]:
    """Return a page of the checkpoints of one branch, or of all branches, oldest first.

    The second value is the number of the last checkpoint on the page, if another page follows.
    """
    if branch_id is None:
        selected = checkpoints.c.conversation_id == conversation_id
    else:
        selected = checkpoints.c.branch_id == branch_id
    query = _with_anchor.where(selected, checkpoints.c.seq > page.after).order_by(checkpoints.c.seq)
    return page.cut(connection.execute(query.limit(page.count)).all())


def find_latest(
    connection: Connection, branch_id: str, min_seq: int, max_seq: int
) -> Row[Any] | None:
    """Return the newest checkpoint of the branch whose anchor is in this range of numbers."""
    parameters = {"branch_id": branch_id, "min_seq": min_seq, "max_seq": max_seq}
    return connection.execute(_select_latest, parameters).first()


def update(connection: Connection, checkpoint_id: str, summary: str) -> Row[Any]:
    connection.execute(
        sa.update(checkpoints)
        .where(checkpoints.c.id == checkpoint_id)
        .values(**_summary_values(summary))
    )
    return get(connection, checkpoint_id)


def delete(connection: Connection, checkpoint_id: str) -> None:
    row = get(connection, checkpoint_id)
    connection.execute(sa.delete(checkpoints).where(checkpoints.c.id == checkpoint_id))
    conversations.mark_updated(connection, row.conversation_id)
