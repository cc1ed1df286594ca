"""Generate, compile and run clients in other languages, and report the results."""

from __future__ import annotations

import os
import re
import shutil
import signal
import subprocess
import sys
from collections.abc import Mapping, Sequence
from contextlib import ExitStack
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import yaml

from chatroutes import ChatRoutes
from chatroutes_server import LocalServer
from interop.proxy import REWRITES, rewriting_proxy

ROOT = Path(__file__).resolve().parents[1]
MANIFESTS = ("{folder}/package.json", "{folder}/go.mod", "interop/requirements.txt", "package.json")
PIN = r'(?:^|[\s"]){package}(?:==|": "| v)([^\s",]+)'
SETTINGS: Any = yaml.safe_load((ROOT / "interop/clients.yaml").read_text("utf-8"))
DOCS = ROOT / "docs/interop.md"
ENVIRONMENT = {
    "OPENAPI_31": str(ROOT / "openapi/chatroutes.yaml"),
    "OPENAPI_30": str(ROOT / "openapi/chatroutes-3.0.yaml"),
    "SDK_PYTHON": sys.executable,
    "NO_PROXY": "127.0.0.1",
    "no_proxy": "127.0.0.1",
}

STEPS = {"generate": 300.0, "compile": 1200.0, "run": 120.0}  # with their timeouts in seconds
PASSED, FAILED, NOT_RUN = "yes", "failed", "—"

Result = dict[str, str]  # by step: passed, failed, not run, or the toolchains that are missing


class CommandError(Exception):
    """A command failed or timed out."""


@dataclass(frozen=True)
class Client:
    """The settings of one client. interop/clients.yaml describes them."""

    name: str
    language: str
    packages: Sequence[str]
    run: str
    generate: str = ""
    compile: str = ""
    folder: str = ""
    requires: Mapping[str, Sequence[str]] = field(default_factory=dict[str, list[str]])
    skips: Sequence[str] = ()
    long_conversation: int = SETTINGS["long_conversation"]
    expected_output: str = SETTINGS["expected_output"]

    @property
    def path(self) -> Path:
        return ROOT / (self.folder or f"interop/{self.name}")


CLIENTS = [Client(**entry) for entry in SETTINGS["clients"]]


def run_command(
    script: str, folder: Path, environment: Mapping[str, str] | None = None, timeout: float = 120
) -> str:
    """Run a shell script, and return what it writes to stdout.

    Raises:
        CommandError: If the script fails or exceeds the timeout in seconds. A timeout kills all its processes.
    """
    process = subprocess.Popen(
        ["sh", "-euc", script],
        cwd=folder,
        env={**os.environ, **ENVIRONMENT, **(environment or {})},
        stdin=subprocess.DEVNULL,
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
        encoding="utf-8",
        errors="replace",
        start_new_session=True,
    )
    with process:
        try:
            output, errors = process.communicate(timeout=timeout)
        except subprocess.TimeoutExpired as error:
            kill_group(process)
            raise CommandError(f"timed out after {timeout:g} seconds: {script}") from error
        except BaseException:
            kill_group(process)
            raise
    if process.returncode:
        raise CommandError(f"exit status {process.returncode}: {script}\n{output}{errors}")
    return output


def kill_group(process: subprocess.Popen[str]) -> None:
    """Kill the process and all processes that it started."""
    if sys.platform == "win32":
        process.kill()
    else:
        os.killpg(process.pid, signal.SIGKILL)


def missing_toolchains(names: Sequence[str]) -> list[str]:
    """Return those of the toolchains that this machine does not have."""
    missing: list[str] = []
    for name in names:
        try:
            run_command(SETTINGS["toolchains"][name], ROOT)
        except CommandError:
            missing.append(name)
    return missing


def run_steps(client: Client) -> Result:
    """Generate, compile and run a client. Stop at a step that fails or that lacks a toolchain."""
    result = dict.fromkeys(STEPS, NOT_RUN)
    if client.generate:
        shutil.rmtree(client.path / "generated", ignore_errors=True)
    for step, timeout in STEPS.items():
        if not getattr(client, step):
            continue
        if missing := missing_toolchains(client.requires.get(step, [])):
            result[step] = ", ".join(f"{name}: missing" for name in missing)
            break
        try:
            if step == "run":
                run_against_servers(client, timeout)
            else:
                run_command(getattr(client, step), client.path, timeout=timeout)
        except CommandError as error:
            print(f"{client.name}: {step}: {error}", file=sys.stderr)
            result[step] = FAILED
            break
        result[step] = PASSED
    return result


def run_against_servers(client: Client, timeout: float) -> None:
    """Run a client's program against the local server, and against each rewrite of its responses.

    Raises:
        CommandError: If the program fails or does not print the expected lines.
    """
    with LocalServer() as server, ExitStack() as proxies:
        environment = {"CHATROUTES_API_KEY": server.api_key}
        environment["LONG_CONVERSATION_ID"] = create_conversation(server, client.long_conversation)
        base_urls = {"local server": server.base_url}
        for name in [each for each in REWRITES if each not in client.skips]:
            proxy = rewriting_proxy(server.base_url, REWRITES[name])
            base_urls[name] = proxies.enter_context(proxy)
        for name, base_url in base_urls.items():
            environment["CHATROUTES_BASE_URL"] = base_url
            try:
                output = run_command(client.run, client.path, environment, timeout)
            except CommandError as error:
                raise CommandError(f"{name}: {error}") from error
            printed = {line.strip() for line in output.splitlines()}
            expected = client.expected_output.splitlines()
            if missing := [line for line in expected if line not in printed]:
                raise CommandError(f"{name}: missing from the output: {missing}\n{output}")


def create_conversation(server: LocalServer, messages: int) -> str:
    """Create a conversation with a number of messages that follow one another, and return its id."""
    with ChatRoutes(api_key=server.api_key, base_url=server.base_url) as client:
        id = client.conversations.create({"title": "A long conversation"})["id"]
        for _ in range(messages // 2):
            client.messages.send(id, {"content": "And now?"})
    return id


def pinned_version(client: Client, package: str) -> str:
    """Return the version to which a package that generates or runs the client is pinned."""
    for manifest in MANIFESTS:
        path = ROOT / manifest.format(folder=client.path)
        pin = PIN.format(package=re.escape(package))
        if path.exists() and (found := re.search(pin, path.read_text("utf-8"), re.MULTILINE)):
            return found[1]
    raise LookupError(f"no file pins {package}: {MANIFESTS}")


def markdown_table(results: Sequence[tuple[Client, Result]]) -> str:
    """Return a table of the clients, their generators and the results."""
    head = ("client", "language", "tool", "version", "generated", "compiled", "ran")
    rows: list[Sequence[str]] = [head, ["---"] * len(head)]
    for client, result in results:
        versions = ", ".join(pinned_version(client, each) for each in client.packages)
        tools = ", ".join(client.packages)
        name = f"[{client.name}](#{client.name})"
        rows.append((name, client.language, tools, versions, *result.values()))
    return "".join(f"| {' | '.join(row)} |\n" for row in rows)


def replace_table(page: str, table: str) -> str:
    """Return a Markdown page with its table replaced."""
    return re.sub(r"^\| client \|.*\n(\|.*\n)*", lambda _: table, page, count=1, flags=re.MULTILINE)
