"""Conversations of the command line tool `llm`: its SQLite database, `logs.db`.

Older releases log rows of `responses`, which follow each other in a conversation. From 0.32, `llm` logs
`turns` of `threads`, over a tree of `messages`: a thread that was forked from another is a branch of
its conversation here. The file is opened for reading only.
"""

from __future__ import annotations

import json
import os
import sqlite3
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from contextlib import closing
from functools import partial
from pathlib import Path
from typing import Any, Final, cast

from ..exports import ConversationExport
from ._errors import ImportFileError
from ._llm_tables import (
    FAMILY,
    FAMILY_TURNS,
    FRAGMENTS,
    OWN_COLUMNS,
    RESPONSE_COLUMNS,
    RESPONSE_ROWS,
    THREAD_MESSAGES,
    TURN_COLUMNS,
)
from ._nodes import Json, Node, as_list, as_object, build_export, format_time, make_title

SOURCE: Final = "llm"


def iter_conversations(
    path: str | os.PathLike[str],
) -> Iterator[tuple[str, ConversationExport | ImportFileError]]:
    """Yield the name of each conversation, and its document or the `ImportFileError` that it has.

    Raises:
        ImportFileError: If the file is not a log of `llm`.
    """
    name = Path(path).name
    uri = Path(path).absolute().as_uri() + "?mode=ro"
    try:
        with closing(sqlite3.connect(uri, uri=True)) as connection:
            connection.row_factory = sqlite3.Row
            connection.text_factory = _decode
            yield from _LogReader(connection, name).iter_conversations()
    # UnicodeDecodeError: the message of an error of SQLite quotes a damaged file.
    except (sqlite3.Error, UnicodeDecodeError) as error:
        raise ImportFileError(f"cannot read the SQLite database: {error}", name) from error


def _decode(data: bytes) -> str:
    return data.decode("utf-8", "replace")


