"""The command line of the server. What needs no signal and no second process runs in this process."""

from __future__ import annotations

import re
import signal
import socket
import subprocess
import sys
from contextlib import ExitStack
from pathlib import Path
from typing import Any

import httpx
import pytest
import yaml

from chatroutes_server.api_keys import configured_keys
from chatroutes_server.cli import main
from tests.support.paths import CONTRACT, ROOT
from tests.support.server_command import Command, find_users


def test_generated_key_and_data_survive_a_restart(start_command: Any, tmp_path: Path) -> None:
    command = start_command("--port", "0")
    url, first_key = command.read_ready_lines()
    headers = {"Authorization": f"ApiKey {first_key}"}
    with httpx.Client(base_url=url, headers=headers, verify=False) as client:
        created = client.post("/conversations", json={"title": "kept"}).json()
    assert re.fullmatch(r"cr_local_sk_[0-9a-f]{64}", first_key)
    assert (tmp_path / "chatroutes.db").stat().st_mode & 0o777 == 0o600
    assert command.wait_for_exit(signal.SIGTERM) == (0, "", "")

    command = start_command("--port", "0", "--database", "chatroutes.db")
    url, second_key = command.read_ready_lines()
    assert second_key == first_key
    conversation_id = created["data"]["conversation"]["id"]
    headers = {"X-API-Key": second_key}
    fetched = httpx.get(
        f"{url}/conversations/{conversation_id}", headers=headers, verify=False
    ).json()
    assert fetched["data"]["conversation"]["title"] == "kept"


def test_api_key_and_rate_limit_options(start_command: Any) -> None:
    url, _ = start_command(
        "--port", "0", "--api-key", "a", "--api-key", "b", "--rate-limit", "2/hour"
    ).read_ready_lines()

    def post(key: str) -> httpx.Response:
        headers = {"X-API-Key": key}
        return httpx.post(
            f"{url}/conversations", json={"title": "x"}, headers=headers, verify=False
        )

    responses = [post(key) for key in ("a", "b", "a", "a", "b")]

    assert [response.status_code for response in responses] == [201, 201, 201, 429, 201]
    users = [each.json()["data"]["conversation"]["userId"] for each in (responses[0], responses[1])]
    assert users[0] == "user_local" != users[1]


