"""The programs of the documentation pages: a web application and a chat in a terminal."""

from __future__ import annotations

import os
import shutil
import signal
import subprocess
import sys
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import httpx
import pytest
import uvicorn

from tests.support.documents import DOCUMENTS, read_document_blocks
from tests.support.held_replies import HeldReplies, partial
from tests.support.server_api import Api, api_with_upstream
from tests.support.upstream_server import FakeUpstream

pytestmark = pytest.mark.check


def read_program(kind: str) -> str:
    [code] = [
        block.code
        for name in DOCUMENTS
        for block in read_document_blocks(name)
        if block.kind == f"example: {kind}"
    ]
    return code


@pytest.fixture
def replies() -> Iterator[HeldReplies]:
    with HeldReplies() as held:
        yield held


@pytest.fixture
def api(replies: HeldReplies, monkeypatch: pytest.MonkeyPatch) -> Iterator[Api]:
    """A local server that stops a reply as soon as its last client has disconnected."""
    with FakeUpstream() as upstream:
        upstream.behaviour = replies
        with api_with_upstream(upstream, keep_alive=0.02, resume_window=0) as running:
            monkeypatch.setenv("CHATROUTES_BASE_URL", running.server.base_url)
            monkeypatch.setenv("CHATROUTES_API_KEY", running.server.api_key)
            yield running


@contextmanager
def serve(app: Any) -> Iterator[str]:
    """Run an ASGI application with uvicorn, and yield its URL."""
    started = threading.Event()

    class Server(uvicorn.Server):
        async def startup(self, sockets: Any = None) -> None:
            await super().startup(sockets)
            started.set()

    server = Server(uvicorn.Config(app, port=0, log_config=None))
    thread = threading.Thread(target=server.run)
    thread.start()
    assert started.wait(60)
    port = server.servers[0].sockets[0].getsockname()[1]
    try:
        yield f"http://127.0.0.1:{port}"
    finally:
        server.should_exit = True
        thread.join()


@pytest.fixture
def web_application(api: Api) -> Iterator[httpx.Client]:
    names: dict[str, Any] = {"__name__": "app"}
    exec(compile(read_program("fastapi"), "app.py", "exec", dont_inherit=True), names)
    with serve(names["app"]) as url, httpx.Client(base_url=url, trust_env=False) as client:
        yield client


def test_fastapi_application_streams_the_reply(
    api: Api, replies: HeldReplies, web_application: httpx.Client
) -> None:
    path = f"/conversations/{api.conversation(model='llama')}/messages"
    with web_application.stream("POST", path, json={"content": "Why?"}) as response:
        texts = response.iter_text()
        assert next(texts) == partial("Why?")
        replies.release("Why?")
        assert "".join(texts) == ", in full."


def test_fastapi_application_stops_the_reply_when_the_user_leaves(
    api: Api, replies: HeldReplies, web_application: httpx.Client
) -> None:
    conversation_id = api.conversation(model="llama")
    path = f"/conversations/{conversation_id}/messages"
    with web_application.stream("POST", path, json={"content": "Why?"}) as response:
        assert next(response.iter_text()) == partial("Why?")
    assert replies["Why?"].closed.wait(60)


# The URLs of a web page are relative to its own. The question is stopped after the first text.
WEB_PAGE = """
const [base, conversationId] = process.argv.slice(2);
const fetch = (path, options) => globalThis.fetch(base + path, options);
%s
await ask("conv_none", "Why?", console.log, new AbortController()).catch((error) => console.log(error.message));
const controller = new AbortController();
const show = (text) => { console.log(text); controller.abort(); };
await ask(conversationId, "Why?", show, controller).catch((error) => console.log(error.name));
"""


@pytest.mark.skipif(not shutil.which("node"), reason="NOT RUN: Node.js is not installed")
def test_web_page_shows_and_stops_the_reply(
    api: Api, replies: HeldReplies, web_application: httpx.Client, tmp_path: Path
) -> None:
    [code] = [
        block.code
        for block in read_document_blocks("docs/how-to/fastapi.md")
        if block.language == "javascript"
    ]
    page = tmp_path / "page.mjs"
    page.write_text(WEB_PAGE % code, "utf-8")
    arguments = [str(web_application.base_url).rstrip("/"), api.conversation(model="llama")]
    output = subprocess.check_output(["node", str(page), *arguments], encoding="utf-8")
    error, *texts = output.splitlines()
    assert "conv_none" in error
    assert texts == [partial("Why?"), "AbortError"]
    assert replies["Why?"].closed.wait(60)


def test_fastapi_application_returns_the_status_of_an_error(web_application: httpx.Client) -> None:
    response = web_application.post("/conversations/conv_none/messages", json={"content": "Why?"})
    assert response.status_code == 404
    assert response.json()["error"]


@pytest.mark.skipif(os.name == "nt", reason="sends SIGINT to a process")
def test_chat_stops_a_reply_and_continues(api: Api, replies: HeldReplies, tmp_path: Path) -> None:
    program = tmp_path / "chat.py"
    program.write_text(read_program("chat"), "utf-8")
    chat = subprocess.Popen(
        [sys.executable, "-u", str(program)],
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        text=True,
        encoding="utf-8",
    )
    with chat:
        assert chat.stdin
        assert chat.stdout
        chat.stdin.write("Why?\n")
        chat.stdin.flush()
        assert chat.stdout.read(len(f"> {partial('Why?')}")) == f"> {partial('Why?')}"
        chat.send_signal(signal.SIGINT)
        assert replies["Why?"].closed.wait(60)
        replies.release("How?")
        rest, _ = chat.communicate("How?\n", timeout=60)
    assert rest == f" [stopped]\n> {partial('How?')}, in full.\n> "
    assert chat.returncode == 0
