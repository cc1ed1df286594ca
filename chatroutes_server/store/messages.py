"""Messages: an update keeps the previous version, and a deleted message keeps its row."""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from operator import itemgetter
from typing import Any, NamedTuple

import sqlalchemy as sa
from sqlalchemy import ColumnElement, Connection, Row, bindparam

from chatroutes_server.errors import NotFoundError
from chatroutes_server.json_encoding import Json
from chatroutes_server.store import conversations, message_rows
from chatroutes_server.store.branches import NO_LIMIT, lineage
from chatroutes_server.store.page import ALL, Page
from chatroutes_server.store.schema import message_versions, messages
from chatroutes_server.timestamps import now

_CONTEXT_COLUMNS = [
    messages.c[name] for name in ("id", "branch_id", "role", "content", "token_count")
]
_JSON_COLUMNS = [messages.c.id, (messages.c.tree_json + messages.c.rest_json).label("json")]

# SQLAlchemy takes longer to build a statement than SQLite to execute it, so each is built once.
_insert = sa.insert(messages).returning(messages)
_select = sa.select(messages).where(
    messages.c.id == bindparam("message_id"), messages.c.deleted_at.is_(None)
)


def _select_visible(*columns: ColumnElement[Any]) -> sa.Select[*tuple[Any, ...]]:
    line = lineage(bindparam("branch_id"))
    return (
        sa.select(messages.c.seq, *columns)
        .join(line, messages.c.branch_id == line.c.id)
        .where(
            messages.c.seq <= line.c.max_seq,
            messages.c.seq.between(bindparam("min_seq"), bindparam("max_seq")),
            messages.c.deleted_at.is_(None),
        )
    )


_select_context = _select_visible(*_CONTEXT_COLUMNS)
_select_json = _select_visible(*_JSON_COLUMNS)


def _select_lineage() -> sa.Select[*tuple[Any, ...]]:
    line = lineage(bindparam("branch_id"))
    newer = line.c.max_seq > bindparam("after")
    return sa.select(line.c.id, line.c.max_seq).where(newer).order_by(line.c.max_seq)


_select_ancestors = _select_lineage()
_select_own_json = (
    sa.select(messages.c.seq, *_JSON_COLUMNS)
    .where(
        messages.c.branch_id == bindparam("branch_id"),
        messages.c.seq.between(bindparam("min_seq"), bindparam("max_seq")),
        messages.c.deleted_at.is_(None),
    )
    .order_by(messages.c.seq)
    .limit(bindparam("count"))
)


def _select_last_visible() -> sa.Select[*tuple[Any, ...]]:
    line = lineage(bindparam("branch_id"))
    # The newest number of each ancestor is read from the index, and not all of its messages.
    newest_seq = (
        sa.select(messages.c.seq)
        .where(
            messages.c.branch_id == line.c.id,
            messages.c.seq <= line.c.max_seq,
            messages.c.seq < bindparam("before"),
            messages.c.deleted_at.is_(None),
        )
        .order_by(messages.c.seq.desc())
        .limit(1)
        .correlate(line)
        .scalar_subquery()
    )
    seq = sa.select(sa.func.max(newest_seq)).select_from(line).scalar_subquery()
    return sa.select(messages).where(messages.c.seq == seq)


_last_visible = _select_last_visible()


def create(
    connection: Connection,
    branch: Row[Any],
    role: str,
    content: str,
    *,
    message_id: str | None = None,
    metadata: Mapping[str, Any] | None = None,
) -> Row[Any]:
    """Append a message to the branch."""
    values = message_rows.new_values(
        branch.id, branch.conversation_id, role, content, metadata, message_id
    )
    row = connection.execute(_insert, values).one()
    conversations.mark_updated(connection, branch.conversation_id)
    return row


def find(connection: Connection, message_id: str) -> Row[Any] | None:
    return connection.execute(_select, {"message_id": message_id}).first()


def get(connection: Connection, message_id: str) -> Row[Any]:
    row = find(connection, message_id)
    if row is None:
        raise NotFoundError(f"messageId: message {message_id} does not exist")
    return row


def get_in_conversation(
    connection: Connection, conversation_id: str, message_id: str, field: str
) -> Row[Any]:
    """Return a message on any branch of the conversation.

    `field` is the field of the request that holds the message id.
    """
    row = find(connection, message_id)
    if row is None or row.conversation_id != conversation_id:
        raise NotFoundError(f"{field}: message {message_id} does not exist in this conversation")
    return row