def test_api_keys_from_files_follow_those_of_the_options(
    start_command: Any, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("CHATROUTES_SERVER_API_KEY", "of-the-environment")
    (tmp_path / "keys").write_bytes(b"\xef\xbb\xbffirst\r\n\n  second  \n")
    (tmp_path / "more").write_text("third")

    command = start_command(
        "--port", "0", "--api-key-file", "keys", "--api-key", "option", "--api-key-file", "more"
    )
    url, printed = command.read_ready_lines()

    local, *others, rejected = find_users(
        url, "option", "first", "second", "third", "of-the-environment"
    )
    assert printed is None
    assert local == "user_local"
    assert len({local, *others}) == 4
    assert rejected is None


def test_api_key_is_read_from_the_environment(
    start_command: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("CHATROUTES_SERVER_API_KEY", "from-the-environment\n")

    url, printed = start_command("--port", "0").read_ready_lines()

    assert printed is None
    assert find_users(url, "from-the-environment", "other") == ["user_local", None]


def test_empty_environment_variable_is_ignored() -> None:
    assert configured_keys([], [], {"CHATROUTES_SERVER_API_KEY": " "}) == []


def test_generated_key_is_not_accepted_beside_given_keys_and_returns_without_them(
    start_command: Any,
) -> None:
    command = start_command("--port", "0")
    _, generated = command.read_ready_lines()
    command.wait_for_exit(signal.SIGTERM)

    command = start_command("--port", "0", "--api-key", "given")
    url, printed = command.read_ready_lines()
    assert printed is None
    assert find_users(url, generated, "given")[0] is None
    assert command.wait_for_exit(signal.SIGTERM) == (0, "", "")

    url, printed = start_command("--port", "0").read_ready_lines()
    assert printed == generated
    assert find_users(url, generated, "given") == ["user_local", None]


def test_each_database_has_its_own_generated_key(start_command: Any) -> None:
    keys = {
        start_command("--port", "0", "--database", name).read_ready_lines()[1]
        for name in ("one.db", "two.db")
    }

    assert len(keys) == 2


def test_printed_lines_set_the_variables_of_a_shell(start_command: Any) -> None:
    command = start_command("--host", "::1", "--port", "0")
    assert command.process.stdout is not None
    lines = [command.process.stdout.readline() for _ in range(3)]

    script = "".join([*lines[1:], 'printf "%s\\n" "$CHATROUTES_BASE_URL" "$CHATROUTES_API_KEY"'])
    printed = subprocess.run(["sh", "-c", script], capture_output=True, text=True, check=True)

    url, key = printed.stdout.splitlines()
    assert lines[0] == f"ChatRoutes server ready at {url}\n"
    assert find_users(url, key) == ["user_local"]


def test_upstream_and_fault_options(start_command: Any, tmp_path: Path) -> None:
    (tmp_path / "models.toml").write_text(
        'strict_models = true\n[upstreams.small]\nurl = "http://localhost:1/v1"\n'
        'provider = "me"\n[upstreams."big one"]\nurl = "http://localhost:1/v1"\ntimeout = 5\n'
    )
    arguments = ["--upstream", "first=http://localhost:1,provider=x", "--config", "models.toml"]
    faults = ["--fault", "listModels:status=503", "--fault", "*:status=418"]
    url, key = start_command("--port", "0", *arguments, *faults).read_ready_lines()

    with httpx.Client(base_url=url, headers={"X-API-Key": key}, verify=False) as client:
        responses = [client.get("/models") for _ in range(3)]
        rejected = client.post("/conversations", json={"title": "x", "model": "other"})

    assert [response.status_code for response in responses] == [503, 418, 200]
    ids_and_providers = [
        (each["id"], each["provider"]) for each in responses[2].json()["data"]["models"]
    ]
    assert ids_and_providers == [
        ("first", "x"),
        ("small", "me"),
        ("big one", "localhost"),
        ("builtin", "local"),
    ]
    assert rejected.status_code == 400


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        (["--fault", "x:y"], "invalid fault"),
        (["--fault", "sendMassage:stall"], "unknown operation 'sendMassage'"),
        (["--rate-limit", "many"], "invalid rate limit 'many': expected N/second"),
        (["--database", "notes.txt"], "notes.txt is not a database"),
        (["--host", ""], "invalid host '': expected an address"),
        (["--database", ""], "invalid database '': expected the path of a file"),
        (["--port", "65536"], "invalid port 65536: expected 0 to 65535"),
        (["--keep-alive", "0"], "invalid keep alive 0.0: expected more than 0 seconds"),
        (["--allow-host", "a:1"], "invalid allowed host 'a:1'"),
        (["--allow-origin", "a"], "invalid allowed origin 'a'"),
        (["--upstream", "llama"], "upstream llama: invalid URL"),
        (["--upstream", "a=http://x,key=NOT_SET"], "NOT_SET"),
        (
            ["--upstream", "a=http://x,input_price=1"],
            "input_price and output_price belong together",
        ),
        (["--upstream", "a=http://x,input_price=x"], "input_price must be a number"),
        (["--upstream", "a=http://x,input_price=-1,output_price=1"], "a price must be 0 or more"),
        (["--config", "none.toml"], "cannot read the configuration file none.toml"),
        (["--config", "bad.toml"], "is not valid TOML"),
        (["--config", "odd.toml"], "invalid configuration file odd.toml"),
        (["--config", "flat.toml"], "invalid upstream x: expected a table"),
        (["--config", "typed.toml"], "upstream x: invalid url 5"),
        (["--config", "long.toml"], "the upstream x has an unknown option colour"),
        (["--api-key-file", "none"], "cannot read the API key file none: No such file"),
        (["--api-key-file", "."], "cannot read the API key file .: Is a directory"),
        (["--api-key-file", "empty"], "the API key file empty has no key: expected one key per"),
        (["--api-key-file", "binary"], "the API key file binary is not UTF-8"),
        (["--api-key-file", "spaces"], "invalid API key: it must be printable ASCII"),
    ],
)
@pytest.mark.usefixtures("restored_logging")
def test_invalid_option_prints_one_line(
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
    capsys: pytest.CaptureFixture[str],
    arguments: list[str],
    message: str,
) -> None:
    (tmp_path / "bad.toml").write_text("[[")
    (tmp_path / "odd.toml").write_text("colour = 1")
    (tmp_path / "flat.toml").write_text("upstreams.x = 1")
    (tmp_path / "typed.toml").write_text("upstreams.x.url = 5")
    (tmp_path / "long.toml").write_text("upstreams.x.colour = 5")
    (tmp_path / "empty").write_text("\n \n")
    (tmp_path / "binary").write_bytes(b"\xff")
    (tmp_path / "spaces").write_text("two words")
    (tmp_path / "notes.txt").write_text("hello")

    monkeypatch.chdir(tmp_path)

    status = main(["--port", "0", *arguments])

    out, err = capsys.readouterr()
    is_unusable_file = message.startswith(("cannot read", "notes.txt", "invalid database"))
    assert (status, out) == (1 if is_unusable_file else 2, "")
    assert message in err
    assert err.count("\n") == 1
    assert (tmp_path / "notes.txt").read_text() == "hello"
    assert not (tmp_path / "chatroutes.db").exists()


