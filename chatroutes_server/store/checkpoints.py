"""Checkpoints: a summary of what a branch sees, up to and including its anchor.

The anchor is a place in the order of messages. It may be inherited, and if its message is deleted
the place stays, as a fork point does. A checkpoint goes with its branch or its conversation.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from sqlalchemy import Connection, Row, delete, insert, select, update

from chatroutes_server.errors import NotFoundError
from chatroutes_server.ids import new_id
from chatroutes_server.store import conversations
from chatroutes_server.store.schema import checkpoints, messages
from chatroutes_server.timestamps import now
from chatroutes_server.tokens import count_tokens

_with_anchor = select(checkpoints, messages.c.id.label("anchor_id")).join(
    messages, messages.c.seq == checkpoints.c.anchor_seq
)


def _measures(summary: str) -> dict[str, Any]:
    return {"summary": summary, "token_count": count_tokens(summary), "created_at": now()}


def create(connection: Connection, branch: Row[Any], anchor_seq: int, summary: str) -> Row[Any]:
    checkpoint_id = new_id("cp")
    connection.execute(
        insert(checkpoints).values(
            id=checkpoint_id,
            conversation_id=branch.conversation_id,
            branch_id=branch.id,
            anchor_seq=anchor_seq,
            **_measures(summary),
        )
    )
    conversations.touch(connection, branch.conversation_id)
    return get(connection, checkpoint_id)


def get(connection: Connection, checkpoint_id: str) -> Row[Any]:
    row = connection.execute(_with_anchor.where(checkpoints.c.id == checkpoint_id)).first()
    if row is None:
        raise NotFoundError(f"checkpointId: there is no checkpoint {checkpoint_id}")
    return row


def of_conversation(
    connection: Connection, conversation_id: str, branch_id: str | None
) -> Sequence[Row[Any]]:
    """Give the checkpoints of all its branches or of one, oldest first."""
    query = _with_anchor.where(checkpoints.c.conversation_id == conversation_id)
    if branch_id is not None:
        query = query.where(checkpoints.c.branch_id == branch_id)
    return connection.execute(query.order_by(checkpoints.c.seq)).all()


def newest(connection: Connection, branch_id: str, from_seq: int, to_seq: int) -> Row[Any] | None:
    """Give the branch's newest checkpoint with its anchor between these, both included."""
    return connection.execute(
        select(checkpoints)
        .where(
            checkpoints.c.branch_id == branch_id,
            checkpoints.c.anchor_seq >= from_seq,
            checkpoints.c.anchor_seq <= to_seq,
        )
        .order_by(checkpoints.c.seq.desc())
        .limit(1)
    ).first()


def change(connection: Connection, checkpoint_id: str, summary: str) -> Row[Any]:
    connection.execute(
        update(checkpoints).where(checkpoints.c.id == checkpoint_id).values(**_measures(summary))
    )
    return get(connection, checkpoint_id)


def remove(connection: Connection, checkpoint_id: str) -> None:
    row = get(connection, checkpoint_id)
    connection.execute(delete(checkpoints).where(checkpoints.c.id == checkpoint_id))
    conversations.touch(connection, row.conversation_id)