def list_visible(
    connection: Connection, branch_id: str, max_seq: int = NO_LIMIT
) -> Sequence[Row[Any]]:
    """Return the messages visible on the branch, up to a message number, oldest first."""
    return _list_visible(connection, _select_context, branch_id, 0, max_seq)


def list_visible_json(
    connection: Connection, branch_id: str, page: Page = ALL
) -> tuple[Sequence[str], int | None]:
    """Return a page of the messages visible on the branch, oldest first, as JSON without the braces.

    The second value is the number of the last message on the page, if another page follows.
    """
    if page.count is None:
        rows = _list_visible(connection, _select_json, branch_id, page.after, NO_LIMIT)
    else:
        rows = _list_visible_page(connection, branch_id, page.after, page.count)
    rows, next_seq = page.cut(rows)
    parent_id = _find_parent_id(connection, branch_id, page.after + 1) if page.after else None
    _, ids, texts = zip(*rows, strict=True) if rows else ((), (), ())
    return list(map(message_rows.join_json, texts, [parent_id, *ids])), next_seq


def _list_visible(
    connection: Connection,
    query: sa.Select[*tuple[Any, ...]],
    branch_id: str,
    after: int,
    max_seq: int,
) -> Sequence[Row[Any]]:
    parameters = {"branch_id": branch_id, "min_seq": after + 1, "max_seq": max_seq}
    # Sorting in Python is faster: SQLite would copy all the texts into its sorter.
    return sorted(connection.execute(query, parameters).all(), key=itemgetter(0))


def _list_visible_page(
    connection: Connection, branch_id: str, after: int, count: int
) -> Sequence[Row[Any]]:
    """Return the first messages after a number.

    All messages of a branch are newer than its fork point. So the ancestors are read one after the
    other, each from the index, and no message is read that is not on the page.
    """
    ancestors = connection.execute(_select_ancestors, {"branch_id": branch_id, "after": after})
    rows: list[Row[Any]] = []
    for ancestor_id, last_seq in ancestors.all():
        parameters = {
            "branch_id": ancestor_id,
            "min_seq": after + 1,
            "max_seq": last_seq,
            "count": count - len(rows),
        }
        rows += connection.execute(_select_own_json, parameters).all()
        if len(rows) == count:
            break
    return rows


def find_last_visible(
    connection: Connection, branch_id: str, before: int = NO_LIMIT
) -> Row[Any] | None:
    """Return the newest message visible on the branch with a number below `before`."""
    return connection.execute(_last_visible, {"branch_id": branch_id, "before": before}).first()


def to_payload(connection: Connection, row: Row[Any]) -> Json:
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
    # One row per branch: one row per message would take twice as long. The index is named because
    # its order is the order in which `group_concat` joins the messages.
    rows = connection.execute(
        sa.select(
            messages.c.branch_id,
            sa.func.json_group_array(messages.c.seq).label("seqs"),
            sa.func.json_group_array(messages.c.id).label("ids"),
            sa.func.group_concat(messages.c.tree_json, separator).label("joined_json"),
        )
        .with_hint(messages, "INDEXED BY messages_by_conversation", "sqlite")
        .where(messages.c.conversation_id == conversation_id, messages.c.deleted_at.is_(None))
        .group_by(messages.c.branch_id)
    ).all()
    return {
        row.branch_id: OwnMessages(json.loads(row.seqs), json.loads(row.ids), row.joined_json)
        for row in rows
    }


def update_content(connection: Connection, message_id: str, content: str) -> Row[Any]:
    """Replace the content of a message and keep the previous version."""
    previous = get(connection, message_id)
    connection.execute(
        sa.insert(message_versions).values(
            message_id=previous.id,
            content=previous.content,
            content_hash=previous.content_hash,
            token_count=previous.token_count,
            replaced_at=now(),
        )
    )
    row = connection.execute(
        sa.update(messages)
        .where(messages.c.id == message_id)
        .values(message_rows.with_content(previous, content))
        .returning(messages)
    ).one()
    conversations.mark_updated(connection, previous.conversation_id)
    return row


def delete(connection: Connection, message_id: str) -> None:
    row = get(connection, message_id)
    connection.execute(
        sa.update(messages).where(messages.c.id == message_id).values(deleted_at=now())
    )
    conversations.mark_updated(connection, row.conversation_id)
