"""What is stored of a message: its columns, and the JSON that they are answered as.

The JSON is written once, with the row, and again when the content changes: so thousands of messages
are answered by joining texts. It is in two parts, since a tree shows the first part only.
"""

from __future__ import annotations

import hashlib
from collections.abc import Mapping
from typing import Any

from sqlalchemy import Row

from chatroutes_server.api import serializers
from chatroutes_server.ids import new_id
from chatroutes_server.store.schema import messages
from chatroutes_server.timestamps import now
from chatroutes_server.tokens import count_tokens

Values = dict[str, Any]


def compose(
    branch_id: str,
    conversation_id: str,
    role: str,
    content: str,
    metadata: Mapping[str, Any] | None,
    message_id: str | None = None,
) -> Values:
    """Give all columns of a new message."""
    return _with_json(
        {
            "id": message_id or new_id("msg"),
            "conversation_id": conversation_id,
            "branch_id": branch_id,
            "role": role,
            "metadata": None if metadata is None else serializers.dump(metadata),
            "created_at": now(),
            **_measures(content),
        }
    )


def recompose(row: Row[Any], content: str) -> Values:
    """Give all columns of a message with another content."""
    kept = {column.key: getattr(row, column.key) for column in messages.c}
    return _with_json({**kept, **_measures(content)})


def _measures(content: str) -> Values:
    return {
        "content": content,
        "content_hash": hashlib.sha256(content.encode()).hexdigest(),
        "token_count": count_tokens(content),
    }


def _with_json(values: Values) -> Values:
    shown_in_tree, rest = serializers.message_parts(values)
    return {**values, "tree_json": shown_in_tree, "rest_json": rest}
