"""The local server as a later release may answer: with what today's contract does not know.

It hands requests on, and puts into every object of an answer a field of which the contract knows nothing,
null into optional fields that were left out, and new values where the contract lists known ones. A
client that lives by the contract sees no difference.
"""

from __future__ import annotations

import json
from collections.abc import Generator
from contextlib import contextmanager
from http.client import HTTPConnection
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from threading import Thread
from typing import Any, cast
from urllib.parse import urlsplit

Json = dict[str, Any]

# By a field that only such objects have.
NULLS = {
    "contentHash": ("branchId", "metadata", "tokenCount"),
    "isMain": ("parentBranchId", "forkPointMessageId", "description"),
    "userId": ("systemPrompt", "temperature", "maxTokens"),
    "children": ("branchInfo",),
}
NEW_VALUES = {"contextMode": "EVERYTHING", "finishReason": "tired", "role": "narrator"}


def altered(value: object) -> Any:
    """Give an answer's JSON as a later release may send it."""
    if isinstance(value, list):
        return [altered(each) for each in cast("list[object]", value)]
    if not isinstance(value, dict):
        return value
    known = cast("Json", value)
    later: Json = {name: NEW_VALUES.get(name, altered(each)) for name, each in known.items()}
    for mark, names in NULLS.items():
        if mark in later:
            later = dict.fromkeys(names) | later
    return {"addedLater": {"to": ["every", "object"]}} | later


def altered_line(line: bytes) -> bytes:
    """Give a line of an event stream likewise."""
    name, _, data = line.partition(b": ")
    if name != b"data" or not data.startswith(b"{"):
        return line
    return b"data: " + json.dumps(altered(json.loads(data))).encode() + b"\n"


class _Handler(BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"
    behind: str
    """The server that answers, as host and port."""

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
                    self.wfile.write(altered_line(line))
            else:
                self.wfile.write(json.dumps(altered(json.load(answer))).encode())
        finally:
            connection.close()

    do_GET = do_POST = do_PATCH = do_DELETE = _pass_on  # noqa: N815  named by http.server

    def log_message(self, format: str, *arguments: object) -> None:
        """Keep quiet."""


@contextmanager
def later_release(base_url: str) -> Generator[str, None, None]:
    """Give the base URL of a later release of the server at `base_url`, for as long as the block lasts."""
    parts = urlsplit(base_url)
    handler = type("Handler", (_Handler,), {"behind": parts.netloc})
    server = ThreadingHTTPServer(("127.0.0.1", 0), handler)
    thread = Thread(target=server.serve_forever, name="later-release")
    thread.start()
    try:
        yield f"http://127.0.0.1:{server.server_port}{parts.path}"
    finally:
        server.shutdown()
        thread.join()
        server.server_close()
