"""A local server that has the conversation and the message that the examples of the documents name."""

from __future__ import annotations

import sqlite3
from collections.abc import Iterator
from contextlib import closing, contextmanager
from pathlib import Path

from chatroutes import ChatRoutes
from chatroutes_server import LocalServer

CONVERSATION_ID = "conv_123"
MESSAGE_ID = "msg_456"


@contextmanager
def run_seeded_server(folder: Path, api_key: str) -> Iterator[LocalServer]:
    """Run a server with a conversation of one message and its reply, and close it."""
    database = folder / "chatroutes.db"
    with LocalServer(api_key=api_key, database=database) as server:
        with ChatRoutes(api_key, server.base_url) as client:
            conversation = client.conversations.create({"title": "An older one"})
            client.messages.send(conversation["id"], {"content": "Hi"})
            [message, _] = client.messages.list(conversation["id"])
        # Foreign keys are off by default.
        with closing(sqlite3.connect(database)) as file, file:
            ids = {"new": CONVERSATION_ID, "old": conversation["id"]}
            file.execute("UPDATE conversations SET id = :new WHERE id = :old", ids)
            for table in ("branches", "messages"):
                file.execute(
                    f"UPDATE {table} SET conversation_id = :new WHERE conversation_id = :old",
                    ids,
                )
            message_ids = {"new": MESSAGE_ID, "old": message["id"]}
            file.execute("UPDATE messages SET id = :new WHERE id = :old", message_ids)
        yield server
