"""A request that is sent again does its work once and is answered alike each time.

A POST may carry an `Idempotency-Key`. The key counts together with the operation and the path; the
body's hash stands beside it, and the same key with another body is a conflict. Where the work is
one transaction, its answer is kept in that transaction: both are there or neither is. Sending a
message takes two, because the user's message is safe before the reply begins; between them the row
has no answer and names the user's message, so that whoever tries again, even after a crash,
goes on from that message and does not write it twice.

Refusals are not kept: they leave nothing behind, and the next try may do better.
"""

from __future__ import annotations

from dataclasses import dataclass

from sqlalchemy import Connection, insert, select, update
from sqlalchemy.sql.elements import ColumnElement

from chatroutes_server.errors import ConflictError
from chatroutes_server.store.schema import first_tries
from chatroutes_server.times import now


@dataclass(frozen=True)
class Try:
    """What tells one request from another."""

    user_id: str
    key: str
    operation: str
    path: str
    body_hash: str

    @property
    def name(self) -> tuple[str, str, str, str]:
        return self.user_id, self.key, self.operation, self.path


@dataclass(frozen=True)
class Answer:
    """A status and the JSON text that goes with it."""

    status: int
    text: str


@dataclass(frozen=True)
class Found:
    """What is known of a try that came before: its answer, or the message that its work begins with."""

    answer: Answer | None
    user_message_id: str | None


def find(connection: Connection, this: Try) -> Found | None:
    row = connection.execute(select(first_tries).where(*_same(this))).first()
    if row is None:
        return None
    if row.body_hash != this.body_hash:
        raise ConflictError("Idempotency-Key: the key was used before, with another body")
    answer = None if row.answer is None else Answer(row.status, row.answer)
    return Found(answer, row.user_message_id)


def begin(connection: Connection, this: Try, user_message_id: str) -> None:
    _insert(connection, this, user_message_id, None)


def keep(connection: Connection, this: Try, answer: Answer) -> None:
    """Keep the answer of work that is one transaction."""
    _insert(connection, this, None, answer)


def finish(connection: Connection, this: Try, answer: Answer) -> None:
    """Keep the answer of work that was begun before."""
    connection.execute(
        update(first_tries).where(*_same(this)).values(status=answer.status, answer=answer.text)
    )


def _same(this: Try) -> tuple[ColumnElement[bool], ...]:
    return (
        first_tries.c.user_id == this.user_id,
        first_tries.c.key == this.key,
        first_tries.c.operation == this.operation,
        first_tries.c.path == this.path,
    )


def _insert(
    connection: Connection, this: Try, user_message_id: str | None, answer: Answer | None
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
