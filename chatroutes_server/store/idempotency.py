"""A request that is sent again does its work once and is answered alike each time.

A POST may carry an `Idempotency-Key`. The key counts together with the operation and the path; the
body's hash stands beside it, and the same key with another body is a conflict. Where the work is
one transaction, its answer is kept in that transaction: both are there or neither is. Sending a
message takes two, because the user's message is safe before the reply begins; between them the row
has no answer and names the user's message, so that whoever tries again, even after a crash,
goes on from that message and does not write it twice.

Refusals are not kept: they leave nothing behind, and the next try may do better.

What is older than a day is forgotten: a key is then new again. The rows go in small batches, each
a transaction of its own, so that nobody waits for them; whether a row still counts is decided by
its age alone, and not by whether it has been swept up yet.
"""

from __future__ import annotations

import json
from dataclasses import dataclass

from sqlalchemy import Connection, Integer, delete, insert, literal_column, select, update
from sqlalchemy.sql.elements import ColumnElement

from chatroutes_server.errors import ConflictError
from chatroutes_server.store.schema import first_tries
from chatroutes_server.timestamps import now

KEPT = 24 * 60 * 60 * 1000  # milliseconds
BATCH = 500

_rowid: ColumnElement[int] = literal_column("first_tries.rowid", Integer)


@dataclass(frozen=True)
class IdempotentRequest:
    """What tells one request from another."""

    user_id: str
    key: str
    operation: str
    path: str
    body_hash: str

    @property
    def name(self) -> tuple[str, str, str, str]:
        return self.user_id, self.key, self.operation, self.path

    def require_same_body(self, body_hash: str) -> None:
        if body_hash != self.body_hash:
            raise ConflictError("Idempotency-Key: the key was used before, with another body")


@dataclass(frozen=True)
class StoredResponse:
    """A status and the JSON text that goes with it; for a reply, how long its pieces were."""

    status: int
    text: str
    piece_lengths: list[int] | None = None


@dataclass(frozen=True)
class IdempotencyRecord:
    """What is known of a try that came before: its answer, or the message that its work begins with."""

    answer: StoredResponse | None
    user_message_id: str | None


def find(connection: Connection, this: IdempotentRequest) -> IdempotencyRecord | None:
    """Find what is known of the request, and forget what is too old to count."""
    row = connection.execute(select(first_tries).where(*_same(this))).first()
    if row is None:
        return None
    if row.created_at <= now() - KEPT:
        connection.execute(delete(first_tries).where(*_same(this)))
        return None
    this.require_same_body(row.body_hash)
    lengths = None if row.piece_lengths is None else json.loads(row.piece_lengths)
    answer = None if row.answer is None else StoredResponse(row.status, row.answer, lengths)
    return IdempotencyRecord(answer, row.user_message_id)


def of_message(connection: Connection, user_message_id: str) -> IdempotentRequest | None:
    """Give the request that a message was sent with, if it carried a key."""
    row = connection.execute(
        select(first_tries).where(first_tries.c.user_message_id == user_message_id)
    ).first()
    if row is None:
        return None
    return IdempotentRequest(row.user_id, row.key, row.operation, row.path, row.body_hash)


def sweep(connection: Connection) -> int:
    """Forget some of what is too old; gives how many, 0 once there are none."""
    old = select(_rowid).where(first_tries.c.created_at <= now() - KEPT)
    done = connection.execute(delete(first_tries).where(_rowid.in_(old.limit(BATCH))))
    return done.rowcount


def begin(connection: Connection, this: IdempotentRequest, user_message_id: str) -> None:
    _insert(connection, this, user_message_id, None)


def keep(connection: Connection, this: IdempotentRequest, answer: StoredResponse) -> None:
    """Keep the answer of work that is one transaction."""
    _insert(connection, this, None, answer)


def finish(connection: Connection, this: IdempotentRequest, answer: StoredResponse) -> None:
    """Keep the answer of work that was begun before."""
    connection.execute(
        update(first_tries)
        .where(*_same(this))
        .values(
            status=answer.status,
            answer=answer.text,
            piece_lengths=(
                None if answer.piece_lengths is None else json.dumps(answer.piece_lengths)
            ),
        )
    )


def _same(this: IdempotentRequest) -> tuple[ColumnElement[bool], ...]:
    return (
        first_tries.c.user_id == this.user_id,
        first_tries.c.key == this.key,
        first_tries.c.operation == this.operation,
        first_tries.c.path == this.path,
    )


def _insert(
    connection: Connection,
    this: IdempotentRequest,
    user_message_id: str | None,
    answer: StoredResponse | None,
) -> None:
    connection.execute(
        insert(first_tries).values(
            user_id=this.user_id,
            key=this.key,
            operation=this.operation,
            path=this.path,
            body_hash=this.body_hash,
            user_message_id=user_message_id,
            status=None if answer is None else answer.status,
            answer=None if answer is None else answer.text,
            created_at=now(),
        )
    )
