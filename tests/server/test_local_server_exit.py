"""Programs that end while a LocalServer runs."""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path

import pytest

PROGRAM = """
import threading

from chatroutes import ChatRoutes
from chatroutes_server import LocalServer

server = LocalServer(word_delay=0.05).__enter__()
client = ChatRoutes(server.api_key, server.base_url)
conversation = client.conversations.create({"title": "Unfinished"})
"""


@pytest.mark.parametrize(
    ("code", "output", "status"),
    [
        ("print('end')", "end\n", 0),
        ("raise SystemExit(3)", "", 3),
        (
            # A generator that is never finished keeps its `with` block open.
            "def serve():\n"
            "    with LocalServer() as server:\n"
            "        yield server\n"
            "servers = serve()\n"
            "print(next(servers).base_url[:16])",
            "http://127.0.0.1\n",
            0,
        ),
        (
            "stream = client.messages.stream(conversation['id'], {'content': 'word ' * 500})\n"
            "print(next(iter(stream))['choices'][0]['delta']['role'])",
            "assistant\n",
            0,
        ),
        (
            # The interpreter waits for this thread before it calls the functions of atexit.
            "def use_the_server():\n"
            "    threading.main_thread().join()\n"
            "    print(client.conversations.list()['total'])\n"
            "threading.Thread(target=use_the_server).start()",
            "1\n",
            0,
        ),
    ],
    ids=["end", "exit", "generator", "stream", "thread"],
)
def test_program_ends_without_leaving_the_with_block(
    tmp_path: Path, code: str, output: str, status: int
) -> None:
    process = subprocess.run(
        [sys.executable, "-c", PROGRAM + code],
        env=os.environ | {"TMPDIR": str(tmp_path)},
        capture_output=True,
        text=True,
        timeout=60,
    )

    assert (process.stdout, process.stderr) == (output, "")
    assert process.returncode == status
    assert not list(tmp_path.iterdir())