class _LogReader:
    def __init__(self, connection: sqlite3.Connection, name: str) -> None:
        self._connection = connection
        self._name = name
        self._tables = {
            row[0]
            for row in self._rows("SELECT name FROM sqlite_master WHERE type IN ('table', 'view')")
        }

    def iter_conversations(self) -> Iterator[tuple[str, ConversationExport | ImportFileError]]:
        """Yield the conversations of the new and of the old tables."""
        has_responses = self._has_columns(RESPONSE_COLUMNS)
        has_turns = self._has_columns(TURN_COLUMNS)
        if not has_responses and not has_turns:
            raise ImportFileError(
                "the SQLite database is not a log of llm; expected a table responses, or threads and turns",
                self._name,
            )
        if has_turns:
            yield from self._iter_threads()
        if has_responses:
            yield from self._iter_old_conversations(has_turns)

    def _rows(self, statement: str, *parameters: Any) -> list[sqlite3.Row]:
        return self._connection.execute(statement, parameters).fetchall()

    def _has_columns(self, expected: Mapping[str, set[str]]) -> bool:
        statement = "SELECT name FROM pragma_table_info(?)"
        return all(
            columns <= {row[0] for row in self._rows(statement, table)}
            for table, columns in expected.items()
        )

    def _checked(
        self, conversation_id: Any, build: Callable[[], ConversationExport]
    ) -> tuple[str, ConversationExport | ImportFileError]:
        """Return the result of a function, or its error, with the id of the conversation."""
        name = _text(conversation_id)
        try:
            return name, build()
        except ImportFileError as error:
            return name, ImportFileError(error.message, f"{self._name}, conversation {name}")

    def _iter_old_conversations(
        self, has_turns: bool
    ) -> Iterator[tuple[str, ConversationExport | ImportFileError]]:
        # Some releases logged a response in the old and in the new tables, with the same id.
        new = " AND id NOT IN (SELECT id FROM turns)" if has_turns else ""
        ids = self._rows(
            f"SELECT conversation_id, min(rowid) FROM responses WHERE TRUE{new} "
            "GROUP BY conversation_id ORDER BY 2"
        )
        for conversation_id, _ in ids:
            rows = self._rows(
                f"SELECT rowid, * FROM responses WHERE conversation_id IS ?{new} ORDER BY rowid",
                conversation_id,
            )
            if conversation_id is None:  # each is a conversation of its own
                for row in rows:
                    yield self._checked(row["id"], partial(self._old_export, None, [row]))
                continue
            build = partial(self._old_export, conversation_id, rows)
            yield self._checked(conversation_id, build)

    def _old_export(self, conversation_id: Any, rows: Sequence[sqlite3.Row]) -> ConversationExport:
        conversation: Json = {"id": str(conversation_id or rows[0]["id"])}
        names: list[sqlite3.Row] = []
        if conversation_id is not None and "conversations" in self._tables:
            names = self._rows("SELECT * FROM conversations WHERE id = ?", conversation_id)
        fields = dict(names[0]) if names else {}
        conversation["title"] = make_title(fields.get("name"), _text(rows[0]["prompt"]))
        model = fields.get("model") or rows[0]["model"]
        if isinstance(model, str) and model:
            conversation["model"] = model
        times = [format_time(row["datetime_utc"]) for row in rows]
        _set_times(conversation, times)
        nodes: list[Node] = []
        system = ""
        for number, (row, time) in enumerate(zip(rows, times, strict=True)):
            row_system = self._with_fragments("system_fragments", row, row["system"])
            if row_system and row_system != system:
                system = row_system
                if number == 0:
                    conversation["systemPrompt"] = system
                else:
                    nodes.append(_follow(nodes, f"{number}-system", "system", system, time))
            extras = self._extras(row)
            texts = [self._with_fragments("prompt_fragments", row, row["prompt"])]
            texts += map(_attachment_text, extras.get("attachments", ()))
            prompt = "\n\n".join(filter(None, texts))
            of_question = [name for name in ("attachments", "toolResults") if name in extras]
            question_extras: Json = {name: extras.pop(name) for name in of_question}
            question = _follow(nodes, f"{number}-prompt", "user", prompt, time)
            if question_extras:
                question.metadata["imported"] = {"source": SOURCE, **question_extras}
            nodes.append(question)
            texts = [_text(row["response"])]
            texts += (f"[tool call{_named(each['name'])}]" for each in extras.get("toolCalls", ()))
            text = "\n\n".join(filter(None, texts))
            reply = _follow(nodes, f"{number}-response", "assistant", text, time)
            reply.model = _text(_get(row, "resolved_model") or row["model"]) or None
            reply.token_count = _count(_get(row, "output_tokens"))
            reply.metadata = _reply_metadata(row, extras)
            nodes.append(reply)
        return build_export(conversation, nodes, None)

    def _with_fragments(self, table: str, row: sqlite3.Row, text: Any) -> str:
        parts = [text]
        if {table, "fragments"} <= self._tables:
            fragments = self._rows(FRAGMENTS.format(table=table), row["id"])
            parts = [each["content"] for each in fragments] + parts
        return "\n\n".join(filter(None, map(_text, parts)))

    def _extras(self, row: sqlite3.Row) -> Json:
        """Return the columns and rows of a response for which a message has no field."""
        extras: Json = {
            name: _decoded(value) if name.endswith("_json") else _shown(value)
            for name, value in dict(row).items()
            if name not in OWN_COLUMNS and name != "rowid" and value is not None
        }
        for name, (table, statement) in RESPONSE_ROWS.items():
            if table in self._tables:
                found = [_row_fields(each) for each in self._rows(statement, row["id"])]
                if found:
                    extras[name] = found
        return extras

    def _iter_threads(self) -> Iterator[tuple[str, ConversationExport | ImportFileError]]:
        # First the threads that were not forked from another. A thread whose origin is gone, or whose
        # origins form a cycle, begins a conversation too.
        threads = self._rows(
            "SELECT * FROM threads ORDER BY forked_from IS NOT NULL AND forked_from IN "
            "(SELECT id FROM threads), datetime_utc, id"
        )
        seen: set[Any] = set()
        for thread in threads:
            if thread["id"] not in seen:
                seen.update(row[0] for row in self._rows(FAMILY, thread["id"]))
                yield self._checked(thread["id"], partial(self._thread_export, thread))

    def _thread_export(self, thread: sqlite3.Row) -> ConversationExport:
        turns = {row["tip_message_hash"]: row for row in self._rows(FAMILY_TURNS, thread["id"])}
        rows = self._rows(THREAD_MESSAGES, thread["id"])
        times = _turn_times(turns, {row["hash"]: row["parent_hash"] for row in rows})
        nodes: list[Node] = []
        for row in rows:
            parts = self._rows(
                "SELECT * FROM parts WHERE message_hash = ? ORDER BY position", row["hash"]
            )
            node = self._message_node(row, parts, turns.get(row["hash"]))
            node.created_at = format_time(times.get(row["hash"]))
            nodes.append(node)
        conversation: Json = {"id": str(thread["id"])}
        prompts = (node.content for node in nodes if node.role == "user" and node.content)
        conversation["title"] = make_title(thread["name"], next(prompts, ""))
        models = [turn["model"] for turn in turns.values() if turn["model"]]
        if models:
            conversation["model"] = _text(models[-1])
        started = format_time(_get(thread, "datetime_utc"))
        _set_times(conversation, [started, *(node.created_at for node in nodes)])
        return build_export(conversation, nodes, thread["tip_message_hash"])

    def _message_node(
        self, row: sqlite3.Row, parts: Sequence[sqlite3.Row], turn: sqlite3.Row | None
    ) -> Node:
        kept = [_part_fields(part) for part in parts if part["type"] != "text"]
        text = "\n\n".join(filter(None, (self._part_text(part) for part in parts)))
        role = _text(row["role"])
        shown_role = role if role in ("user", "assistant", "system") else "assistant"
        extras: Json = {"parts": kept} if kept else {}
        if shown_role != role:
            extras["role"] = role
        if row["provider_metadata"]:
            extras["providerMetadata"] = _decoded(row["provider_metadata"])
        node = Node(row["hash"], row["parent_hash"], shown_role, text)
        if turn is None:
            node.metadata = {"imported": {"source": SOURCE, **extras}} if extras else {}
            return node
        node.model = _text(turn["resolved_model"] or turn["model"]) or None
        node.token_count = _count(turn["output_tokens"])
        for name in ("options_json", "token_details", "schema_id", "response_json"):
            value = _get(turn, name)
            if value is not None:
                extras[name] = _decoded(value)
        node.metadata = _reply_metadata(turn, extras)
        return node

    def _part_text(self, part: sqlite3.Row) -> str:
        if part["type"] == "attachment" and "attachments" in self._tables:
            attachment = as_object(as_object(_decoded(part["payload"])).get("attachment"))
            found = self._rows(
                "SELECT type, path, url FROM attachments WHERE id = ?", attachment.get("id")
            )
            return _attachment_text(dict(found[0]) if found else {})
        if part["type"] not in ("text", "reasoning", "tool_result"):
            return f"[{_text(part['type']).replace('_', ' ')}{_named(part['tool_name'])}]"
        if part["text"] is not None or not part["payload"]:
            return "" if part["type"] == "reasoning" else _text(part["text"])
        fields = as_object(_decoded(part["payload"]))
        references = fields.get("text_ref")
        if not isinstance(references, list):
            output = fields.get("output", fields.get("text"))
            return output if isinstance(output, str) and part["type"] != "reasoning" else ""
        texts: list[str] = []
        for reference in as_list(references):
            each = as_object(reference)
            if "fragment" in each:
                found = self._rows("SELECT content FROM fragments WHERE id = ?", each["fragment"])
                texts.append(_text(found[0]["content"]) if found else "[fragment is missing]")
            else:
                texts.append(_text(each.get("literal")))
        return "".join(texts)


