"""Messages: an update keeps the previous version, and a deleted message keeps its row."""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from operator import itemgetter
from typing import Any, NamedTuple

from chatroutes_server.errors import NotFoundError
from chatroutes_server.json_encoding import Json
from chatroutes_server.store import conversations, message_rows
from chatroutes_server.store.branches import LINEAGE
from chatroutes_server.store.connection import Connection, Row, insert_into
from chatroutes_server.store.page import ALL, NO_LIMIT, Page
from chatroutes_server.timestamps import now

INSERT = f"{message_rows.INSERT} RETURNING *"
SELECT = "SELECT * FROM messages WHERE id = :message_id AND deleted_at IS NULL"
JSON_COLUMNS = "messages.seq, messages.id, messages.tree_json || messages.rest_json AS json"
VISIBLE = """
    FROM messages JOIN lineage ON messages.branch_id = lineage.id
    WHERE messages.seq <= lineage.max_seq
        AND messages.seq BETWEEN :min_seq AND :max_seq
        AND messages.deleted_at IS NULL
    """
SELECT_VISIBLE = f"""
    {LINEAGE}
    SELECT messages.seq, messages.id, branch_id, role, content, token_count
    {VISIBLE}
    """
SELECT_VISIBLE_JSON = f"{LINEAGE} SELECT {JSON_COLUMNS} {VISIBLE}"
SELECT_LINEAGE = f"""
    {LINEAGE}
    SELECT id, max_seq FROM lineage WHERE max_seq > :after ORDER BY max_seq
    """
SELECT_OWN_JSON = f"""
    SELECT {JSON_COLUMNS}
    FROM messages
    WHERE branch_id = :branch_id AND seq BETWEEN :min_seq AND :max_seq AND deleted_at IS NULL
    ORDER BY seq
    LIMIT :count
    """
# The numbers of a page are read from the index, so that only its messages are sorted with their JSON.
SELECT_ALL_JSON = f"""
    SELECT {JSON_COLUMNS}, branch_id
    FROM messages
    WHERE seq IN (
        SELECT seq FROM messages
        WHERE conversation_id = :conversation_id AND deleted_at IS NULL AND seq > :after
        ORDER BY seq
        LIMIT :count
    )
    ORDER BY seq
    """
# The newest number of each ancestor is read from the index, and not all of its messages.
SELECT_LAST_VISIBLE = f"""
    {LINEAGE}
    SELECT * FROM messages WHERE seq = (
        SELECT max((
            SELECT seq FROM messages
            WHERE branch_id = lineage.id
                AND seq <= lineage.max_seq
                AND seq < :before
                AND deleted_at IS NULL
            ORDER BY seq DESC
            LIMIT 1
        ))
        FROM lineage
    )
    """
INSERT_VERSION = insert_into(
    "message_versions", ("message_id", *message_rows.CONTENT_COLUMNS, "replaced_at")
)
UPDATE_CONTENT = f"{message_rows.UPDATE_CONTENT} RETURNING *"
DELETE = "UPDATE messages SET deleted_at = :deleted_at WHERE id = :message_id"


def create(
    connection: Connection,
    branch: Row,
    role: str,
    content: str,
    *,
    message_id: str | None = None,
    metadata: Mapping[str, Any] | None = None,
) -> Row:
    """Append a message to the branch."""
    values = message_rows.new_values(
        branch.id, branch.conversation_id, role, content, metadata, message_id
    )
    row = connection.fetch_one(INSERT, values)
    assert row is not None
    conversations.mark_updated(connection, branch.conversation_id)
    return row


def find(connection: Connection, message_id: str) -> Row | None:
    return connection.fetch_one(SELECT, {"message_id": message_id})


def get(connection: Connection, message_id: str) -> Row:
    row = find(connection, message_id)
    if row is None:
        raise NotFoundError(f"messageId: message {message_id} does not exist")
    return row


def get_in_conversation(
    connection: Connection, conversation_id: str, message_id: str, field: str
) -> Row:
    """Return a message on any branch of the conversation.

    `field` is the field of the request that holds the message id.
    """
    row = find(connection, message_id)
    if row is None or row.conversation_id != conversation_id:
        raise NotFoundError(f"{field}: message {message_id} does not exist in this conversation")
    return row


def list_visible(connection: Connection, branch_id: str, max_seq: int = NO_LIMIT) -> Sequence[Row]:
    """Return the messages visible on the branch, up to a message number, oldest first."""
    return _list_visible(connection, SELECT_VISIBLE, branch_id, 0, max_seq)


