"""More clients than the process has file descriptors: each is served or gets a 503, and the log stays small."""

from __future__ import annotations

import asyncio
import os
import subprocess
import sys
from contextlib import ExitStack
from pathlib import Path
from typing import Self

import httpx
import pytest

from chatroutes_server.descriptors import MAX_DESCRIPTORS, RESERVED_DESCRIPTORS, ConnectionLimits
from tests.support.paths import ROOT
from tests.support.raw_http import API_KEY, connect, read_response, request_head
from tests.support.server_command import READY_LINE

pytest.importorskip("resource", reason="Windows has no limit of descriptors per process")

DESCRIPTORS = 128
CLIENTS = 160

COMMAND = [sys.executable, "-m", "chatroutes_server", "--port", "0", "--api-key", API_KEY]

# The limit is lowered after the server has counted its descriptors: other code of the program uses the rest.
PROGRAM = """
import logging, resource, sys
from chatroutes_server import LocalServer
logging.basicConfig(format="%(message)s")
with LocalServer(api_key="k") as server:
    with open("/dev/null") as lowest:
        resource.setrlimit(resource.RLIMIT_NOFILE, (lowest.fileno() + 10, lowest.fileno() + 10))
    print("ChatRoutes server ready at", server.base_url, flush=True)
    sys.stdin.read()
"""


LIMITED_COMMAND = ["sh", "-c", f'ulimit -n {DESCRIPTORS}; exec "$@"', "sh", *COMMAND]

# Send a request of each kind, and list the modules that are imported meanwhile.
IMPORTS_PROGRAM = """
import http.client, json, sys
from urllib.parse import urlsplit
from chatroutes_server import LocalServer
from tests.support.upstream_server import FakeUpstream, respond_with
with FakeUpstream() as upstream, FakeUpstream() as failing:
    failing.behaviour = respond_with(500, {})
    upstreams = [f"{name}={url}" for name, url in (
        ("good", upstream.url.replace("127.0.0.1", "localhost")),
        ("failing", failing.url),
        ("dead", "http://127.0.0.1:1"),
    )]
    with LocalServer(upstreams=upstreams, rate_limit="1000/second") as server:
        address = urlsplit(server.base_url)
        connection = http.client.HTTPConnection(address.hostname, address.port)
        headers = {"X-API-Key": server.api_key, "Content-Type": "application/json"}

        def send(method, path, body=None):
            text = None if body is None else json.dumps(body)
            connection.request(method, address.path + path, text, headers)
            return json.loads(connection.getresponse().read())

        send("GET", "/models")
        before = set(sys.modules)
        for path in ("/conversations?limit=0", "/nothing", "/conversations"):
            send("GET", path)
        send("POST", "/conversations", {"title": 5})
        for model in ("builtin", "good", "failing", "dead"):
            created = send("POST", "/conversations", {"title": "x", "model": model})
            path = f"/conversations/{created['data']['conversation']['id']}"
            send("POST", path + "/messages", {"content": "hello"})
            send("GET", path + "/tree")
            connection.request("POST", address.path + path + "/messages/stream",
                json.dumps({"content": "hello"}), {**headers, "Idempotency-Key": "k" + model})
            connection.getresponse().read()
        send("POST", "/autobranch/suggest-branches", {"text": "Or this. " * 20, "hybridDetection": True})
        print(*set(sys.modules) - before)
"""


class Program:
    """A process that runs a server."""

    def __init__(self, arguments: list[str], folder: Path) -> None:
        self._process = subprocess.Popen(
            arguments,
            cwd=folder,
            env={**os.environ, "PYTHONPATH": str(ROOT)},
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            stderr=subprocess.PIPE,
            text=True,
        )
        self.pid = self._process.pid
        assert self._process.stdout is not None
        match = READY_LINE.fullmatch(self._process.stdout.readline())
        assert match
        self.base_url = match[1]

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *error: object) -> None:
        self.stop()

    def read_log_line(self) -> str:
        assert self._process.stderr is not None
        return self._process.stderr.readline()

    def stop(self) -> list[str]:
        """Return the rest of the log."""
        if self._process.returncode is not None:
            return []
        self._process.terminate()
        return self._process.communicate(timeout=60)[1].splitlines(keepends=True)


