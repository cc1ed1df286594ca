"""A reverse proxy that rewrites the responses of the local server.

The local server sends both dialects at once. The proxy makes it send what other servers may send: one dialect
alone, or the responses of a later release. A client that follows the contract reads all of them.
"""

from __future__ import annotations

import json
from collections.abc import Callable, Generator, Mapping, Sequence
from contextlib import closing, contextmanager
from functools import partial
from http.client import HTTPConnection
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from threading import Thread
from typing import Any
from urllib.parse import urlsplit

import yaml

Json = dict[str, Any]
Rewrite = Callable[[Json], Json]

FORWARDED_HEADERS = ("Authorization", "Content-Type", "Idempotency-Key", "X-API-Key")

# Schemas whose missing fields a later release sends as null, by a field that identifies the object.
SCHEMAS = {
    "children": "TreeNode",
    "contentHash": "Message",
    "finishReason": "MessageMetadata",
    "isMain": "Branch",
    "userId": "Conversation",
}
# Values that the contract does not list, by field.
NEW_VALUES = {"contextMode": "EVERYTHING", "finishReason": "tired", "role": "narrator"}


def nullable_fields(schema: Json) -> list[str]:
    """Return the fields of a schema that may be null."""
    return [
        name
        for name, field in schema["properties"].items()
        if "null" in field.get("type", []) or {"type": "null"} in field.get("oneOf", [])
    ]


CONTRACT = yaml.load(
    (Path(__file__).resolve().parents[1] / "openapi/chatroutes.yaml").read_text("utf-8"),
    getattr(yaml, "CSafeLoader", yaml.SafeLoader),
)
NULL_FIELDS = {
    mark: nullable_fields(CONTRACT["components"]["schemas"][name]) for mark, name in SCHEMAS.items()
}


def later_release(body: Json) -> Json:
    """Add new fields, new values and explicit nulls to every object of a response."""
    rewritten: Json = json.loads(json.dumps(body), object_hook=_extend)
    return rewritten


def _extend(value: Json) -> Json:
    nulls = [name for mark, names in NULL_FIELDS.items() if mark in value for name in names]
    new_values = {name: NEW_VALUES[name] for name in NEW_VALUES.keys() & value.keys()}
    return {"newField": {"in": ["every", "object"]}, **dict.fromkeys(nulls), **value, **new_values}


# The fields that a dialect has of a reply, of a page of conversations, of a tree and of a chunk of a stream.
DOCUMENTED_FIELDS = {
    "reply": ("userMessage", "assistantMessage"),
    "page": ("success", "data"),
    "tree": ("conversation", "tree", "nodes", "metadata"),
    "chunk": ("id", "model", "created", "choices"),
}
COMPACT_FIELDS = {
    "reply": ("message", "usage", "model"),
    "page": ("success", "conversations", "total", "page", "limit", "hasNext"),
    # The compact dialect has no messages in a tree. The clients need the flat form and its metadata.
    "tree": ("conversation", "nodes", "metadata", "branches", "mainBranch"),
    "chunk": ("type", "content", "message", "usage", "model"),
}


def one_dialect(fields: Mapping[str, Sequence[str]], body: Json) -> Json:
    """Remove from a response the fields that a dialect does not have."""
    if "choices" in body:
        return _pick(fields["chunk"], body)
    if "conversations" in body:
        return _pick(fields["page"], body)
    data = body.get("data", {})
    if "mainBranch" in data:
        return {**body, "data": _pick(fields["tree"], data)}
    return {**body, "data": _pick(fields["reply"], data)} if "userMessage" in data else body


def _pick(names: Sequence[str], value: Json) -> Json:
    return {name: value[name] for name in names if name in value}


REWRITES: dict[str, Rewrite] = {
    "documented dialect": partial(one_dialect, DOCUMENTED_FIELDS),
    "compact dialect": partial(one_dialect, COMPACT_FIELDS),
    "later release": later_release,
}


def rewrite_line(line: bytes, rewrite: Rewrite) -> bytes:
    """Rewrite the object in a line of an event stream, if there is one."""
    field, _, data = line.partition(b": ")
    if field != b"data" or not data.startswith(b"{"):
        return line
    return b"data: " + json.dumps(rewrite(json.loads(data))).encode() + b"\n"


@contextmanager
def rewriting_proxy(base_url: str, rewrite: Rewrite) -> Generator[str, None, None]:
    """Run a proxy for the API at `base_url`, and yield the proxy's own base URL."""
    upstream = urlsplit(base_url)

    class Handler(BaseHTTPRequestHandler):
        protocol_version = "HTTP/1.1"

        def forward(self) -> None:
            body = self.rfile.read(int(self.headers.get("Content-Length", 0)))
            headers = {
                name: self.headers[name] for name in FORWARDED_HEADERS if name in self.headers
            }
            with closing(HTTPConnection(upstream.netloc, timeout=30)) as connection:
                connection.request(self.command, self.path, body, headers)
                response = connection.getresponse()
                self.send_response(response.status)
                self.send_header("Content-Type", response.headers["Content-Type"])
                self.send_header("Connection", "close")  # marks the end of the body
                self.end_headers()
                if response.headers["Content-Type"].startswith("text/event-stream"):
                    self.wfile.writelines(rewrite_line(line, rewrite) for line in response)
                else:
                    self.wfile.write(json.dumps(rewrite(json.load(response))).encode())

        # http.server defines these names.
        do_GET = do_POST = do_PATCH = do_DELETE = forward  # noqa: N815

        def log_message(self, format: str, *arguments: object) -> None:
            """Log nothing."""

    with ThreadingHTTPServer(("127.0.0.1", 0), Handler) as server:
        thread = Thread(target=server.serve_forever)
        thread.start()
        try:
            yield f"http://127.0.0.1:{server.server_port}{upstream.path}"
        finally:
            server.shutdown()
            thread.join()
