"""The command line, as a process of its own."""

from __future__ import annotations

import os
import re
import signal
import socket
import subprocess
import sys
from collections.abc import Iterator
from contextlib import ExitStack
from pathlib import Path
from typing import Any

import httpx
import pytest

from tests.support.paths import ROOT
from tests.support.server_command import READY_LINE


class Command:
    """`python -m chatroutes_server` in a folder of its own."""

    def __init__(self, folder: Path, *arguments: str) -> None:
        self.process = subprocess.Popen(
            [sys.executable, "-m", "chatroutes_server", *arguments],
            cwd=folder,
            env={**os.environ, "PYTHONPATH": str(ROOT)},
            stdout=subprocess.PIPE,
            stderr=subprocess.PIPE,
            text=True,
        )

    def ready(self) -> tuple[str, str | None]:
        assert self.process.stdout is not None
        line = self.process.stdout.readline()
        match = READY_LINE.fullmatch(line)
        assert match, (line, self.process.communicate())
        return match[1], match[2]

    def end(self, number: signal.Signals | None = None) -> tuple[int, str, str]:
        if number is not None:
            self.process.send_signal(number)
        out, err = self.process.communicate(timeout=20)
        return self.process.returncode, out, err


@pytest.fixture
def run(tmp_path: Path) -> Iterator[Any]:
    started: list[Command] = []

    def start(*arguments: str) -> Command:
        started.append(Command(tmp_path, *arguments))
        return started[-1]

    yield start
    for command in started:
        if command.process.poll() is None:
            command.process.kill()
            command.process.communicate()


def test_it_prints_one_line_with_url_and_key_and_keeps_its_data_over_a_restart(
    run: Any, tmp_path: Path
) -> None:
    command = run("--port", "0")
    url, first_key = command.ready()
    headers = {"Authorization": f"ApiKey {first_key}"}
    with httpx.Client(base_url=url, headers=headers, verify=False) as client:
        created = client.post("/conversations", json={"title": "kept"}).json()
    assert re.fullmatch(r"cr_local_sk_[0-9a-f]{64}", first_key)
    assert command.end(signal.SIGTERM) == (0, "", "")

    command = run("--port", "0", "--database", "chatroutes.db")
    url, second_key = command.ready()
    assert second_key != first_key
    conversation_id = created["data"]["conversation"]["id"]
    headers = {"X-API-Key": second_key}
    got = httpx.get(f"{url}/conversations/{conversation_id}", headers=headers, verify=False).json()
    assert got["data"]["conversation"]["title"] == "kept"


def test_further_keys_are_accounts_of_their_own_within_the_limit(run: Any) -> None:
    url, _ = run(
        "--port", "0", "--api-key", "a", "--api-key", "b", "--rate-limit", "2/hour"
    ).ready()

    def post(key: str) -> httpx.Response:
        headers = {"X-API-Key": key}
        return httpx.post(
            f"{url}/conversations", json={"title": "x"}, headers=headers, verify=False
        )

    answers = [post(key) for key in ("a", "b", "a", "a", "b")]

    assert [answer.status_code for answer in answers] == [201, 201, 201, 429, 201]
    users = [each.json()["data"]["conversation"]["userId"] for each in (answers[0], answers[1])]
    assert users[0] == "user_local" != users[1]


def test_a_rate_limit_that_is_none_is_one_sentence(run: Any) -> None:
    assert "invalid rate limit 'many': expected N/second" in refused(
        run("--port", "0", "--rate-limit", "many")
    )


def test_upstreams_and_faults_are_taken_from_the_command_line(run: Any, tmp_path: Path) -> None:
    (tmp_path / "models.toml").write_text(
        'strict_models = true\n[upstreams.small]\nurl = "http://localhost:1/v1"\n'
        'provider = "me"\n[upstreams."big one"]\nurl = "http://localhost:1/v1"\ntimeout = 5\n'
    )
    arguments = ["--upstream", "first=http://localhost:1,provider=x", "--config", "models.toml"]
    faults = ["--fault", "listModels:status=503", "--fault", "*:status=418"]
    url, key = run("--port", "0", *arguments, *faults).ready()

    with httpx.Client(base_url=url, headers={"X-API-Key": key}, verify=False) as client:
        answers = [client.get("/models") for _ in range(3)]
        refused = client.post("/conversations", json={"title": "x", "model": "other"})

    assert [answer.status_code for answer in answers] == [503, 418, 200]
    names = [(each["id"], each["provider"]) for each in answers[2].json()["data"]["models"]]
    assert names == [
        ("first", "x"),
        ("small", "me"),
        ("big one", "localhost"),
        ("builtin", "local"),
    ]
    assert refused.status_code == 400


