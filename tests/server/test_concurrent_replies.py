"""Two processes that write the reply to one message: one reply is stored, and nobody is told of another."""

from __future__ import annotations

import threading
from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace
from pathlib import Path
from typing import Any

import httpx

from chatroutes_server import LocalServer
from chatroutes_server.generation.store import (
    GenerationRequest,
    PreparedGeneration,
    prepare_generation,
    store_reply,
)
from chatroutes_server.llm.builtin import BuiltinModel
from chatroutes_server.llm.registry import ModelRegistry
from chatroutes_server.store import conversations, messages
from chatroutes_server.store.accounts import LOCAL_USER
from chatroutes_server.store.database import Database
from tests.support.server_api import Api
from tests.support.upstream_server import FakeUpstream, Handler


def test_a_reply_that_two_processes_finish_is_stored_once(tmp_path: Path) -> None:
    catalogue = ModelRegistry(BuiltinModel(), [], False)
    one, other = Database(tmp_path / "shared.db"), Database(tmp_path / "shared.db")

    def opened(database: Database, ask: GenerationRequest) -> PreparedGeneration:
        opening = database.write_sync(
            lambda connection: prepare_generation(connection, ask, catalogue)
        )
        assert isinstance(opening, PreparedGeneration)
        return opening

    def closed(database: Database, opening: PreparedGeneration, text: str) -> Any:
        return database.write_sync(
            lambda connection: store_reply(connection, opening, [text], "stop", 1)
        )

    try:
        conversation_id = one.write_sync(
            lambda connection: conversations.create(
                connection, LOCAL_USER, {"title": "x", "model": "builtin"}
            )
        )
        ask = GenerationRequest(LOCAL_USER, conversation_id, None, "hello")
        begun = opened(one, ask)
        taken_up = opened(other, replace(ask, user_message_id=begun.user_message_id))
        first = closed(one, begun, "from one")
        second = closed(other, taken_up, "from the other")
        seen = one.write_sync(lambda connection: messages.list_visible(connection, begun.branch_id))
    finally:
        one.close()
        other.close()

    assert first["message"]["content"] == "from one"
    assert second["message"] == first["message"]
    assert [row.content for row in seen] == ["hello", "from one"]


def test_a_reply_that_another_process_began_anew_is_not_stored(tmp_path: Path) -> None:
    released = [threading.Event(), threading.Event()]

    def speak_when_released(handler: Handler) -> None:
        number = len(upstream.requests) - 1
        handler.start_response()
        handler.send_text(f"reply {number}")
        assert released[number].wait(20)
        handler.send_text("", "stop")
        handler.send_event("[DONE]")

    with FakeUpstream() as upstream:
        upstream.behaviour = speak_when_released
        named = [f"llama={upstream.url}"]
        database = tmp_path / "shared.db"
        with (
            LocalServer(database=database, upstreams=named) as one,
            LocalServer(database=database, upstreams=named) as other,
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
                begun = pool.submit(send, first)
                assert upstream.request_received.wait(20)
                upstream.request_received.clear()
                begun_anew = pool.submit(send, second)
                assert upstream.request_received.wait(20)
                released[0].set()
                refused = begun.result().json()
            finally:
                for each in released:
                    each.set()
            answered = begun_anew.result().json()["data"]
            stored = first.messages(conversation_id)

    assert refused["error"] == "CONFLICT"
    assert "another process on this database" in refused["message"]
    assert answered["message"]["content"] == "reply 1"
    assert stored == [answered["userMessage"], answered["message"]]
