"""The tables of the database.

Times are integer milliseconds since 1970 in UTC. Deleted branches and messages keep their rows.
To change the tables, add a migration: see `migrations.py`.
"""

from __future__ import annotations

from sqlalchemy import (
    Boolean,
    Column,
    Float,
    ForeignKey,
    Index,
    Integer,
    MetaData,
    Table,
    Text,
)

APPLICATION_ID = 0x43527473  # "CRts", in the header of every database of this server
SCHEMA_VERSION = 5

metadata = MetaData()

api_keys = Table(
    "api_keys",
    metadata,
    Column("key_hash", Text, primary_key=True),
    Column("user_id", Text, nullable=False),
    Column("created_at", Integer, nullable=False),
)

# The API key that the server generated, in one row. It is stored as it is, because each start prints it.
generated_keys = Table(
    "generated_keys",
    metadata,
    Column("api_key", Text, primary_key=True),
    Column("created_at", Integer, nullable=False),
)

conversations = Table(
    "conversations",
    metadata,
    Column("id", Text, primary_key=True),
    Column("user_id", Text, nullable=False),
    Column("title", Text, nullable=False),
    Column("model", Text, nullable=False),
    Column("system_prompt", Text),
    Column("temperature", Float),
    Column("max_tokens", Integer),
    Column("created_at", Integer, nullable=False),
    Column("updated_at", Integer, nullable=False),
    Index("conversations_by_change", "user_id", "updated_at", "id"),
)

branches = Table(
    "branches",
    metadata,
    Column("seq", Integer, primary_key=True),
    Column("id", Text, nullable=False, unique=True),
    Column(
        "conversation_id",
        Text,
        ForeignKey("conversations.id", ondelete="CASCADE"),
        nullable=False,
        index=True,
    ),
    Column("parent_branch_id", Text, ForeignKey("branches.id"), index=True),
    Column("fork_seq", Integer, ForeignKey("messages.seq"), index=True),
    Column("title", Text, nullable=False),
    Column("description", Text),
    Column("context_mode", Text, nullable=False),
    Column("is_main", Boolean, nullable=False),
    Column("is_active", Boolean, nullable=False),
    Column("created_at", Integer, nullable=False),
    Column("updated_at", Integer, nullable=False),
    Column("deleted_at", Integer),
    sqlite_autoincrement=True,
)

messages = Table(
    "messages",
    metadata,
    # Numbers are never reused, so a later message always has a greater number.
    Column("seq", Integer, primary_key=True),
    Column("id", Text, nullable=False, unique=True),
    Column(
        "conversation_id", Text, ForeignKey("conversations.id", ondelete="CASCADE"), nullable=False
    ),
    Column("branch_id", Text, ForeignKey("branches.id"), nullable=False),
    Column("role", Text, nullable=False),
    Column("content", Text, nullable=False),
    Column("content_hash", Text, nullable=False),
    Column("token_count", Integer, nullable=False),
    Column("metadata", Text),
    Column("created_at", Integer, nullable=False),
    Column("deleted_at", Integer),
    # The fields of a tree node, and the other fields, as JSON without the braces.
    Column("tree_json", Text, nullable=False),
    Column("rest_json", Text, nullable=False),
    Index("messages_by_branch", "branch_id", "seq"),
    Index("messages_by_conversation", "conversation_id", "deleted_at", "branch_id", "seq"),
    sqlite_autoincrement=True,
)

checkpoints = Table(
    "checkpoints",
    metadata,
    Column("seq", Integer, primary_key=True),
    Column("id", Text, nullable=False, unique=True),
    Column(
        "conversation_id",
        Text,
        ForeignKey("conversations.id", ondelete="CASCADE"),
        nullable=False,
        index=True,
    ),
    Column("branch_id", Text, ForeignKey("branches.id"), nullable=False, index=True),
    Column("anchor_seq", Integer, ForeignKey("messages.seq"), nullable=False, index=True),
    Column("summary", Text, nullable=False),
    Column("token_count", Integer, nullable=False),
    Column("created_at", Integer, nullable=False),
    sqlite_autoincrement=True,
)

message_versions = Table(
    "message_versions",
    metadata,
    Column("seq", Integer, primary_key=True),
    Column(
        "message_id",
        Text,
        ForeignKey("messages.id", ondelete="CASCADE"),
        nullable=False,
        index=True,
    ),
    Column("content", Text, nullable=False),
    Column("content_hash", Text, nullable=False),
    Column("token_count", Integer, nullable=False),
    Column("replaced_at", Integer, nullable=False),
)

# One row for each POST request with an Idempotency-Key. A row without a response has been started.
idempotency_keys = Table(
    "idempotency_keys",
    metadata,
    Column("user_id", Text, primary_key=True),
    Column("key", Text, primary_key=True),
    Column("operation", Text, primary_key=True),
    Column("path", Text, primary_key=True),
    Column("body_hash", Text, nullable=False),
    Column("user_message_id", Text, index=True),
    Column("status", Integer),
    Column("response_body", Text),
    Column("chunk_lengths", Text),
    Column("created_at", Integer, nullable=False, index=True),
)

# One row for each reply that is being generated. A row without a running process is left by a crash.
pending_replies = Table(
    "pending_replies",
    metadata,
    Column(
        "user_message_id",
        Text,
        ForeignKey("messages.id", ondelete="CASCADE"),
        primary_key=True,
    ),
    Column("reply_id", Text, nullable=False),
    Column("user_id", Text, nullable=False),
    Column("model", Text, nullable=False),
    Column("temperature", Float),
    Column("max_tokens", Integer),
)
