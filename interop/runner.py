"""Generate, compile and run clients in other languages, and report the results."""

from __future__ import annotations

import json
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

from chatroutes_server import LocalServer
from interop.proxy import REWRITES, rewriting_proxy

ROOT = Path(__file__).resolve().parents[1]
REQUIREMENTS = ROOT / "interop/requirements.txt"
SETTINGS: Any = yaml.safe_load((ROOT / "interop/clients.yaml").read_text("utf-8"))
DOCS = ROOT / "docs/interop.md"
OPENAPI = {
    "OPENAPI_31": str(ROOT / "openapi/chatroutes.yaml"),
    "OPENAPI_30": str(ROOT / "openapi/chatroutes-3.0.yaml"),
}

STEPS = {"generate": 300.0, "compile": 1200.0, "run": 120.0}  # with their timeouts in seconds
PASSED, FAILED, NOT_REACHED = "yes", "failed", "—"

Result = dict[str, str]  # by step: passed, failed, not reached, or the toolchains that are missing


class CommandError(Exception):
    """A command failed or timed out."""


@dataclass(frozen=True)
class Client:
    """The settings of one client. interop/clients.yaml describes them."""

    name: str
    language: str
    packages: Sequence[str]
    generate: str
    compile: str
    run: str
    folder: str = ""
    requires: Mapping[str, Sequence[str]] = field(default_factory=dict[str, list[str]])
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
        env={**os.environ, **OPENAPI, **(environment or {})},
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
    result = dict.fromkeys(STEPS, NOT_REACHED)
    shutil.rmtree(client.path / "generated", ignore_errors=True)
    for step, timeout in STEPS.items():
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
        base_urls = {"local server": server.base_url}
        for name, rewrite in REWRITES.items():
            base_urls[name] = proxies.enter_context(rewriting_proxy(server.base_url, rewrite))
        for name, base_url in base_urls.items():
            environment = {"CHATROUTES_BASE_URL": base_url, "CHATROUTES_API_KEY": server.api_key}
            environment |= {"NO_PROXY": "127.0.0.1", "no_proxy": "127.0.0.1"}
            try:
                output = run_command(client.run, client.path, environment, timeout)
            except CommandError as error:
                raise CommandError(f"{name}: {error}") from error
            printed, expected = output.splitlines(), client.expected_output.splitlines()
            if missing := [line for line in expected if line not in printed]:
                raise CommandError(f"{name}: missing from the output: {missing}\n{output}")


def pinned_version(client: Client, package: str) -> str:
    """Return the version to which a package that generates the client is pinned."""
    package_json = client.path / "package.json"
    if package_json.exists():
        read = json.loads(package_json.read_text("utf-8"))
        version: str = {**read.get("dependencies", {}), **read["devDependencies"]}[package]
        return version
    pin = re.search(rf"^{package}==(\S+)", REQUIREMENTS.read_text("utf-8"), re.MULTILINE)
    if pin is None:
        raise LookupError(f"{REQUIREMENTS} does not pin {package}")
    return pin[1]


def markdown_table(results: Sequence[tuple[Client, Result]]) -> str:
    """Return a table of the clients, their generators and the results."""
    head = ("client", "language", "generator", "version", "generated", "compiled", "ran")
    rows: list[Sequence[str]] = [head, ["---"] * len(head)]
    for client, result in results:
        versions = ", ".join(pinned_version(client, each) for each in client.packages)
        generator = ", ".join(client.packages)
        name = f"[{client.name}](#{client.name})"
        rows.append((name, client.language, generator, versions, *result.values()))
    return "".join(f"| {' | '.join(row)} |\n" for row in rows)


def replace_table(page: str, table: str) -> str:
    """Return a Markdown page with its table replaced."""
    return re.sub(r"^\| client \|.*\n(\|.*\n)*", lambda _: table, page, count=1, flags=re.MULTILINE)
