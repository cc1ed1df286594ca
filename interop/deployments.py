"""The local server as other deployments answer: as a later release may, and in either dialect alone.

It hands requests on, and alters what comes back. A later release puts into every object a field of which the
contract knows nothing, null into optional fields that were left out, and new values where the contract
lists known ones. A dialect alone lacks what is the other's. A client that lives by the contract sees
no difference.
"""

from __future__ import annotations

import json
from collections.abc import Callable, Generator, Sequence
from contextlib import contextmanager
from http.client import HTTPConnection
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from threading import Thread
from typing import Any, cast
from urllib.parse import urlsplit

Json = dict[str, Any]
Alteration = Callable[[Json], Json]

# By a field that only such objects have.
NULLS = {
    "contentHash": ("branchId", "metadata", "tokenCount"),
    "isMain": ("parentBranchId", "forkPointMessageId", "description"),
    "userId": ("systemPrompt", "temperature", "maxTokens"),
    "children": ("branchInfo",),
}
NEW_VALUES = {"contextMode": "EVERYTHING", "finishReason": "tired", "role": "narrator"}


def later(value: Json) -> Json:
    """Give an answer's JSON as a later release may send it."""
    altered = {name: NEW_VALUES.get(name, _later(each)) for name, each in value.items()}
    for mark, names in NULLS.items():
        if mark in altered:
            altered = dict.fromkeys(names) | altered
    return {"addedLater": {"to": ["every", "object"]}} | altered


def _later(value: object) -> object:
    if isinstance(value, list):
        return [_later(each) for each in cast("list[object]", value)]
    return later(cast("Json", value)) if isinstance(value, dict) else value


def documented(value: Json) -> Json:
    """Give an answer's JSON in the documented dialect alone."""
    return _alone(
        value,
        reply=("userMessage", "assistantMessage"),
        page=("success", "data"),
        chunk=("id", "model", "created", "choices"),
    )


def compact(value: Json) -> Json:
    """Give an answer's JSON in the compact dialect alone."""
    return _alone(
        value,
        reply=("message", "usage", "model"),
        page=("success", "conversations", "total", "page", "limit", "hasNext"),
        chunk=("type", "content", "message", "usage", "model"),
    )


def _alone(value: Json, *, reply: Sequence[str], page: Sequence[str], chunk: Sequence[str]) -> Json:
    """Leave these fields of what the dialects say differently."""
    if "choices" in value:
        return _only(chunk, value)
    if "conversations" in value:
        return _only(page, value)
    data = value.get("data", {})
    return value | {"data": _only(reply, data)} if "userMessage" in data else value


def _only(names: Sequence[str], value: Json) -> Json:
    return {name: value[name] for name in names if name in value}


ALTERATIONS: Sequence[Alteration] = (later, documented, compact)


def altered_line(line: bytes, alter: Alteration) -> bytes:
    """Give a line of an event stream with its object altered."""
    name, _, data = line.partition(b": ")
    if name != b"data" or not data.startswith(b"{"):
        return line
    return b"data: " + json.dumps(alter(json.loads(data))).encode() + b"\n"


class _Handler(BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"
    behind: str
    """The server that answers, as host and port."""
    alter: Alteration

    def _pass_on(self) -> None:
        body = self.rfile.read(int(self.headers.get("Content-Length", 0)))
        asked = {
            name: value
            for name, value in self.headers.items()
            if name.lower() in ("authorization", "content-type", "idempotency-key")
        }
        connection = HTTPConnection(self.behind, timeout=30)
        try:
            connection.request(self.command, self.path, body, asked)
            answer = connection.getresponse()
            content_type = answer.headers["Content-Type"]
            self.send_response(answer.status)
            self.send_header("Content-Type", content_type)
            self.send_header("Connection", "close")  # which is how the end of the body is known
            self.end_headers()
            if content_type.startswith("text/event-stream"):
                for line in answer:
                    self.wfile.write(altered_line(line, self.alter))
            else:
                self.wfile.write(json.dumps(self.alter(json.load(answer))).encode())
        finally:
            connection.close()

    do_GET = do_POST = do_PATCH = do_DELETE = _pass_on  # noqa: N815  named by http.server

    def log_message(self, format: str, *arguments: object) -> None:
        """Keep quiet."""


@contextmanager
def deployment(base_url: str, alter: Alteration) -> Generator[str, None, None]:
    """Give the base URL of a deployment, for as long as the block lasts.

    Args:
        base_url: That of the server behind it.
        alter: What it makes of each object that comes back.
    """
    parts = urlsplit(base_url)
    fields = {"behind": parts.netloc, "alter": staticmethod(alter)}
    server = ThreadingHTTPServer(("127.0.0.1", 0), type("Handler", (_Handler,), fields))
    thread = Thread(target=server.serve_forever, name="deployment")
    thread.start()
    try:
        yield f"http://127.0.0.1:{server.server_port}{parts.path}"
    finally:
        server.shutdown()
        thread.join()
        server.server_close()
