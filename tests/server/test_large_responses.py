"""Large responses, and clients that do not read them."""

from __future__ import annotations

import gc
import json
import socket
import tempfile
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager, suppress
from pathlib import Path
from urllib.parse import urlsplit

import httpx
import pytest

from chatroutes_server import LocalServer
from chatroutes_server.body_spool import BLOCK_SIZE, MAX_MEMORY, BodySpool, SpooledBytes
from tests.support.full_disk import full_disk
from tests.support.markers import single_python
from tests.support.server_api import Api, assert_error_envelope
from tests.support.server_events import parse_events

TEXT = "é" * 250_000 + "x" * 500_000  # a megabyte is the limit
MESSAGES = 4
# The reply of the built-in model repeats the message. The system keeps up to 4 MB for a connection.
BODY_SIZE = 2 * MESSAGES * len(TEXT.encode())
CLIENTS_OVER_LIMIT = MAX_MEMORY // BODY_SIZE + 1


def create_large_list(api: Api) -> str:
    """Return the path of a list of messages with BODY_SIZE bytes."""
    conversation_id = api.conversation(model="builtin")
    for _ in range(MESSAGES):
        api.send(conversation_id, TEXT)
    return f"/conversations/{conversation_id}/messages"


@pytest.fixture
def path(api: Api) -> str:
    return create_large_list(api)


def send_request(
    api: Api, path: str, method: str = "GET", headers: str = "", body: bytes = b""
) -> socket.socket:
    """Send a request, and read only the first byte of its response."""
    url = urlsplit(api.server.base_url)
    connection = socket.socket()
    connection.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, 4096)
    connection.connect((url.hostname, url.port))
    request = f"{method} {url.path}{path} HTTP/1.1\r\nHost: localhost\r\nX-API-Key: {api.server.api_key}\r\n"
    connection.sendall(f"{request}{headers}Connection: close\r\n\r\n".encode() + body)
    assert connection.recv(1) == b"H"
    return connection


@contextmanager
def stalled_clients(api: Api, path: str, count: int) -> Iterator[list[socket.socket]]:
    with ExitStack() as stack:
        yield [stack.enter_context(send_request(api, path)) for _ in range(count)]


def read_body(connection: socket.socket) -> bytes:
    connection.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, 1 << 20)
    with connection.makefile("rb") as file:
        return file.read().partition(b"\r\n\r\n")[2]


def read_chunked_body(connection: socket.socket) -> str:
    connection.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, 1 << 20)
    data = b"H"  # which `send_request` has read
    while part := connection.recv(1 << 20):
        data += part
    head, _, rest = data.partition(b"\r\n\r\n")
    assert b"chunked" in head
    body = b""
    while rest:
        size, _, rest = rest.partition(b"\r\n")
        body, rest = body + rest[: int(size, 16)], rest[int(size, 16) + 2 :]
    return body.decode()


@pytest.mark.parametrize("length", [BLOCK_SIZE - 5000, BLOCK_SIZE, 3 * BLOCK_SIZE])
def test_body_of_any_length_is_complete(api: Api, length: int) -> None:
    conversation_id = api.conversation(systemPrompt="x" * length)

    response = api.http.get(f"/conversations/{conversation_id}")

    assert int(response.headers["content-length"]) == len(response.content) > length
    assert response.headers["content-type"] == "application/json"
    assert response.json()["data"]["conversation"]["systemPrompt"] == "x" * length


def test_cut_after_ignores_the_chunks_of_a_large_body() -> None:
    with LocalServer(faults="getConversation:cut_after=1") as server, Api(server) as api:
        conversation_id = api.conversation(systemPrompt="x" * 3 * BLOCK_SIZE)

        fetched = api.data("GET", f"/conversations/{conversation_id}")["conversation"]

    assert len(fetched["systemPrompt"]) == 3 * BLOCK_SIZE


def test_clients_that_do_not_read_delay_no_other_client(api: Api, path: str) -> None:
    expected = api.http.get(path).content

    with stalled_clients(api, path, CLIENTS_OVER_LIMIT + 2) as connections:
        assert api.http.get(path).content == expected
        assert api.http.get("/models").is_success
        for connection in (connections[0], connections[-1]):
            assert read_body(connection) == expected