@pytest.mark.parametrize(
    ("arguments", "words"),
    [
        (["--fault", "sendMassage:stall"], "unknown operation 'sendMassage'"),
        (["--fault", "x:y"], "invalid fault"),
        (["--keep-alive", "0"], "invalid keep alive 0.0: expected more than 0 seconds"),
        (["--upstream", "llama"], "upstream llama: invalid URL"),
        (["--upstream", "a=http://x,key=NOT_THERE"], "NOT_THERE"),
        (["--config", "none.toml"], "cannot read the configuration file none.toml"),
        (["--config", "bad.toml"], "is not valid TOML"),
        (["--config", "odd.toml"], "invalid configuration file odd.toml"),
        (["--config", "flat.toml"], "invalid upstream x: expected a table"),
        (["--config", "typed.toml"], "upstream x: invalid url 5"),
        (["--config", "long.toml"], "the upstream x has an unknown option colour"),
    ],
)
def test_what_cannot_be_started_with_is_one_sentence(
    run: Any, tmp_path: Path, arguments: list[str], words: str
) -> None:
    (tmp_path / "bad.toml").write_text("[[")
    (tmp_path / "odd.toml").write_text("colour = 1")
    (tmp_path / "flat.toml").write_text("upstreams.x = 1")
    (tmp_path / "typed.toml").write_text("upstreams.x.url = 5")
    (tmp_path / "long.toml").write_text("upstreams.x.colour = 5")

    assert words in refused(run("--port", "0", *arguments))
    assert not (tmp_path / "chatroutes.db").exists() or "Massage" in words


@pytest.mark.parametrize("number", [signal.SIGINT, signal.SIGTERM])
def test_a_signal_stops_it_cleanly_with_streams_and_connections_open(
    run: Any, number: signal.Signals
) -> None:
    command = run("--port", "0", "--api-key", "k", "--word-delay", "30")
    url, _ = command.ready()
    with ExitStack() as open_things:
        client = open_things.enter_context(httpx.Client(headers={"X-API-Key": "k"}, verify=False))
        created = client.post(f"{url}/conversations", json={"title": "x"}).json()
        path = f"{url}/conversations/{created['data']['conversation']['id']}/messages/stream"
        stream = client.stream("POST", path, json={"content": "hello"})
        response = open_things.enter_context(stream)
        lines = response.iter_lines()
        assert next(lines).startswith("data: ")

        assert command.end(number) == (0, "", "")
        assert list(lines)[-3] == "data: [DONE]"


def test_what_was_answered_survives_a_kill_and_a_key_that_was_given_is_printed_nowhere(
    run: Any,
) -> None:
    given = ("--port", "0", "--api-key", "my-secret-key", "--word-delay", "0")
    command = run(*given)
    url, shown = command.ready()
    assert shown is None
    with httpx.Client(base_url=url, headers={"X-API-Key": "wrong"}, verify=False) as client:
        assert client.get("/conversations").status_code == 401
        client.headers["X-API-Key"] = "my-secret-key"
        created = client.post("/conversations", json={"title": "x"}).json()
        path = f"/conversations/{created['data']['conversation']['id']}/messages"
        sent = client.post(path, json={"content": "hello"}).json()["data"]
    assert command.end(signal.SIGKILL)[1:] == ("", "")

    command = run(*given)
    url, _ = command.ready()
    headers = {"X-API-Key": "my-secret-key"}
    listed = httpx.get(url + path, headers=headers, verify=False).json()
    assert listed["data"]["messages"] == [sent["userMessage"], sent["message"]]
    _, out, err = command.end(signal.SIGINT)
    assert "my-secret-key" not in out + err


def refused(command: Command) -> str:
    status, out, err = command.end()
    assert (status, out) == (1, "")
    assert err.count("\n") == 1
    assert "Traceback" not in err
    return err


def test_a_port_in_use_is_one_sentence(run: Any) -> None:
    with socket.create_server(("127.0.0.1", 0)) as taken:
        port = taken.getsockname()[1]

        assert f"cannot listen on 127.0.0.1:{port}" in refused(run("--port", str(port)))


def test_a_host_that_is_none_is_one_sentence(run: Any) -> None:
    assert "cannot listen on 203.0.113.1:0" in refused_after_warning(
        run("--host", "203.0.113.1", "--port", "0")
    )


def refused_after_warning(command: Command) -> str:
    status, out, err = command.end()
    warning, sentence = err.splitlines()
    assert (status, out) == (1, "")
    assert "other machines" in warning
    return sentence


def test_a_file_that_is_no_database_is_one_sentence(run: Any, tmp_path: Path) -> None:
    (tmp_path / "notes.txt").write_text("hello")

    assert "notes.txt is not a database" in refused(run("--port", "0", "--database", "notes.txt"))
    assert (tmp_path / "notes.txt").read_text() == "hello"


def test_listening_beyond_this_machine_is_said_on_stderr(run: Any) -> None:
    command = run("--host", "0.0.0.0", "--port", "0")
    command.ready()

    status, _, err = command.end(signal.SIGTERM)

    assert status == 0
    assert "0.0.0.0" in err
    assert "other machines" in err


def test_without_its_packages_it_says_what_installs_them(tmp_path: Path) -> None:
    # -S and -I leave only the standard library and what is put on the path here.
    code = f"import sys; sys.path.insert(0, {str(ROOT)!r}); "
    command = code + "from chatroutes_server.cli import main; sys.exit(main([]))"
    embedded = code + "from chatroutes_server import LocalServer; LocalServer().__enter__()"

    def bare(program: str) -> subprocess.CompletedProcess[str]:
        arguments = [sys.executable, "-I", "-S", "-c", program]
        return subprocess.run(arguments, cwd=tmp_path, capture_output=True, text=True, check=False)

    by_command = bare(command)
    by_program = bare(embedded)

    sentence = 'pip install "chatroutes[server]"'
    assert by_command.returncode == 1
    assert sentence in by_command.stderr
    assert by_command.stderr.count("\n") == 1
    assert by_program.stderr.splitlines()[-1].startswith("ImportError: ")
    assert sentence in by_program.stderr.splitlines()[-1]
    assert list(tmp_path.iterdir()) == []