async def stream_from_all_clients(base_url: str) -> list[httpx.Response]:
    """Open all streams before the first one ends, and read them."""
    async with httpx.AsyncClient(
        base_url=base_url,
        headers={"X-API-Key": API_KEY},
        limits=httpx.Limits(max_connections=None, max_keepalive_connections=0),
        timeout=60,
        verify=False,
    ) as client:
        paths: list[str] = []
        for _ in range(CLIENTS):  # the replies of one conversation follow each other
            created = await client.post("/conversations", json={"title": "x"})
            conversation_id = created.json()["data"]["conversation"]["id"]
            paths.append(f"/conversations/{conversation_id}/messages/stream")
        body = {"content": "word " * 20}
        return await asyncio.gather(*(client.post(path, json=body) for path in paths))


def test_every_client_is_served_or_refused(tmp_path: Path) -> None:
    # The replies take a second, so that the clients are there at the same time.
    with Program([*LIMITED_COMMAND, "--word-delay", "0.05"], tmp_path) as program:
        responses = asyncio.run(stream_from_all_clients(program.base_url))
        with connect(program.base_url) as connection:  # there is room again
            connection.sendall(request_head("GET", "/models"))
            assert read_response(connection)[0].status == 200
        log = program.stop()
    served = [each for each in responses if each.status_code == 200]
    refused = [each for each in responses if each.status_code == 503]

    assert len(served) >= (DESCRIPTORS - RESERVED_DESCRIPTORS) // 2
    assert all("data: [DONE]\n" in each.text for each in served)
    assert len(refused) == CLIENTS - len(served) > 0
    for each in refused:
        assert each.headers["retry-after"] == "1"
        assert each.headers["connection"] == "close"
        assert each.json()["error"] == "SERVICE_UNAVAILABLE"
    assert log == []


def test_clients_wait_while_the_process_has_no_descriptor(tmp_path: Path) -> None:
    with Program([sys.executable, "-c", PROGRAM], tmp_path) as program:
        with ExitStack() as connections:
            for _ in range(30):
                connections.enter_context(connect(program.base_url))
            lines = [
                program.read_log_line() for _ in range(2)
            ]  # the second one after the next attempt
        with connect(program.base_url) as connection:
            connection.sendall(request_head("GET", "/models"))
            assert read_response(connection)[0].status == 200
        lines += program.stop()

    assert set(lines) == {"Cannot accept a connection: Too many open files\n"}
    assert len(lines) < 10


def test_idle_connections_are_closed_for_new_clients(tmp_path: Path) -> None:
    with Program(LIMITED_COMMAND, tmp_path) as program, ExitStack() as connections:
        for _ in range(2 * DESCRIPTORS):  # each stays open after its response
            connection = connections.enter_context(connect(program.base_url))
            connection.settimeout(4)  # shorter than the time for which the server keeps it
            connection.sendall(request_head("GET", "/models"))
            assert read_response(connection)[0].status == 200


@pytest.mark.parametrize("sent", [b"", b"GET /"], ids=["silent", "half a head"])
def test_connections_without_a_request_are_closed_for_new_clients(
    tmp_path: Path, sent: bytes
) -> None:
    with Program(LIMITED_COMMAND, tmp_path) as program, ExitStack() as connections:
        for _ in range(DESCRIPTORS - RESERVED_DESCRIPTORS + 10):  # not all are accepted
            connections.enter_context(connect(program.base_url)).sendall(sent)
        with connect(program.base_url) as connection:
            connection.settimeout(8)  # shorter than the time that a client has for its request
            connection.sendall(request_head("GET", "/models"))
            assert read_response(connection)[0].status == 200


@pytest.mark.skipif(sys.platform != "linux", reason="needs the limits of another process")
def test_command_line_raises_its_soft_limit(tmp_path: Path) -> None:
    import resource

    arguments = ["sh", "-c", 'ulimit -Sn 100; exec "$@"', "sh", *COMMAND]
    with Program(arguments, tmp_path) as program:
        soft, hard = resource.prlimit(program.pid, resource.RLIMIT_NOFILE)

    assert soft == min(hard, MAX_DESCRIPTORS)


def test_upstreams_halve_the_number_of_requests() -> None:
    alone, with_upstreams = ConnectionLimits.from_process(1), ConnectionLimits.from_process(2)

    assert with_upstreams.connections == alone.connections // 2
    assert 0 < with_upstreams.requests < with_upstreams.connections


def test_no_module_is_imported_for_a_request(tmp_path: Path) -> None:
    output = subprocess.run(
        [sys.executable, "-c", IMPORTS_PROGRAM],
        cwd=tmp_path,
        env={**os.environ, "PYTHONPATH": str(ROOT)},
        capture_output=True,
        text=True,
        check=True,
    ).stdout

    assert output.split() == []