def list_visible_json(
    connection: Connection, branch_id: str, page: Page = ALL
) -> tuple[Sequence[str], int | None]:
    """Return a page of the messages visible on the branch, oldest first, as JSON without the braces.

    The second value is the number of the last message on the page, if another page follows.
    """
    if page.limit is None:
        rows = _list_visible(connection, SELECT_VISIBLE_JSON, branch_id, page.after, NO_LIMIT)
    else:
        rows = _list_visible_page(connection, branch_id, page.after, page.count)
    rows, next_seq = page.cut(rows)
    parent_id = _find_parent_id(connection, branch_id, page.after + 1) if page.after else None
    _, ids, texts = zip(*rows, strict=True) if rows else ((), (), ())
    return list(map(message_rows.join_json, texts, [parent_id, *ids])), next_seq


def list_all_json(
    connection: Connection, conversation_id: str, page: Page
) -> tuple[Sequence[str], int | None]:
    """Return a page of the messages of all branches, oldest first, as JSON without the braces.

    The second value is the number of the last message on the page, if another page follows.
    """
    parameters = {"conversation_id": conversation_id, "after": page.after, "count": page.count}
    rows, next_seq = page.cut(connection.fetch_all(SELECT_ALL_JSON, parameters))
    last_ids: dict[str, str] = {}  # by branch
    texts: list[str] = []
    for seq, message_id, text, branch_id in rows:
        parent_id = last_ids.get(branch_id) or _find_parent_id(connection, branch_id, seq)
        texts.append(message_rows.join_json(text, parent_id))
        last_ids[branch_id] = message_id
    return texts, next_seq


def _list_visible(
    connection: Connection,
    statement: str,
    branch_id: str,
    after: int,
    max_seq: int,
) -> Sequence[Row]:
    parameters = {"branch_id": branch_id, "min_seq": after + 1, "max_seq": max_seq}
    # Sorting in Python is faster: SQLite would copy all the texts into its sorter.
    return sorted(connection.fetch_all(statement, parameters), key=itemgetter(0))


def _list_visible_page(
    connection: Connection, branch_id: str, after: int, count: int
) -> Sequence[Row]:
    """Return the first messages after a number.

    All messages of a branch are newer than its fork point. So the ancestors are read one after the
    other, each from the index, and no message is read that is not on the page.
    """
    parameters: dict[str, Any] = {"branch_id": branch_id, "after": after}
    rows: list[Row] = []
    for ancestor_id, last_seq in connection.fetch_all(SELECT_LINEAGE, parameters):
        parameters = {
            "branch_id": ancestor_id,
            "min_seq": after + 1,
            "max_seq": last_seq,
            "count": count - len(rows),
        }
        rows += connection.fetch_all(SELECT_OWN_JSON, parameters)
        if len(rows) == count:
            break
    return rows


def find_last_visible(connection: Connection, branch_id: str, before: int = NO_LIMIT) -> Row | None:
    """Return the newest message visible on the branch with a number below `before`."""
    parameters = {"branch_id": branch_id, "before": before}
    return connection.fetch_one(SELECT_LAST_VISIBLE, parameters)


def to_payload(connection: Connection, row: Row) -> Json:
    """Return a message as the API shows it."""
    return message_rows.to_payload(row, _find_parent_id(connection, row.branch_id, row.seq))


def _find_parent_id(connection: Connection, branch_id: str, seq: int) -> str | None:
    """Return the id of the message before the one with this number on the branch."""
    row = find_last_visible(connection, branch_id, seq)
    return None if row is None else row.id


class OwnMessages(NamedTuple):
    """The own messages of a branch, oldest first: their numbers and ids, and their joined `tree_json`."""

    seqs: Sequence[int]
    ids: Sequence[str]
    joined_json: str


def list_own_by_branch(
    connection: Connection, conversation_id: str, separator: str
) -> dict[str, OwnMessages]:
    """Return the own messages of each branch that has any, joined by the separator."""
    parameters = {"conversation_id": conversation_id, "separator": separator}
    rows = connection.fetch_all(connection.sql.select_own_messages, parameters)
    return {
        row.branch_id: OwnMessages(json.loads(row.seqs), json.loads(row.ids), row.joined_json)
        for row in rows
    }


def update_content(connection: Connection, message_id: str, content: str) -> Row:
    """Replace the content of a message and keep the previous version."""
    previous = get(connection, message_id)
    version = {column: getattr(previous, column) for column in message_rows.CONTENT_COLUMNS}
    connection.execute(INSERT_VERSION, {"message_id": previous.id, **version, "replaced_at": now()})
    row = connection.fetch_one(UPDATE_CONTENT, message_rows.with_content(previous, content))
    assert row is not None
    conversations.mark_updated(connection, previous.conversation_id)
    return row


def delete(connection: Connection, message_id: str) -> None:
    row = get(connection, message_id)
    connection.execute(DELETE, {"message_id": message_id, "deleted_at": now()})
    conversations.mark_updated(connection, row.conversation_id)
