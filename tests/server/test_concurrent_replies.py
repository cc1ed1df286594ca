"""Two processes that generate the reply to one message: only one reply is stored and returned."""

from __future__ import annotations

import threading
from collections.abc import AsyncIterator
from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace
from pathlib import Path
from typing import Any

import httpx
import pytest

from chatroutes_server import LocalServer
from chatroutes_server.generation.chunk_list import ChunkList
from chatroutes_server.generation.store import (
    GenerationRequest,
    PreparedGeneration,
    prepare_generation,
    store_reply,
)
from chatroutes_server.llm.builtin import BuiltinModel
from chatroutes_server.llm.model import Usage
from chatroutes_server.llm.registry import ModelRegistry
from chatroutes_server.store import conversations, messages
from chatroutes_server.store.accounts import LOCAL_USER
from chatroutes_server.store.database import Database
from tests.support.server_api import Api
from tests.support.upstream_server import FakeUpstream, Handler

pytestmark = pytest.mark.engine


class FinishedReply:
    finish_reason = "stop"
    usage: Usage | None = None
    cost: float | None = None

    async def __aiter__(self) -> AsyncIterator[str]:
        yield ""


def test_reply_finished_by_two_processes_is_stored_once(tmp_path: Path) -> None:
    registry = ModelRegistry(BuiltinModel(), [], False)
    one, other = Database(tmp_path / "shared.db"), Database(tmp_path / "shared.db")

    def prepare(database: Database, request: GenerationRequest) -> PreparedGeneration:
        prepared = database.write_sync(
            lambda connection: prepare_generation(connection, request, registry)
        )
        assert isinstance(prepared, PreparedGeneration)
        return prepared

    def store(database: Database, prepared: PreparedGeneration, text: str) -> Any:
        chunks = ChunkList()
        chunks.append(text)
        return database.write_sync(
            lambda connection: store_reply(connection, prepared, chunks, FinishedReply(), "stop", 1)
        )

    try:
        conversation_id = one.write_sync(
            lambda connection: conversations.create(
                connection, LOCAL_USER, {"title": "x", "model": "builtin"}
            )
        )
        request = GenerationRequest(LOCAL_USER, conversation_id, None, "hello")
        first_prepared = prepare(one, request)
        second_prepared = prepare(
            other, replace(request, user_message_id=first_prepared.user_message_id)
        )
        first = store(one, first_prepared, "from one")
        second = store(other, second_prepared, "from the other")
        visible = one.write_sync(
            lambda connection: messages.list_visible(connection, first_prepared.branch_id)
        )
    finally:
        one.close()
        other.close()

    assert first["message"]["content"] == "from one"
    assert second["message"] == first["message"]
    assert [row.content for row in visible] == ["hello", "from one"]


def test_reply_restarted_by_another_process_is_not_stored(tmp_path: Path) -> None:
    released = [threading.Event(), threading.Event()]

    def reply_when_released(handler: Handler) -> None:
        number = len(upstream.requests) - 1
        handler.start_response()
        handler.send_text(f"reply {number}")
        assert released[number].wait(60)
        handler.send_text("", "stop")
        handler.send_event("[DONE]")

    with FakeUpstream() as upstream:
        upstream.behaviour = reply_when_released
        upstreams = [f"llama={upstream.url}"]
        database = tmp_path / "shared.db"
        with (
            LocalServer(database=database, upstreams=upstreams) as one,
            LocalServer(database=database, upstreams=upstreams) as other,
            Api(one) as first,
            Api(other) as second,
            ThreadPoolExecutor(2) as pool,
        ):
            conversation_id = first.conversation(model="llama")

            def send(api: Api) -> httpx.Response:
                return api.http.post(
                    f"/conversations/{conversation_id}/messages",
                    json={"content": "hello"},
                    headers={"Idempotency-Key": "key"},
                )

            try:
                first_response = pool.submit(send, first)
                assert upstream.request_received.wait(60)
                upstream.request_received.clear()
                second_response = pool.submit(send, second)
                assert upstream.request_received.wait(60)
                released[0].set()
                conflict = first_response.result().json()
            finally:
                for each in released:
                    each.set()
            data = second_response.result().json()["data"]
            stored = first.messages(conversation_id)

    assert conflict["error"] == "CONFLICT"
    assert "another process on this database" in conflict["message"]
    assert data["message"]["content"] == "reply 1"
    assert stored == [data["userMessage"], data["message"]]
