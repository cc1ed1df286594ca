"""The tables of the database.

Times are integer milliseconds since 1970 in UTC. Deleted branches and messages keep their rows.
Message numbers (`seq`) are never reused, so a later message always has a greater number.
To change the tables, add a migration: see `migrations.py`.

The names in braces differ between the engines: `serial` is an increasing number that is never reused,
`rowid` a unique number, and `fork_key` a key on a table that is created later.
"""

from __future__ import annotations

from collections.abc import Mapping

APPLICATION_ID = 0x43527473  # "CRts", in the header of every database of this server
SCHEMA_VERSION = 5

SCHEMA = """
CREATE TABLE api_keys (
    key_hash TEXT NOT NULL,
    user_id TEXT NOT NULL,
    created_at {integer} NOT NULL,
    PRIMARY KEY (key_hash)
);

-- The API key that the server generated, in one row. It is stored as it is, because each start prints it.
CREATE TABLE generated_keys (
    api_key TEXT NOT NULL,
    created_at {integer} NOT NULL,
    PRIMARY KEY (api_key)
);

CREATE TABLE conversations (
    id TEXT NOT NULL,
    user_id TEXT NOT NULL,
    title TEXT NOT NULL,
    model TEXT NOT NULL,
    system_prompt TEXT,
    temperature FLOAT,
    max_tokens {integer},
    created_at {integer} NOT NULL,
    updated_at {integer} NOT NULL,
    PRIMARY KEY (id)
);
CREATE INDEX conversations_by_change ON conversations (user_id, updated_at, id);

CREATE TABLE branches (
    seq {serial},
    id TEXT NOT NULL,
    conversation_id TEXT NOT NULL,
    parent_branch_id TEXT,
    fork_seq {integer},
    title TEXT NOT NULL,
    description TEXT,
    context_mode TEXT NOT NULL,
    is_main BOOLEAN NOT NULL,
    is_active BOOLEAN NOT NULL,
    created_at {integer} NOT NULL,
    updated_at {integer} NOT NULL,
    deleted_at {integer},
    UNIQUE (id),
    FOREIGN KEY(conversation_id) REFERENCES conversations (id) ON DELETE CASCADE,
    FOREIGN KEY(parent_branch_id) REFERENCES branches (id){fork_key}
);
CREATE INDEX ix_branches_conversation_id ON branches (conversation_id);
CREATE INDEX ix_branches_parent_branch_id ON branches (parent_branch_id);
CREATE INDEX ix_branches_fork_seq ON branches (fork_seq);

-- `tree_json` and `rest_json` are the fields of a tree node and the other fields, as JSON without the braces.
CREATE TABLE messages (
    seq {serial},
    id TEXT NOT NULL,
    conversation_id TEXT NOT NULL,
    branch_id TEXT NOT NULL,
    role TEXT NOT NULL,
    content TEXT NOT NULL,
    content_hash TEXT NOT NULL,
    token_count {integer} NOT NULL,
    metadata TEXT,
    created_at {integer} NOT NULL,
    deleted_at {integer},
    tree_json TEXT NOT NULL,
    rest_json TEXT NOT NULL,
    UNIQUE (id),
    FOREIGN KEY(conversation_id) REFERENCES conversations (id) ON DELETE CASCADE,
    FOREIGN KEY(branch_id) REFERENCES branches (id)
);
CREATE INDEX messages_by_branch ON messages (branch_id, seq);
CREATE INDEX messages_by_conversation ON messages (conversation_id, deleted_at, branch_id, seq);

CREATE TABLE checkpoints (
    seq {serial},
    id TEXT NOT NULL,
    conversation_id TEXT NOT NULL,
    branch_id TEXT NOT NULL,
    anchor_seq {integer} NOT NULL,
    summary TEXT NOT NULL,
    token_count {integer} NOT NULL,
    created_at {integer} NOT NULL,
    UNIQUE (id),
    FOREIGN KEY(conversation_id) REFERENCES conversations (id) ON DELETE CASCADE,
    FOREIGN KEY(branch_id) REFERENCES branches (id),
    FOREIGN KEY(anchor_seq) REFERENCES messages (seq)
);
CREATE INDEX ix_checkpoints_conversation_id ON checkpoints (conversation_id);
CREATE INDEX ix_checkpoints_branch_id ON checkpoints (branch_id);
CREATE INDEX ix_checkpoints_anchor_seq ON checkpoints (anchor_seq);

CREATE TABLE message_versions (
    seq {rowid},
    message_id TEXT NOT NULL,
    content TEXT NOT NULL,
    content_hash TEXT NOT NULL,
    token_count {integer} NOT NULL,
    replaced_at {integer} NOT NULL,
    PRIMARY KEY (seq),
    FOREIGN KEY(message_id) REFERENCES messages (id) ON DELETE CASCADE
);
CREATE INDEX ix_message_versions_message_id ON message_versions (message_id);

-- One row for each POST request with an Idempotency-Key. A row without a response has been started.
CREATE TABLE idempotency_keys (
    user_id TEXT NOT NULL,
    "key" TEXT NOT NULL,
    operation TEXT NOT NULL,
    path TEXT NOT NULL,
    body_hash TEXT NOT NULL,
    user_message_id TEXT,
    status {integer},
    response_body TEXT,
    chunk_lengths TEXT,
    created_at {integer} NOT NULL,
    PRIMARY KEY (user_id, "key", operation, path)
);
CREATE INDEX ix_idempotency_keys_user_message_id ON idempotency_keys (user_message_id);
CREATE INDEX ix_idempotency_keys_created_at ON idempotency_keys (created_at);

-- One row for each reply that is being generated. A row without a running process is left by a crash.
CREATE TABLE pending_replies (
    user_message_id TEXT NOT NULL,
    reply_id TEXT NOT NULL,
    user_id TEXT NOT NULL,
    model TEXT NOT NULL,
    temperature FLOAT,
    max_tokens {integer},
    PRIMARY KEY (user_message_id),
    FOREIGN KEY(user_message_id) REFERENCES messages (id) ON DELETE CASCADE
)
"""


def statements(types: Mapping[str, str]) -> list[str]:
    """Return the statements that create the tables, with the types of an engine.

    The schema has no semicolon but those between the statements.
    """
    return [statement.strip() for statement in SCHEMA.format_map(types).split(";")]
