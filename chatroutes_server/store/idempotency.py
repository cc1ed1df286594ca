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

from chatroutes_server.errors import IdempotencyKeyReusedError
from chatroutes_server.store.connection import Connection, assignments, insert_into
from chatroutes_server.timestamps import now

KEY_LIFETIME = 24 * 60 * 60 * 1000  # milliseconds
DELETE_BATCH_SIZE = 500

SCOPE = ("user_id", "key", "operation", "path")
MATCHES = " AND ".join(f"{column} = :{column}" for column in SCOPE)
REQUEST_COLUMNS = (*SCOPE, "body_hash", "created_at")
RESPONSE_COLUMNS = ("status", "response_body", "chunk_lengths")
INSERT_STARTED = insert_into("idempotency_keys", (*REQUEST_COLUMNS, "user_message_id"))
INSERT_COMPLETED = insert_into("idempotency_keys", (*REQUEST_COLUMNS, *RESPONSE_COLUMNS))
SELECT = f"SELECT * FROM idempotency_keys WHERE {MATCHES}"
SELECT_BY_MESSAGE = "SELECT * FROM idempotency_keys WHERE user_message_id = :user_message_id"
UPDATE = f"UPDATE idempotency_keys SET {assignments(RESPONSE_COLUMNS)} WHERE {MATCHES}"
SET_MESSAGE = """
    UPDATE idempotency_keys SET user_message_id = :new_id WHERE user_message_id = :old_id
    """
DELETE = f"DELETE FROM idempotency_keys WHERE {MATCHES}"
DELETE_EXPIRED = f"""
    DELETE FROM idempotency_keys WHERE ({", ".join(SCOPE)}) IN (
        SELECT {", ".join(SCOPE)} FROM idempotency_keys WHERE created_at <= :expired LIMIT :count
    )
    """


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
    row = connection.fetch_one(SELECT, _scope(request))
    if row is None:
        return None
    if row.created_at <= now() - KEY_LIFETIME:
        if not read_only:
            connection.execute(DELETE, _scope(request))
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
    row = connection.fetch_one(SELECT_BY_MESSAGE, {"user_message_id": user_message_id})
    if row is None:
        return None
    return IdempotentRequest(row.user_id, row.key, row.operation, row.path, row.body_hash)


def change_message(connection: Connection, old_id: str, new_id: str) -> None:
    """Replace the id of a user's message in its record."""
    connection.execute(SET_MESSAGE, {"old_id": old_id, "new_id": new_id})


def start(connection: Connection, request: IdempotentRequest, user_message_id: str) -> None:
    """Store the key of a request whose response follows in another transaction."""
    values = {**_request_values(request), "user_message_id": user_message_id}
    connection.execute(INSERT_STARTED, values)


def complete(connection: Connection, request: IdempotentRequest, response: StoredResponse) -> None:
    """Store the response of a request that was recorded by `start`."""
    connection.execute(UPDATE, {**_scope(request), **_response_values(response)})


def save(connection: Connection, request: IdempotentRequest, response: StoredResponse) -> None:
    """Store the key and the response of a request that runs in one transaction."""
    values = {**_request_values(request), **_response_values(response)}
    connection.execute(INSERT_COMPLETED, values)


def delete_expired(connection: Connection) -> int:
    """Delete a batch of expired keys, and return how many were deleted."""
    expired = now() - KEY_LIFETIME
    return connection.execute(DELETE_EXPIRED, {"expired": expired, "count": DELETE_BATCH_SIZE})


def _scope(request: IdempotentRequest) -> dict[str, str]:
    return dict(zip(SCOPE, request.scoped_key, strict=True))


def _request_values(request: IdempotentRequest) -> dict[str, int | str]:
    return {**_scope(request), "body_hash": request.body_hash, "created_at": now()}


def _response_values(response: StoredResponse) -> dict[str, int | str | None]:
    lengths = response.chunk_lengths
    return {
        "status": response.status,
        "response_body": response.body,
        "chunk_lengths": None if lengths is None else json.dumps(lengths),
    }
