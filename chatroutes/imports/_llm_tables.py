"""The tables of the databases of `llm`: their columns, and the statements that read them."""

from __future__ import annotations

from typing import Final

# The columns that are read. Other programs have tables with these names too.
RESPONSE_COLUMNS: Final = {
    "responses": {
        "id",
        "model",
        "prompt",
        "system",
        "response",
        "conversation_id",
        "datetime_utc",
        "duration_ms",
    }
}
TURN_COLUMNS: Final = {
    "turns": {
        "id",
        "thread_id",
        "tip_message_hash",
        "model",
        "resolved_model",
        "output_tokens",
        "datetime_utc",
    },
    "threads": {"id", "name", "tip_message_hash", "forked_from", "datetime_utc"},
    "messages": {"hash", "parent_hash", "role", "provider_metadata"},
    "parts": {"message_hash", "position", "type", "tool_name", "text", "payload"},
}
# Columns of a response that the document has elsewhere, or that repeat other columns.
OWN_COLUMNS: Final = RESPONSE_COLUMNS["responses"] | {
    "input_tokens",
    "output_tokens",
    "prompt_json",
}
# The rows of other tables that belong to a response: the table, and the statement that reads it. A message
# has no field for them.
RESPONSE_ROWS: Final = {
    "attachments": (
        "prompt_attachments",
        """
        SELECT attachments.id, type, path, url, length(content) AS size
        FROM prompt_attachments JOIN attachments ON attachments.id = attachment_id
        WHERE response_id = ? ORDER BY "order"
        """,
    ),
    "toolCalls": (
        "tool_calls",
        "SELECT name, arguments, tool_call_id FROM tool_calls WHERE response_id = ? ORDER BY id",
    ),
    "toolResults": (
        "tool_results",
        "SELECT name, output, tool_call_id FROM tool_results WHERE response_id = ? ORDER BY id",
    ),
}
FRAGMENTS: Final = """
    SELECT content FROM {table} JOIN fragments ON fragments.id = fragment_id
    WHERE response_id = ? ORDER BY "order"
    """
WITH_FAMILY: Final = """
    WITH RECURSIVE family (id) AS (
        SELECT ? UNION SELECT threads.id FROM threads JOIN family ON forked_from = family.id
    )
    """
FAMILY: Final = f"{WITH_FAMILY} SELECT id FROM family"
# The messages of a thread: those that its turns and its own tip lead to.
THREAD_MESSAGES: Final = f"""
    {WITH_FAMILY}, reached (hash) AS (
        SELECT tip_message_hash FROM threads WHERE id IN family
        UNION SELECT tip_message_hash FROM turns WHERE thread_id IN family
        UNION SELECT parent_hash FROM messages JOIN reached USING (hash)
    )
    SELECT messages.* FROM messages JOIN reached USING (hash) ORDER BY messages.rowid
    """
FAMILY_TURNS: Final = f"""
    {WITH_FAMILY}
    SELECT * FROM turns WHERE thread_id IN family ORDER BY datetime_utc, id
    """
