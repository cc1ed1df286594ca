"""Accounts: each API key has its own account, which sees only its own data.

An account is created when the server starts with a new key. The first key of a start gets the
local account, so that a server that is started with another key still shows the earlier data. If that key already has an account, it keeps it. All other new keys get an account named
after their hash. Two keys of one start never share an account, and the order of the keys does not
change existing accounts. Only the keys of the current start are accepted.

Keys are stored as hashes. The exception is the key that the server generates if it is started
without one: it belongs to the database and is printed at each start. Before it is stored, the file is
made private.

`require_owner` checks the ids in a path, before every endpoint (see `api/ownership.py`): each id
must belong, through its conversation, to the account of the key. Otherwise the response is the same
as for an id that does not exist. Endpoints look up the ids in a body or a query within that
conversation only.
"""

from __future__ import annotations

import hashlib
from collections.abc import Mapping, Sequence

from chatroutes_server.api_keys import new_key
from chatroutes_server.errors import NotFoundError
from chatroutes_server.store.connection import Connection, insert_into
from chatroutes_server.timestamps import now

LOCAL_USER = "user_local"

SELECT_ACCOUNT = "SELECT user_id FROM api_keys WHERE key_hash = :key_hash"
INSERT_KEY = insert_into("api_keys", ("key_hash", "user_id", "created_at"))
SELECT_GENERATED_KEY = "SELECT api_key FROM generated_keys"
INSERT_GENERATED_KEY = insert_into("generated_keys", ("api_key", "created_at"))
# The owner of the object that each path parameter names.
SELECT_OWNER = {
    "conversationId": "SELECT user_id FROM conversations WHERE id = :id",
    **{
        name: f"""
            SELECT conversations.user_id
            FROM {table} JOIN conversations ON conversations.id = {table}.conversation_id
            WHERE {table}.id = :id
            """
        for name, table in (
            ("branchId", "branches"),
            ("messageId", "messages"),
            ("checkpointId", "checkpoints"),
        )
    },
}


def hash_key(key: str) -> str:
    # Slow, salted hashes protect secrets that can be guessed. Generated keys have 256 random bits,
    # and keys are hashed at every request.
    return hashlib.sha256(key.encode()).hexdigest()


def register_keys(connection: Connection, keys: Sequence[str]) -> dict[str, str]:
    """Create the accounts of new keys, and return the account of each key by the key's hash."""
    _lock_accounts(connection)
    hashes = [hash_key(key) for key in keys]
    accounts: dict[str, str] = {}
    for key_hash in hashes:
        user_id = connection.fetch_value(SELECT_ACCOUNT, {"key_hash": key_hash})
        if user_id is not None:
            accounts[key_hash] = user_id
    for key_hash in hashes:
        if key_hash in accounts:
            continue
        is_local = key_hash == hashes[0] and LOCAL_USER not in accounts.values()
        accounts[key_hash] = user_id = LOCAL_USER if is_local else f"user_{key_hash[:24]}"
        values = {"key_hash": key_hash, "user_id": user_id, "created_at": now()}
        connection.execute(INSERT_KEY, values)
    return accounts


def find_generated_key(connection: Connection) -> str | None:
    """Return the generated API key of this database, or None if there is none yet."""
    key: str | None = connection.fetch_value(SELECT_GENERATED_KEY)
    return key


def get_or_create_generated_key(connection: Connection) -> str:
    """Return the generated API key of this database. The first call generates it."""
    _lock_accounts(connection)
    key = find_generated_key(connection)
    if key is None:
        key = new_key()
        connection.execute(INSERT_GENERATED_KEY, {"api_key": key, "created_at": now()})
    return key


def _lock_accounts(connection: Connection) -> None:
    if connection.sql.lock_accounts:
        connection.execute(connection.sql.lock_accounts)


def lock_conversation(connection: Connection, path_params: Mapping[str, str]) -> None:
    """Wait for other transactions that change the conversation of a path, and exclude them.

    Call this before the transaction reads, so that it reads what the others have written.
    """
    if not connection.sql.lock_conversation:
        return
    for name, value in path_params.items():
        statement = f"{SELECT_OWNER[name]} {connection.sql.lock_conversation}"
        connection.fetch_value(statement, {"id": value})


def require_owner(connection: Connection, user_id: str, path_params: Mapping[str, str]) -> None:
    """Check that all objects that a path names belong to the account.

    Raises:
        NotFoundError: If an object does not exist or belongs to another account.
    """
    for name, value in path_params.items():
        owner = connection.fetch_value(SELECT_OWNER[name], {"id": value})
        if owner != user_id:
            raise NotFoundError(f"{name}: {name.removesuffix('Id')} {value} does not exist")
