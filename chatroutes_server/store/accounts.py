"""Whose is what: every key is an account of its own, which sees its own data and no other.

The first key that a server is started with is the person's at this machine: unless the key has an
account already, it gets the local one, so that a server which makes up a new key at each start
still shows what was there before. Every other new key gets an account named by its hash. Once a
key has an account it keeps it, in whichever order keys are given later, and no two keys of one
start share one. Only the keys of this start let anybody in.

Ownership is checked in one place, `api.ownership`, which runs before every endpoint: each id in a
path must belong, through its conversation, to the account of the key. If it does not, the response
is the same as for an id that does not exist. Endpoints look for ids of a body or a query within that
conversation only.
"""

from __future__ import annotations

import hashlib
from collections.abc import Mapping, Sequence

from sqlalchemy import Connection, bindparam, insert, select

from chatroutes_server.errors import NotFoundError
from chatroutes_server.store.schema import (
    api_keys,
    branches,
    checkpoints,
    conversations,
    messages,
)
from chatroutes_server.timestamps import now

LOCAL_USER = "user_local"


def hash_key(key: str) -> str:
    # A slow, salted hash guards secrets that can be guessed. A key is 256 random bits, which nobody
    # guesses at any speed, and it is hashed at every request.
    return hashlib.sha256(key.encode()).hexdigest()


def register(connection: Connection, keys: Sequence[str]) -> dict[str, str]:
    """Give each key its account, the first the local one; returns the accounts by hash of key."""
    hashes = [hash_key(key) for key in keys]
    known = connection.execute(
        select(api_keys.c.key_hash, api_keys.c.user_id).where(api_keys.c.key_hash.in_(hashes))
    )
    accounts = {row.key_hash: row.user_id for row in known}
    for key_hash in hashes:
        if key_hash in accounts:
            continue
        first = key_hash == hashes[0] and LOCAL_USER not in accounts.values()
        accounts[key_hash] = LOCAL_USER if first else f"user_{key_hash[:24]}"
        connection.execute(
            insert(api_keys).values(key_hash=key_hash, user_id=accounts[key_hash], created_at=now())
        )
    return accounts


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
        NotFoundError: If one of them belongs to another account, or does not exist.
    """
    for name, value in path_params.items():
        owner = connection.execute(OWNER_QUERIES[name], {"id": value}).scalar()
        if owner != user_id:
            raise NotFoundError(f"{name}: there is no {name.removesuffix('Id')} {value}")
