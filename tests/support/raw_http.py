"""HTTP on a plain socket, byte by byte, and a server with options that LocalServer does not have."""

from __future__ import annotations

import json
import socket
import threading
from collections.abc import Iterator
from concurrent.futures import Future
from contextlib import closing, contextmanager, suppress
from http.client import HTTPResponse
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

from chatroutes_server.config import ServerConfig
from chatroutes_server.server import create_server
from chatroutes_server.store.database import Database

API_KEY = "k"


@contextmanager
def run_server(folder: Path, **options: Any) -> Iterator[str]:
    """Run a server with these options of `ServerConfig`. The result is its base URL."""
    ready: Future[str] = Future()
    with closing(Database(folder / "raw.db", temporary=True)) as database:
        server = create_server(
            database, ServerConfig(api_keys=[API_KEY], **options), ready.set_result
        )
        thread = threading.Thread(target=server.run)
        thread.start()
        try:
            yield ready.result(timeout=60)
        finally:
            server.stop()
            thread.join()


def connect(base_url: str) -> socket.socket:
    address = urlsplit(base_url)
    return socket.create_connection((address.hostname, address.port), timeout=60)


def request_head(method: str, path: str, *headers: str, key: str = API_KEY) -> bytes:
    """Return the request line and the headers. A path below the base URL starts with a slash."""
    target = f"/api/v1{path}" if path.startswith("/") else path
    lines = [f"{method} {target} HTTP/1.1", "Host: localhost", f"X-API-Key: {key}", *headers]
    return "\r\n".join([*lines, "", ""]).encode()


def read_response(connection: socket.socket) -> tuple[HTTPResponse, Any]:
    """Read one response. Return it with its JSON body. The connection stays open."""
    with HTTPResponse(connection) as response:
        response.begin()
        return response, json.load(response)


def read_until_closed(connection: socket.socket) -> bytes:
    """Read until the server closes the connection."""
    received = b""
    with suppress(ConnectionResetError):
        while data := connection.recv(65536):
            received += data
    return received
