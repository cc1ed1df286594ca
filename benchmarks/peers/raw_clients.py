"""Functions for the peers that are no SDK: httpx, `http.client`, and the lower bounds for all clients."""

import json
import socket
from collections.abc import AsyncIterator, Iterator
from typing import Any
from urllib.parse import urlsplit

from benchmarks import payloads

QUESTION = {"content": "Tell me a story"}
MESSAGES = [{"role": "user", **QUESTION}]
CONVERSATION = "/chatroutes/conversations/conv_1"
STREAM = f"{CONVERSATION}/messages/stream"


def texts_in(document: Any) -> list[str]:
    """Return the texts in the big response."""
    return [message["content"] for message in document["data"]["conversation"]["messages"]]


def _parse_events(data: bytes) -> tuple[list[Any], bytes]:
    """Return the JSON documents of the complete events, and the bytes after them."""
    *events, rest = data.split(b"\n\n")
    return [json.loads(event[6:]) for event in events if event != b"data: [DONE]"], rest


def httpx_chunks(client: Any, base: str) -> Iterator[Any]:
    """Yield the JSON documents of a stream."""
    with client.stream("POST", base + STREAM, json=QUESTION) as response:
        rest = b""
        for data in response.iter_raw():
            chunks, rest = _parse_events(rest + data)
            yield from chunks


async def httpx_chunks_async(client: Any, base: str) -> AsyncIterator[Any]:
    """Do the same as `httpx_chunks` with an asynchronous client."""
    async with client.stream("POST", base + STREAM, json=QUESTION) as response:
        rest = b""
        async for data in response.aiter_raw():
            chunks, rest = _parse_events(rest + data)
            for chunk in chunks:
                yield chunk


def http_client_chunks(client: Any, base: str) -> Iterator[Any]:
    """Yield the JSON documents of a stream."""
    client.request("POST", urlsplit(base).path + STREAM, json.dumps(QUESTION))
    for line in client.getresponse():
        if line.startswith(b"data: {"):
            yield json.loads(line[6:])


def socket_get(client: socket.socket, base: str) -> Any:
    """Return the JSON document of a response, of whose head only the length is read."""
    head = f"GET {urlsplit(base).path}{CONVERSATION} HTTP/1.1\r\nHost: test\r\n\r\n"
    client.sendall(head.encode())
    received = bytearray(client.recv(65536))
    start = received.index(b"\r\n\r\n") + 4
    length = int(received[:start].split(b"Content-Length: ")[1].split(b"\r\n", 1)[0])
    while len(received) < start + length:
        received += client.recv(1 << 20)
    return json.loads(received[start:])


def socket_chunks(client: socket.socket, base: str) -> Iterator[bytes]:
    """Yield the bytes of a stream without parsing them."""
    head = f"POST {urlsplit(base).path}{STREAM} HTTP/1.1\r\nHost: test\r\nContent-Length: 0\r\n\r\n"
    client.sendall(head.encode())
    data = b""
    while not data.endswith(payloads.STREAM_END):
        data = client.recv(65536)
        yield data


def json_documents(base: str) -> list[bytes]:
    """Return the JSON documents of a response, without a server."""
    kind, events = payloads.parse_scenario(urlsplit(base).path.strip("/"))
    if events:
        return payloads.json_documents("chatroutes", events)
    return [payloads.json_response(kind, "chatroutes").partition(b"\r\n\r\n")[2]]
