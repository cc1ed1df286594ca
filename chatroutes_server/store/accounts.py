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

from sqlalchemy import Connection, bindparam, insert, select

from chatroutes_server.api_keys import new_key
from chatroutes_server.errors import NotFoundError
from chatroutes_server.store.schema import (
    api_keys,
    branches,
    checkpoints,
    conversations,
    generated_keys,
    messages,
)
from chatroutes_server.timestamps import now

LOCAL_USER = "user_local"


def hash_key(key: str) -> str:
    # Slow, salted hashes protect secrets that can be guessed. Generated keys have 256 random bits,
    # and keys are hashed at every request.
    return hashlib.sha256(key.encode()).hexdigest()


def register_keys(connection: Connection, keys: Sequence[str]) -> dict[str, str]:
    """Create the accounts of new keys, and return the account of each key by the key's hash."""
    hashes = [hash_key(key) for key in keys]
    rows = connection.execute(
        select(api_keys.c.key_hash, api_keys.c.user_id).where(api_keys.c.key_hash.in_(hashes))
    )
    accounts = {row.key_hash: row.user_id for row in rows}
    for key_hash in hashes:
        if key_hash in accounts:
            continue
        is_local = key_hash == hashes[0] and LOCAL_USER not in accounts.values()
        accounts[key_hash] = LOCAL_USER if is_local else f"user_{key_hash[:24]}"
        connection.execute(
            insert(api_keys).values(key_hash=key_hash, user_id=accounts[key_hash], created_at=now())
        )
    return accounts


def find_generated_key(connection: Connection) -> str | None:
    """Return the generated API key of this database, or None if there is none yet."""
    key: str | None = connection.execute(select(generated_keys.c.api_key)).scalar()
    return key


def get_or_create_generated_key(connection: Connection) -> str:
    """Return the generated API key of this database. The first call generates it."""
    key = find_generated_key(connection)
    if key is None:
        key = new_key()
        connection.execute(insert(generated_keys).values(api_key=key, created_at=now()))
    return key


# The owner of the object that each path parameter names.
OWNER_QUERIES = {
    "conversationId": select(conversations.c.user_id).where(conversations.c.id == bindparam("id")),
    "branchId": select(conversations.c.user_id)
    .join(branches, branches.c.conversation_id == conversations.c.id)
    .where(branches.c.id == bindparam("id")),
    "messageId": select(conversations.c.user_id)
    .join(messages, messages.c.conversation_id == conversations.c.id)
    .where(messages.c.id == bindparam("id")),
    "checkpointId": select(conversations.c.user_id)
    .join(checkpoints, checkpoints.c.conversation_id == conversations.c.id)
    .where(checkpoints.c.id == bindparam("id")),
}


def require_owner(connection: Connection, user_id: str, path_params: Mapping[str, str]) -> None:
    """Check that all objects that a path names belong to the account.

    Raises:
        NotFoundError: If an object does not exist or belongs to another account.
    """
    for name, value in path_params.items():
        owner = connection.execute(OWNER_QUERIES[name], {"id": value}).scalar()
        if owner != user_id:
            raise NotFoundError(f"{name}: {name.removesuffix('Id')} {value} does not exist")
