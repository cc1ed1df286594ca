"""A floor: a socket that reads until the end of an answer, and looks at nothing while it is timed."""

from __future__ import annotations

import json
import socket
from urllib.parse import urlsplit

from benchmarks.payloads import CONVERSATION_ID, STREAM_END
from benchmarks.stream_reader import Take


class Sync:
    def __init__(self, base: str) -> None:
        parts = urlsplit(base)
        path = f"{parts.path}/api/v1/conversations/{CONVERSATION_ID}"
        head = f"Host: {parts.netloc}\r\nAuthorization: ApiKey key\r\n"
        self._get = f"GET {path} HTTP/1.1\r\n{head}\r\n".encode()
        post = f"POST {path}/messages/stream HTTP/1.1\r\n{head}"
        self._post = f"{post}Content-Length: 29\r\n\r\n".encode() + b'{"content":"Tell me a story"}'
        self._socket = socket.create_connection((parts.hostname, parts.port or 80), timeout=60)
        self._socket.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)

    def small(self) -> str:
        return str(json.loads(self._body())["data"]["conversation"]["id"])

    def big(self) -> list[str]:
        messages = json.loads(self._body())["data"]["conversation"]["messages"]
        return [message["content"] for message in messages]

    def stream(self, take: Take) -> None:
        self._socket.sendall(self._post)
        data = b""
        while not data.endswith(STREAM_END):
            data = self._socket.recv(65536)
            take(data)

    @staticmethod
    def texts(taken: list[bytes]) -> list[str]:
        """The texts in the bytes that were taken, without the lines that frame HTTP chunks."""
        _, _, rest = b"".join(taken).partition(b"\r\n\r\n")
        body = b""
        while rest:
            size, _, rest = rest.partition(b"\r\n")
            body += rest[: int(size, 16)]
            rest = rest[int(size, 16) + 2 :]
        events = (event.removeprefix(b"data: ") for event in body.split(b"\n\n"))
        choices = (json.loads(event)["choices"][0] for event in events if event[:1] == b"{")
        return [choice["delta"]["content"] for choice in choices if choice["delta"]]

    def close(self) -> None:
        self._socket.close()

    def _body(self) -> bytearray:
        self._socket.sendall(self._get)
        received = bytearray(self._socket.recv(65536))
        start = received.index(b"\r\n\r\n") + 4
        length = int(received[:start].split(b"Content-Length: ")[1].split(b"\r\n", 1)[0])
        while len(received) < start + length:
            received += self._socket.recv(1 << 20)
        return received[start:]


Async = None
