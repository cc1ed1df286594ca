"""Whose is what: every key is an account of its own, which sees its own data and no other.

The first key that a server is started with is the person's at this machine: unless the key has an
account already, it gets the local one, so that a server which makes up a new key at each start
still shows what was there before. Every other new key gets an account named by its hash. Once a
key has an account it keeps it, in whichever order keys are given later, and no two keys of one
start share one. Only the keys of this start let anybody in.

Ownership is decided in one place, on the ids in the path: each must belong, through its
conversation, to the key's account, or it is not there. Ids in a body or a query are looked for
within that conversation only.
"""

from __future__ import annotations

import hashlib
from collections.abc import Mapping, Sequence

from sqlalchemy import Connection, bindparam, insert, select

from chatroutes_server.errors import NotFoundError
from chatroutes_server.store.schema import api_keys, checkpoints, conversations, messages
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


_OWNERS = {
    "conversationId": select(conversations.c.user_id).where(conversations.c.id == bindparam("id")),
    "messageId": select(conversations.c.user_id)
    .join(messages, messages.c.conversation_id == conversations.c.id)
    .where(messages.c.id == bindparam("id")),
    "checkpointId": select(conversations.c.user_id)
    .join(checkpoints, checkpoints.c.conversation_id == conversations.c.id)
    .where(checkpoints.c.id == bindparam("id")),
}


def require_owner(connection: Connection, user_id: str, ids: Mapping[str, str]) -> None:
    """Raise for ids of a path that are not the account's, in the words for what does not exist."""
    for field in _OWNERS.keys() & ids.keys():
        owner = connection.execute(_OWNERS[field], {"id": ids[field]}).scalar()
        if owner != user_id:
            raise NotFoundError(f"{field}: there is no {field.removesuffix('Id')} {ids[field]}")
