"""A batch that was killed continues: no prompt is sent twice, and no reply is lost."""

from __future__ import annotations

import json
import os
import signal
import subprocess
import sys
import threading
import time
from pathlib import Path
from typing import Any

import pytest

from chatroutes import ChatRoutes
from chatroutes_server import LocalServer, Reply, ReplyRequest
from tests.support.documents import read_document_blocks
from tests.support.paths import PYTHON_PATH, ROOT

PROMPTS = {f"id-{number}": f"Prompt {number}" for number in range(30)}
[PROGRAM] = [
    block.code
    for block in read_document_blocks("docs/how-to/batches.md")
    if block.kind == "example: batch"
]
# The two processes import Dask once, where processes can be forked.
QUICK_START = (
    {}
    if sys.platform == "win32"
    else {"DASK_DISTRIBUTED__WORKER__MULTIPROCESSING_METHOD": "forkserver"}
)


def write_prompts(folder: Path) -> None:
    lines = [json.dumps({"id": key, "prompt": prompt}) for key, prompt in PROMPTS.items()]
    (folder / "prompts.jsonl").write_text("".join(f"{line}\n" for line in [*lines, ""]))


def environment(server: LocalServer) -> dict[str, str]:
    return {
        **os.environ,
        "PYTHONPATH": PYTHON_PATH,
        "CHATROUTES_API_KEY": server.api_key,
        "CHATROUTES_BASE_URL": server.base_url,
    }


def read_results(folder: Path) -> list[dict[str, Any]]:
    return [json.loads(line) for line in (folder / "results.jsonl").read_text().splitlines()]


def has_results(folder: Path) -> bool:
    file = folder / "results.jsonl"
    return file.exists() and file.stat().st_size > 0


def check_results(results: list[dict[str, Any]], server: LocalServer) -> None:
    """Check that each prompt has one result and one conversation, with one message and one reply."""
    assert sorted(result["key"] for result in results) == sorted(PROMPTS)
    with ChatRoutes(server.api_key, server.base_url) as client:
        assert client.conversations.list()["total"] == len(PROMPTS)
        for result in results:
            messages = client.messages.list(result["conversation"])
            assert [each["content"] for each in messages] == [
                PROMPTS[result["key"]],
                result["text"],
            ]
            assert result["text"] == f"A reply to {PROMPTS[result['key']]}"


@pytest.mark.skipif(sys.platform == "win32", reason="Windows has no SIGKILL")
def test_killed_batch_continues(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    """The first program is killed while replies are generated, which the server then stops."""
    write_prompts(tmp_path)
    begun = threading.Event()
    requests: list[str] = []
    lock = threading.Lock()

    def reply(request: ReplyRequest) -> Reply:
        with lock:
            requests.append(request.content)
            number = len(requests)
        is_slow = number in range(10, 18)  # all workers
        if number == 17:
            begun.set()
        return Reply(f"A reply to {request.content}", word_delay=3600 if is_slow else 0)

    with LocalServer(replies=reply, resume_window=0) as server:
        with subprocess.Popen(
            [sys.executable, "-c", PROGRAM],
            stderr=subprocess.DEVNULL,
            cwd=tmp_path,
            env=environment(server),
        ) as process:
            assert begun.wait(60)
            while not has_results(tmp_path):
                time.sleep(0.01)
            process.send_signal(signal.SIGKILL)
        first = read_results(tmp_path)
        assert 0 < len(first) < 10
        with (tmp_path / "results.jsonl").open("a") as file:
            file.write('{"key": "id-')  # a line that was being written

        # The later runs need no process of their own.
        monkeypatch.chdir(tmp_path)
        for name, value in environment(server).items():
            monkeypatch.setenv(name, value)
        exec(PROGRAM, {})

        assert f"{len(PROMPTS) - len(first)} replies, 0 failed" in capsys.readouterr().err
        results = read_results(tmp_path)
        assert results[: len(first)] == first
        check_results(results, server)
        # Only the replies that were stopped are generated again.
        assert len(PROMPTS) < len(requests) <= len(PROMPTS) + 8

        exec(PROGRAM, {})
        assert read_results(tmp_path) == results


@pytest.mark.check
def test_dask_example_continues(tmp_path: Path) -> None:
    """The example runs in two processes on this machine. An earlier run has lost half of its results."""
    write_prompts(tmp_path)

    def reply(request: ReplyRequest) -> str:
        return f"A reply to {request.content}"

    with LocalServer(replies=reply) as server:
        with ChatRoutes(server.api_key, server.base_url) as client:
            sent = list(
                client.map(
                    list(PROMPTS)[:14],
                    message=lambda key: PROMPTS[key],
                    key=lambda key: key,
                    idempotency_key="test",
                )
            )
        lines = [
            json.dumps({"key": each.key, "text": each.text, "conversation": each.conversation_id})
            for each in sent[:7]
        ]
        (tmp_path / "results.jsonl").write_text("".join(f"{line}\n" for line in lines))

        process = subprocess.run(
            [
                sys.executable,
                str(ROOT / "examples/dask_batch.py"),
                *("prompts.jsonl", "results.jsonl", "--run", "test", "--size", "4"),
            ],
            cwd=tmp_path,
            env={**environment(server), **QUICK_START},
            capture_output=True,
            text=True,
            timeout=120,
        )

        assert process.returncode == 0, process.stderr
        check_results(read_results(tmp_path), server)