def _follow(nodes: Sequence[Node], node_id: str, role: str, text: str, time: str | None) -> Node:
    """Return a node that follows the last one."""
    return Node(node_id, nodes[-1].id if nodes else None, role, text, time)


def _attachment_text(attachment: Mapping[str, Any]) -> str:
    name = attachment.get("path") or attachment.get("url") or attachment.get("type")
    return f"[attachment: {_text(name)}]" if name else "[attachment]"


def _turn_times(
    turns: Mapping[str, sqlite3.Row], parents: Mapping[str, str | None]
) -> Mapping[str, Any]:
    """Return the time of each message: that of the first turn that leads to it."""
    times: dict[str, Any] = {}
    for tip, turn in turns.items():
        current: str | None = tip
        while current is not None and current in parents and current not in times:
            times[current] = turn["datetime_utc"]
            current = parents[current]
    return times


def _reply_metadata(row: sqlite3.Row, extras: Json) -> Json:
    metadata: Json = {}
    for name, column in (("responseTime", "duration_ms"), ("prompt_tokens", "input_tokens")):
        count = _count(_get(row, column))
        if count is not None:
            metadata[name] = count
    return {**metadata, "imported": {"source": SOURCE, "id": _text(row["id"]), **extras}}


def _set_times(conversation: Json, times: Iterable[str | None]) -> None:
    known = sorted(time for time in times if time is not None)
    if known:
        conversation |= {"createdAt": known[0], "updatedAt": known[-1]}


def _part_fields(part: sqlite3.Row) -> Json:
    fields = _row_fields(part)
    fields.pop("message_hash", None)
    fields.pop("id", None)
    if "payload" in fields:
        fields["payload"] = _decoded(fields["payload"])
    return fields


def _row_fields(row: sqlite3.Row) -> Json:
    return {name: _shown(value) for name, value in dict(row).items() if value is not None}


def _get(row: sqlite3.Row, column: str) -> Any:
    return cast("Mapping[str, Any]", dict(row)).get(column)


def _shown(value: Any) -> Any:
    return f"{len(value)} bytes" if isinstance(value, bytes) else value


def _decoded(value: Any) -> Any:
    try:
        return json.loads(value)
    except (ValueError, TypeError, RecursionError):
        return _shown(value)


def _named(name: Any) -> str:
    return f" {name}" if name else ""


def _text(value: Any) -> str:
    if isinstance(value, bytes):
        return _decode(value)
    return "" if value is None else str(value)


def _count(value: Any) -> int | None:
    return value if isinstance(value, int) and value >= 0 else None
