"""Idempotency keys: a repeated request returns the stored response.

A POST request may carry an `Idempotency-Key`. The scope of a key is the account, the operation and
the path. The hash of the body is stored with the key, and the same key with another body is a
conflict.

An operation that runs in one transaction stores its response in this transaction. Sending a message
takes two transactions, because the user's message is committed before the reply is generated.
Between them the record has no response and refers to the user's message. A retry, even after a
crash, then continues with this message instead of storing it twice.

Errors are not stored: they change nothing, and a retry may succeed.

A key expires after a day. `find` ignores expired keys, so their deletion is not urgent:
`delete_expired` deletes small batches, each in its own transaction, to keep the writer free.
"""

from __future__ import annotations

import json
from dataclasses import dataclass

import sqlalchemy as sa
from sqlalchemy import ColumnElement, Connection, bindparam

from chatroutes_server.errors import IdempotencyKeyReusedError
from chatroutes_server.store.schema import idempotency_keys
from chatroutes_server.timestamps import now

KEY_LIFETIME = 24 * 60 * 60 * 1000  # milliseconds
DELETE_BATCH_SIZE = 500

_rowid: ColumnElement[int] = sa.literal_column("idempotency_keys.rowid", sa.Integer)
_matches = sa.and_(
    *(
        idempotency_keys.c[name] == bindparam(f"of_{name}")
        for name in ("user_id", "key", "operation", "path")
    )
)
_select = sa.select(idempotency_keys).where(_matches)
_insert = sa.insert(idempotency_keys)
_update = sa.update(idempotency_keys).where(_matches)
_delete = sa.delete(idempotency_keys).where(_matches)


@dataclass(frozen=True)
class IdempotentRequest:
    """A request with an idempotency key."""

    user_id: str
    key: str
    operation: str
    path: str
    body_hash: str

    @property
    def scoped_key(self) -> tuple[str, str, str, str]:
        """The key with its scope."""
        return self.user_id, self.key, self.operation, self.path

    def require_same_body(self, body_hash: str) -> None:
        """Raise IdempotencyKeyReusedError if an earlier request with this key had another body."""
        if body_hash != self.body_hash:
            raise IdempotencyKeyReusedError(
                "Idempotency-Key: this key was already used with a different body"
            )


@dataclass(frozen=True)
class StoredResponse:
    """The status and the JSON body of a response.

    `chunk_lengths` are the lengths of the chunks of a streamed reply. They are None if the chunks
    are the words of the reply. `replayed` is whether the response was read from the database.
    """

    status: int
    body: str
    chunk_lengths: list[int] | None = None
    replayed: bool = False


@dataclass(frozen=True)
class IdempotencyRecord:
    """The stored response of an earlier request, or the user's message that it stored."""

    response: StoredResponse | None
    user_message_id: str | None


def find(
    connection: Connection, request: IdempotentRequest, *, read_only: bool = False
) -> IdempotencyRecord | None:
    """Return the record of an earlier request with the same key, and delete an expired one.

    With `read_only`, an expired record is ignored.
    """
    row = connection.execute(_select, _scope(request)).first()
    if row is None:
        return None
    if row.created_at <= now() - KEY_LIFETIME:
        if not read_only:
            connection.execute(_delete, _scope(request))
        return None
    request.require_same_body(row.body_hash)
    if row.response_body is None:
        return IdempotencyRecord(None, row.user_message_id)
    chunk_lengths = None if row.chunk_lengths is None else json.loads(row.chunk_lengths)
    response = StoredResponse(row.status, row.response_body, chunk_lengths, replayed=True)
    return IdempotencyRecord(response, row.user_message_id)


def find_response(connection: Connection, request: IdempotentRequest) -> StoredResponse | None:
    record = find(connection, request)
    return None if record is None else record.response


def find_by_message(connection: Connection, user_message_id: str) -> IdempotentRequest | None:
    """Return the request that stored this user's message, if it had a key."""
    row = connection.execute(
        sa.select(idempotency_keys).where(idempotency_keys.c.user_message_id == user_message_id)
    ).first()
    if row is None:
        return None
    return IdempotentRequest(row.user_id, row.key, row.operation, row.path, row.body_hash)


def change_message(connection: Connection, old_id: str, new_id: str) -> None:
    """Let the record of a user's message refer to its copy."""
    connection.execute(
        sa.update(idempotency_keys)
        .where(idempotency_keys.c.user_message_id == old_id)
        .values(user_message_id=new_id)
    )


def start(connection: Connection, request: IdempotentRequest, user_message_id: str) -> None:
    """Store the key of a request whose response follows in another transaction."""
    connection.execute(_insert, {**_request_values(request), "user_message_id": user_message_id})


def complete(connection: Connection, request: IdempotentRequest, response: StoredResponse) -> None:
    """Store the response of a request that was recorded by `start`."""
    connection.execute(_update, {**_scope(request), **_response_values(response)})


def save(connection: Connection, request: IdempotentRequest, response: StoredResponse) -> None:
    """Store the key and the response of a request that runs in one transaction."""
    connection.execute(_insert, {**_request_values(request), **_response_values(response)})


def delete_expired(connection: Connection) -> int:
    """Delete a batch of expired keys, and return how many were deleted."""
    expired = sa.select(_rowid).where(idempotency_keys.c.created_at <= now() - KEY_LIFETIME)
    result = connection.execute(
        sa.delete(idempotency_keys).where(_rowid.in_(expired.limit(DELETE_BATCH_SIZE)))
    )
    return result.rowcount


def _scope(request: IdempotentRequest) -> dict[str, str]:
    """Return the parameters of `_matches`."""
    return {
        "of_user_id": request.user_id,
        "of_key": request.key,
        "of_operation": request.operation,
        "of_path": request.path,
    }


def _request_values(request: IdempotentRequest) -> dict[str, int | str]:
    return {
        "user_id": request.user_id,
        "key": request.key,
        "operation": request.operation,
        "path": request.path,
        "body_hash": request.body_hash,
        "created_at": now(),
    }


def _response_values(response: StoredResponse) -> dict[str, int | str | None]:
    lengths = response.chunk_lengths
    return {
        "status": response.status,
        "response_body": response.body,
        "chunk_lengths": None if lengths is None else json.dumps(lengths),
    }