def test_blocks_of_the_spool_are_used_again() -> None:
    spool = BodySpool()
    bodies = [bytes([number]) * (BLOCK_SIZE * number + 1) for number in range(1, 5)]
    stored = [spool.write(body) for body in bodies]

    spool.release_blocks(stored.pop(1))
    bodies.append(b"again" * (BLOCK_SIZE // 2))
    bodies.pop(1)
    stored.append(spool.write(bodies[-1]))

    for body, blocks in zip(bodies, stored, strict=True):
        assert b"".join(spool.read(block, BLOCK_SIZE) for block in blocks)[: len(body)] == body
    assert sorted(block for blocks in stored for block in blocks) == list(range(14))
    for blocks in stored:
        spool.release_blocks(blocks)
    assert spool.write(b"x") == [0]
    spool.release_blocks([0])


def test_body_that_does_not_fit_on_the_disk_leaves_no_blocks() -> None:
    spool = BodySpool()
    first = spool.write(b"before")

    with full_disk(2 * BLOCK_SIZE), pytest.raises(OSError, match="too large"):
        spool.write(b"x" * 3 * BLOCK_SIZE)
    second = spool.write(b"after")

    assert spool.read(first[0], 6) == b"before"
    assert spool.read(second[0], 5) == b"after"
    spool.release_blocks(first + second)


@pytest.mark.parametrize("in_memory", [True, False], ids=["memory", "file"])
def test_spooled_bytes_are_read_in_parts_and_released(in_memory: bool) -> None:
    data = bytes(range(256)) * (3 * BLOCK_SIZE // 256) + b"end"
    max_memory = 4 * BLOCK_SIZE if in_memory else 2 * BLOCK_SIZE
    spool = BodySpool(max_memory)

    spooled = SpooledBytes(data, spool)

    assert (spool.free_memory < max_memory) == in_memory
    assert bytes(spooled) == data
    for start in (0, 1, BLOCK_SIZE - 1, BLOCK_SIZE, 2 * BLOCK_SIZE + 7, len(data) - 2, len(data)):
        for size in (0, 1, BLOCK_SIZE, len(data)):
            assert spooled.read(start, size) == data[start : start + size]
    del spooled
    assert spool.free_memory == max_memory


def test_spooled_bytes_stay_in_memory_on_a_full_disk() -> None:
    data = b"x" * 3 * BLOCK_SIZE

    with full_disk(2 * BLOCK_SIZE):
        spooled = SpooledBytes(data, BodySpool(0))

    assert bytes(spooled) == data


@pytest.fixture
def streams(api: Api) -> list[str]:
    return [
        f"/conversations/{api.conversation(model='builtin')}/messages/stream" for _ in range(24)
    ]


def open_streams(api: Api, stack: ExitStack, paths: list[str]) -> list[socket.socket]:
    body = json.dumps({"content": TEXT}, ensure_ascii=False).encode()
    headers = f"Content-Type: application/json\r\nContent-Length: {len(body)}\r\n"
    return [stack.enter_context(send_request(api, path, "POST", headers, body)) for path in paths]


def test_stream_that_is_read_late_is_complete(api: Api, streams: list[str]) -> None:
    with ExitStack() as stack:
        connections = open_streams(
            api, stack, streams[:8]
        )  # more than the memory of the spool holds
        while len(api.messages(streams[7].split("/")[2])) < 2:  # the reply is not stored yet
            pass
        for connection in (connections[0], connections[7]):
            *chunks, (_, complete), done = parse_events(read_chunked_body(connection))
            text = "".join(chunk["content"] for _, chunk in chunks)
            assert TEXT in text
            assert complete["message"]["content"] == text
            assert done == ("", "[DONE]")


def count_events(faults: str | tuple[()], content: str) -> int:
    received = b""
    with LocalServer(faults=faults) as server, Api(server) as api:
        path = f"/conversations/{api.conversation(model='builtin')}/messages/stream"
        with (
            suppress(httpx.RemoteProtocolError),  # the stream is cut
            api.http.stream("POST", path, json={"content": content}) as response,
        ):
            for data in response.iter_raw():
                received += data
    return len(parse_events(received.decode()))


def test_cut_after_counts_a_large_event_once() -> None:
    content = ":" * 5 * BLOCK_SIZE  # parts of its event begin like a comment
    total = count_events((), content)

    assert count_events(f"streamMessage:cut_after={total - 1}", content) == total - 1


@single_python
def test_unread_streams_do_not_use_up_the_memory(api: Api, streams: list[str]) -> None:
    import psutil  # a package of the extra `dev`

    process = psutil.Process()
    api.http.post(streams[0], json={"content": TEXT})
    gc.collect()
    before = process.memory_info().rss

    with ExitStack() as stack:
        open_streams(api, stack, streams)
        growth = process.memory_info().rss - before

    # If the server kept the request, the reply, its events and the response, each would count.
    assert growth < MAX_MEMORY + len(streams) * 4 * len(TEXT)


@single_python
def test_clients_that_do_not_read_do_not_use_up_the_memory(api: Api, path: str) -> None:
    import psutil  # a package of the extra `dev`

    process = psutil.Process()
    count = 40
    for _ in range(3):
        api.http.get(path)
    gc.collect()
    before = process.memory_info().rss

    with stalled_clients(api, path, count):
        growth = process.memory_info().rss - before

    # Four responses are built at a time. If the server kept all bodies, all of BODY_SIZE would count.
    assert growth < MAX_MEMORY + count * BODY_SIZE // 2


def test_response_without_room_on_the_disk_is_503(
    api: Api, path: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    with stalled_clients(api, path, CLIENTS_OVER_LIMIT - 1):
        monkeypatch.setattr(tempfile, "tempdir", str(tmp_path / "missing"))
        refused = api.http.get(path)
    monkeypatch.undo()

    body = assert_error_envelope(refused, 503, "SERVICE_UNAVAILABLE")
    assert refused.headers["retry-after"] == "1"
    assert "No such file or directory" in body["message"]


def test_clients_that_disconnect_release_the_memory(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    with LocalServer() as server, Api(server) as api:
        path = create_large_list(api)
        monkeypatch.setattr(tempfile, "tempdir", str(tmp_path / "missing"))
        for _ in range(2):
            with stalled_clients(api, path, CLIENTS_OVER_LIMIT - 1):
                pass
        while api.http.get(path).status_code == 503:
            pass

        assert api.http.get(path).is_success