@pytest.mark.parametrize("signal_number", [signal.SIGINT, signal.SIGTERM])
def test_signal_stops_the_server_cleanly_with_open_streams(
    start_command: Any, signal_number: signal.Signals
) -> None:
    command = start_command("--port", "0", "--api-key", "k", "--word-delay", "30")
    url, _ = command.read_ready_lines()
    with ExitStack() as stack:
        client = stack.enter_context(httpx.Client(headers={"X-API-Key": "k"}, verify=False))
        created = client.post(f"{url}/conversations", json={"title": "x"}).json()
        path = f"{url}/conversations/{created['data']['conversation']['id']}/messages/stream"
        stream = client.stream("POST", path, json={"content": "hello"})
        response = stack.enter_context(stream)
        lines = response.iter_lines()
        assert next(lines).startswith("data: ")

        assert command.wait_for_exit(signal_number) == (0, "", "")
        assert list(lines)[-3] == "data: [DONE]"


def test_data_survives_sigkill_and_given_keys_are_not_printed(
    start_command: Any,
) -> None:
    arguments = ("--port", "0", "--api-key", "my-secret-key", "--word-delay", "0")
    command = start_command(*arguments)
    url, printed_key = command.read_ready_lines()
    assert printed_key is None
    with httpx.Client(base_url=url, headers={"X-API-Key": "wrong"}, verify=False) as client:
        assert client.get("/conversations").status_code == 401
        client.headers["X-API-Key"] = "my-secret-key"
        created = client.post("/conversations", json={"title": "x"}).json()
        path = f"/conversations/{created['data']['conversation']['id']}/messages"
        sent = client.post(path, json={"content": "hello"}).json()["data"]
    assert command.wait_for_exit(signal.SIGKILL)[1:] == ("", "")

    command = start_command(*arguments)
    url, _ = command.read_ready_lines()
    headers = {"X-API-Key": "my-secret-key"}
    listed = httpx.get(url + path, headers=headers, verify=False).json()
    assert listed["data"]["messages"] == [sent["userMessage"], sent["message"]]
    _, out, err = command.wait_for_exit(signal.SIGINT)
    assert "my-secret-key" not in out + err


def failed_start_error(command: Command) -> str:
    status, out, err = command.wait_for_exit()
    assert (status, out) == (1, "")
    assert err.count("\n") == 1
    assert "Traceback" not in err
    return err


def test_port_in_use_prints_one_line(start_command: Any) -> None:
    with socket.create_server(("127.0.0.1", 0)) as listener:
        port = listener.getsockname()[1]

        error = failed_start_error(start_command("--port", str(port)))
        assert f"cannot listen on 127.0.0.1:{port}" in error
        assert "--port 0" in error


def test_version_is_that_of_the_contract(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    version = yaml.safe_load(CONTRACT.read_text("utf-8"))["info"]["version"]
    monkeypatch.chdir(tmp_path)

    assert main(["--version"]) == 0
    assert capsys.readouterr() == (f"chatroutes-server {version}\n", "")
    assert list(tmp_path.iterdir()) == []


def test_unknown_host_prints_one_line(start_command: Any) -> None:
    assert "cannot listen on 203.0.113.1:0" in failed_start_error_after_warning(
        start_command("--host", "203.0.113.1", "--port", "0")
    )


def failed_start_error_after_warning(command: Command) -> str:
    status, out, err = command.wait_for_exit()
    warning, error = err.splitlines()
    assert (status, out) == (1, "")
    assert "other machines" in warning
    return error


def test_listening_on_all_interfaces_prints_a_warning(start_command: Any) -> None:
    command = start_command("--host", "0.0.0.0", "--port", "0")
    command.read_ready_lines()

    status, _, err = command.wait_for_exit(signal.SIGTERM)

    assert status == 0
    assert "0.0.0.0" in err
    assert "other machines" in err


def test_missing_extra_prints_how_to_install_it(tmp_path: Path) -> None:
    # With -S and -I, only the standard library and the path added here are importable.
    code = f"import sys; sys.path.insert(0, {str(ROOT)!r}); "
    command = code + "from chatroutes_server.cli import main; sys.exit(main([]))"
    program = code + "from chatroutes_server import LocalServer; LocalServer().__enter__()"

    def run_without_packages(program: str) -> subprocess.CompletedProcess[str]:
        arguments = [sys.executable, "-I", "-S", "-c", program]
        return subprocess.run(arguments, cwd=tmp_path, capture_output=True, text=True, check=False)

    command_result = run_without_packages(command)
    program_result = run_without_packages(program)

    hint = 'pip install "chatroutes[server]"'
    assert command_result.returncode == 1
    assert hint in command_result.stderr
    assert command_result.stderr.count("\n") == 1
    assert program_result.stderr.splitlines()[-1].startswith("ImportError: ")
    assert hint in program_result.stderr.splitlines()[-1]
    assert list(tmp_path.iterdir()) == []
