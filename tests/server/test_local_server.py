"""LocalServer: a server in a Python program."""

from __future__ import annotations

import asyncio
import contextlib
import re
import socket
import subprocess
import sys
import threading
from pathlib import Path
from urllib.parse import urlsplit

import httpx
import pytest

from chatroutes_server import LocalServer, StartupError
from tests.support.server_api import Api


def test_base_url_and_generated_api_key() -> None:
    with LocalServer() as server:
        assert re.fullmatch(r"http://127\.0\.0\.1:\d+/api/v1", server.base_url)
        assert re.fullmatch(r"cr_local_sk_[0-9a-f]{64}", server.api_key)


def test_given_key_and_port_are_used() -> None:
    with LocalServer() as first:
        port = urlsplit(first.base_url).port
    assert port is not None

    with LocalServer(api_key="my-key", port=port) as server, Api(server) as api:
        assert urlsplit(server.base_url).port == port
        assert api.http.headers["authorization"] == "ApiKey my-key"
        assert api.conversation()


def test_exit_removes_threads_files_and_sockets(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("tempfile.tempdir", str(tmp_path))
    threads = set(threading.enumerate())

    with LocalServer() as server, Api(server) as api:
        api.conversation()
        address = urlsplit(server.base_url)
        assert list(tmp_path.iterdir())

    # The worker threads of anyio end a moment after the event loop.
    remaining = set(threading.enumerate()) - threads
    for thread in remaining:
        thread.join(timeout=60)
    assert not any(thread.is_alive() for thread in remaining), remaining
    assert list(tmp_path.iterdir()) == []
    with pytest.raises(ConnectionRefusedError):
        socket.create_connection((address.hostname, address.port))
    with pytest.raises(RuntimeError):
        _ = server.base_url


def test_stops_with_idle_connections_and_incomplete_requests() -> None:
    with LocalServer() as server:
        address = urlsplit(server.base_url)
        idle = httpx.Client(verify=False)
        idle.get(server.base_url)
        silent = socket.create_connection((address.hostname, address.port), timeout=60)
        incomplete = socket.create_connection((address.hostname, address.port), timeout=60)
        incomplete.sendall(b"POST /api/v1/conversations HTTP/1.1\r\nHost: localhost\r\nContent-")
    idle.close()
    with silent, incomplete:
        with contextlib.suppress(ConnectionResetError):  # if it was not accepted yet
            assert silent.recv(1) == b""
        with contextlib.suppress(ConnectionResetError):  # if the server did not read what was sent
            assert incomplete.recv(1) == b""


def test_stops_without_log_messages_if_a_client_does_not_read_its_stream(
    caplog: pytest.LogCaptureFixture,
) -> None:
    with LocalServer() as server, Api(server) as api:
        address = urlsplit(server.base_url)
        path = f"{address.path}/conversations/{api.conversation()}/messages/stream"
        body = b'{"content":"' + b"word " * 50_000 + b'"}'
        head = (
            f"POST {path} HTTP/1.1\r\nHost: localhost\r\nX-API-Key: {server.api_key}\r\n"
            f"Content-Type: application/json\r\nContent-Length: {len(body)}\r\n\r\n"
        )
        connection = socket.create_connection((address.hostname, address.port))
        connection.sendall(head.encode() + body)
        assert connection.recv(12) == b"HTTP/1.1 200"
    connection.close()
    assert caplog.messages == []


def test_server_can_be_restarted() -> None:
    server = LocalServer()
    for _ in range(2):
        with server, Api(server) as api:
            assert api.conversation()


def test_start_and_stop_are_idempotent_and_can_be_repeated() -> None:
    server = LocalServer(replies=["one", "two"])
    server.stop()
    for reply in ("one", "two"):
        assert server.start() is server
        base_url = server.base_url
        server.start()
        assert server.base_url == base_url
        with Api(server) as api:
            assert api.send(api.conversation(), "hello")["message"]["content"] == reply
        server.stop()
        server.stop()
        with pytest.raises(RuntimeError, match="the server is not running"):
            _ = server.base_url


def test_server_starts_and_stops_in_a_running_event_loop() -> None:
    async def send() -> str:
        server = LocalServer(replies="from a notebook").start()
        try:
            async with httpx.AsyncClient(
                base_url=server.base_url, headers={"X-API-Key": server.api_key}, verify=False
            ) as client:
                created = await client.post("/conversations", json={"title": "T"})
                conversation_id = created.json()["data"]["conversation"]["id"]
                path = f"/conversations/{conversation_id}/messages"
                sent = await client.post(path, json={"content": "hello"})
        finally:
            server.stop()
        return sent.json()["data"]["message"]["content"]

    assert asyncio.run(send()) == "from a notebook"


def test_concurrent_servers_share_nothing() -> None:
    with LocalServer() as first, LocalServer() as second, Api(first) as api, Api(second) as other:
        conversation_id = api.conversation()

        assert first.base_url != second.base_url
        assert other.error("GET", f"/conversations/{conversation_id}")[0] == 404
        headers = {"X-API-Key": first.api_key}
        response = httpx.get(f"{second.base_url}/conversations", headers=headers)
        assert response.status_code == 401


def test_generated_key_belongs_to_the_database(tmp_path: Path) -> None:
    database = tmp_path / "kept.db"
    server = LocalServer(database=database)
    with pytest.raises(RuntimeError, match="the API key is in the database"):
        _ = server.api_key
    with server, Api(server) as api:
        conversation_id = api.conversation()

    with LocalServer(database=database) as again, Api(again) as api:
        assert again.api_key == server.api_key
        assert api.messages(conversation_id) == []
    with LocalServer(database=tmp_path / "other.db") as other:
        assert other.api_key != server.api_key


def test_two_servers_that_open_a_new_database_share_its_key(tmp_path: Path) -> None:
    with (
        LocalServer(database=tmp_path / "x.db") as first,
        LocalServer(database=tmp_path / "x.db") as second,
    ):
        assert first.api_key == second.api_key


def test_database_keeps_its_data_with_another_key(tmp_path: Path) -> None:
    database = tmp_path / "kept.db"
    with LocalServer(database=database) as first, Api(first) as api:
        conversation_id = api.conversation()
        sent = api.send(conversation_id, "one")
        branch = api.branch(conversation_id, "Aside")

    with LocalServer(database=str(database), api_key="other") as second, Api(second) as api:
        assert api.messages(conversation_id) == [sent["userMessage"], sent["message"]]
        listed = api.data("GET", f"/conversations/{conversation_id}/branches")["branches"]
        assert listed[1] == branch


def test_two_servers_can_use_one_database(tmp_path: Path) -> None:
    database = tmp_path / "shared.db"
    with (
        LocalServer(database=database) as first,
        LocalServer(database=database) as second,
        Api(first) as api,
        Api(second) as other,
    ):
        conversation_id = api.conversation()
        for each in (api, other, api, other):
            each.send(conversation_id, "hello")

        assert api.messages(conversation_id) == other.messages(conversation_id)
        assert len(api.messages(conversation_id)) == 8


def test_port_in_use_raises() -> None:
    with LocalServer() as server:
        port = urlsplit(server.base_url).port
        assert port is not None
        with pytest.raises(StartupError, match=f"cannot listen on 127.0.0.1:{port}"):
            LocalServer(port=port).__enter__()


@pytest.mark.parametrize("key", ["", "two words", "schlüssel", "line\nbreak"])
def test_invalid_api_key_raises(key: str) -> None:
    with pytest.raises(StartupError, match="API key"):
        LocalServer(api_key=key).__enter__()


@pytest.mark.parametrize("delay", [-1, float("nan"), float("inf")])
def test_invalid_word_delay_raises(delay: float) -> None:
    with pytest.raises(StartupError, match="word delay"):
        LocalServer(word_delay=delay).__enter__()


def test_import_does_not_import_the_web_framework() -> None:
    code = (
        "import sys, chatroutes_server; from chatroutes_server import LocalServer; LocalServer();"
        "print({'starlette', 'uvicorn', 'sqlalchemy', 'jsonschema_rs', 'yaml'} & set(sys.modules))"
    )

    result = subprocess.run(
        [sys.executable, "-c", code], capture_output=True, text=True, check=True
    )

    assert result.stdout == "set()\n"
