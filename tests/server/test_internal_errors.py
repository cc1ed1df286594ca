"""Failures inside the server: the response is the error envelope, and the log has the reason."""

from __future__ import annotations

import logging
import sqlite3
from contextlib import closing
from pathlib import Path
from typing import Any

import httpx
import pytest
from starlette.exceptions import HTTPException

from chatroutes_server import Fault, Faults, LocalServer, StartupError
from tests.support.server_api import Api, assert_error_envelope, post_with_key
from tests.support.server_events import parse_events
from tests.support.upstream_server import FakeUpstream, Handler


def drop_table(database: Path, table: str) -> None:
    with closing(sqlite3.connect(database)) as connection:
        connection.execute("PRAGMA foreign_keys = OFF")
        connection.execute(f"DROP TABLE {table}")
        connection.commit()


class BrokenFaults(Faults):
    """Raises an exception in the middleware that uses it."""

    def __init__(self, error: Exception) -> None:
        super().__init__()
        self._error = error

    def take(self, operation: str) -> Fault | None:
        raise self._error


def assert_internal_error(response: Any, log: pytest.LogCaptureFixture, reason: str) -> None:
    """Check the response and the log of a server that has stopped: it logs after it has responded."""
    body = assert_error_envelope(response, 500, "INTERNAL_ERROR")
    request_id = response.headers["x-request-id"]
    assert request_id in body["message"]
    assert reason not in response.text
    (record,) = log.records
    assert record.levelno == logging.ERROR
    assert request_id in record.message
    assert record.exc_info is not None
    assert reason in str(record.exc_info[1])


@pytest.mark.parametrize(
    ("method", "path", "body", "table"),
    [
        ("GET", "/conversations/{}", None, "messages"),
        ("PATCH", "/conversations/{}", {"title": "x"}, "conversations"),
        ("POST", "/conversations/{}/branches", {"title": "x"}, "branches"),
        ("POST", "/conversations/{}/messages", {"content": "x"}, "pending_replies"),
        ("POST", "/conversations/{}/messages/stream", {"content": "x"}, "pending_replies"),
    ],
)
def test_exception_in_an_endpoint_returns_the_error_envelope(
    tmp_path: Path,
    caplog: pytest.LogCaptureFixture,
    method: str,
    path: str,
    body: Any,
    table: str,
) -> None:
    database = tmp_path / "broken.db"
    with LocalServer(database=database) as server, Api(server) as api:
        conversation_id = api.conversation()
        drop_table(database, table)

        response = api.http.request(method, path.format(conversation_id), json=body)

        assert api.http.get("/models").is_success
    assert_internal_error(response, caplog, f"no such table: {table}")


def test_texts_of_users_are_not_logged(tmp_path: Path, caplog: pytest.LogCaptureFixture) -> None:
    database = tmp_path / "broken.db"
    with LocalServer(database=database) as server, Api(server) as api:
        drop_table(database, "conversations")

        api.http.post("/conversations", json={"title": "my private text"})

    assert "no such table: conversations" in caplog.text
    assert "private" not in caplog.text


def corrupt_pages(database: Path) -> None:
    """Overwrite all pages but the first, without a change of the size."""
    with database.open("r+b") as file:
        page_size = int.from_bytes(file.read(18)[16:], "big")
        file.seek(page_size)
        file.write(b"\xff" * (database.stat().st_size - page_size))


