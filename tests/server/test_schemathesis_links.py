"""Chains of requests, each made from the answer to the one before as the contract's links say, find nothing.

Against a server that only says that it deletes, the same chains find it: they are followed, and looked at.
"""

from __future__ import annotations

import json
import re
from collections import Counter
from collections.abc import Iterator
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from threading import Thread
from typing import Any

import httpx
import pytest

from tests.support.markers import single_python
from tests.support.schemathesis_runner import SETTINGS, run_schemathesis
from tests.support.server_api import Api

pytestmark = single_python


def chains(count: int) -> str:
    """Settings for so many chains. They follow the contract's links alone, and not those that schemathesis
    guesses at; and they send what is allowed, since chains end where something is refused."""
    return f"""
[reports.ndjson]
path = "report.ndjson"

[phases]
examples.enabled = false
coverage.enabled = false
fuzzing.enabled = false

[phases.stateful]
max-steps = 12
inference.algorithms = []
generation.mode = "positive"
generation.max-examples = {count}
"""


def followed(folder: Path) -> Counter[tuple[str, str]]:
    """How often each link was followed in a run: by the request that was answered, and the link's name."""
    times: Counter[tuple[str, str]] = Counter()
    for line in (folder / "report.ndjson").read_text("utf-8").splitlines():
        scenario = json.loads(line).get("ScenarioFinished", {"recorder": {"cases": {}}})
        for case in scenario["recorder"]["cases"].values():
            if case["is_transition_applied"]:
                # POST /conversations -> [201] getConversation -> GET /conversations/{conversationId}
                source, link, _ = case["transition"]["id"].split(" -> ")
                times[source, link.split("] ")[1]] += 1
    return times


def test_no_chain_of_requests_finds_what_the_contract_does_not_say(
    api: Api, tmp_path: Path
) -> None:
    run = run_schemathesis(api.server.base_url, api.server.api_key, SETTINGS + chains(20), tmp_path)
    assert run.returncode == 0, run.stdout
    links = followed(tmp_path)
    created = {link for source, link in links if source == "POST /conversations"}
    assert created >= {"getConversation", "sendMessage", "createBranch", "deleteConversation"}
    further = sum(times for (source, _), times in links.items() if source.count("/") > 1)
    assert further > 10, links


class Forgetful(BaseHTTPRequestHandler):
    """Hands requests on to a server, but for deletes of conversations: it looks and says that it is done."""

    behind: httpx.Client

    def answer(self) -> None:
        content = self.rfile.read(int(self.headers.get("Content-Length", 0)))
        forgets = self.command == "DELETE" and re.fullmatch("/conversations/[^/]+", self.path)
        names = ("Authorization", "X-API-Key", "Content-Type", "Idempotency-Key")
        headers = {name: self.headers[name] for name in names if name in self.headers}
        method = "GET" if forgets else self.command
        got = self.behind.request(method, self.path, headers=headers, content=content)
        done = b'{"success": true}' if forgets and got.is_success else got.content
        self.send(got.status_code, dict(got.headers), done)

    def send(self, status: int, headers: dict[str, str], content: bytes) -> None:
        self.send_response(status)
        for name, value in headers.items():
            if name not in ("content-length", "transfer-encoding", "date", "server"):
                self.send_header(name, value)
        self.send_header("Content-Length", str(len(content)))
        self.end_headers()
        self.wfile.write(content)

    do_GET = do_POST = do_PATCH = do_DELETE = answer  # noqa: N815 (the library's names)

    def log_message(self, *_: Any) -> None:
        pass


@pytest.fixture
def forgetful_server(api: Api) -> Iterator[str]:
    with httpx.Client(base_url=api.server.base_url, timeout=30) as behind:
        handler = type("Handler", (Forgetful,), {"behind": behind})
        with ThreadingHTTPServer(("127.0.0.1", 0), handler) as server:
            thread = Thread(target=server.serve_forever, kwargs={"poll_interval": 0.01})
            thread.start()
            yield f"http://127.0.0.1:{server.server_port}"
            server.shutdown()
            thread.join()


def test_a_chain_finds_what_is_there_although_it_was_deleted(
    forgetful_server: str, api: Api, tmp_path: Path
) -> None:
    settings = "max-failures = 1\n" + SETTINGS + chains(15)
    settings += "generation.no-shrink = true\n"
    run = run_schemathesis(forgetful_server, api.server.api_key, settings, tmp_path)
    assert run.returncode == 1, run.stdout
    assert "Deleted resource still available" in run.stdout, run.stdout
    assert ("POST /conversations", "deleteConversation") in followed(tmp_path)