def test_corrupt_database_returns_the_error_envelope(
    tmp_path: Path, caplog: pytest.LogCaptureFixture
) -> None:
    database = tmp_path / "broken.db"
    server = LocalServer(database=database)
    with server, Api(server) as api:
        conversation_id = api.conversation()
        message_id = api.send(conversation_id, "hello")["message"]["id"]
        branch_id = api.branch(conversation_id, "Aside", message_id)["id"]
    path = f"/conversations/{conversation_id}"
    anchor = {"branchId": branch_id, "anchorMessageId": message_id}
    requests: list[tuple[str, str, Any]] = [
        ("GET", "/conversations", None),
        ("POST", "/conversations", {"title": "x"}),
        ("GET", path, None),
        ("PATCH", path, {"title": "x"}),
        ("DELETE", path, None),
        ("GET", f"{path}/tree", None),
        ("GET", f"{path}/messages", None),
        ("POST", f"{path}/messages", {"content": "x"}),
        ("POST", f"{path}/messages/stream", {"content": "x"}),
        ("PATCH", f"/messages/{message_id}", {"content": "x"}),
        ("GET", f"{path}/branches", None),
        ("POST", f"{path}/branches/{branch_id}/merge", None),
        ("GET", f"{path}/checkpoints", None),
        ("POST", f"{path}/checkpoints", anchor),
    ]

    responses: list[httpx.Response] = []
    with server, Api(server) as api:
        corrupt_pages(database)
        for method, url, body in requests:
            headers = {"Idempotency-Key": "key"} if method == "POST" else {}
            responses.append(api.http.request(method, url, json=body, headers=headers))

    for response in responses:
        body = assert_error_envelope(response, 500, "INTERNAL_ERROR")
        request_id = response.headers["x-request-id"]
        assert request_id in body["message"]
        (record,) = [each for each in caplog.records if request_id in each.getMessage()]
        assert "malformed" in str(record.exc_info)
    assert len([each for each in caplog.records if each.exc_info]) == len(responses)


@pytest.mark.parametrize("operation", ["messages", "messages/stream"])
@pytest.mark.parametrize("table", ["pending_replies", "idempotency_keys", "messages"])
def test_exception_while_a_reply_is_stored_is_an_internal_error(
    tmp_path: Path,
    upstream: FakeUpstream,
    caplog: pytest.LogCaptureFixture,
    operation: str,
    table: str,
) -> None:
    database = tmp_path / "broken.db"

    def break_and_complete(handler: Handler) -> None:
        handler.start_response()
        handler.send_text("Hello")
        drop_table(database, table)
        handler.send_text("", "stop")
        handler.send_event("[DONE]")

    upstream.behaviour = break_and_complete
    server = LocalServer(database=database, upstreams=[f"llama={upstream.url}"])
    with server, Api(server) as api:
        path = f"/conversations/{api.conversation()}/{operation}"
        response = post_with_key(api, path, {"content": "hello", "model": "llama"}, "key")

    if operation == "messages":
        assert_internal_error(response, caplog, f"no such table: {table}")
    else:
        kind, error = parse_events(response.text)[-1]
        assert (kind, error["error"]) == ("error", "INTERNAL_ERROR")
        assert response.headers["x-request-id"] in error["message"]
        assert response.headers["x-request-id"] in caplog.messages[0]


def test_exception_in_a_middleware_returns_the_error_envelope(
    caplog: pytest.LogCaptureFixture,
) -> None:
    server = LocalServer(rate_limit="60/minute")
    server.faults = BrokenFaults(RuntimeError("broken middleware"))
    with server, Api(server) as api:
        response = api.http.get("/models")

        assert api.http.get("/nothing").status_code == 404
    assert_internal_error(response, caplog, "broken middleware")


def test_http_exception_of_starlette_returns_the_error_envelope() -> None:
    server = LocalServer()
    server.faults = BrokenFaults(HTTPException(418, "short and stout"))
    with server, Api(server) as api:
        body = assert_error_envelope(api.http.get("/models"), 418, "IM_A_TEAPOT")

    assert body["message"] == "short and stout"


def test_exception_at_the_start_is_a_startup_error(
    tmp_path: Path, caplog: pytest.LogCaptureFixture
) -> None:
    database = tmp_path / "broken.db"
    with LocalServer(database=database):
        pass
    drop_table(database, "pending_replies")

    with pytest.raises(StartupError, match="cannot start; the log has the reason"):
        LocalServer(database=database).__enter__()

    (record,) = [each for each in caplog.records if each.name == "chatroutes_server"]
    assert record.exc_info is not None
    assert "no such table: pending_replies" in str(record.exc_info[1])
