"""The command group: the discovery of commands, shared options, exit codes and imports."""

from __future__ import annotations

import json
import os
import re
import subprocess
import sys
from pathlib import Path

import click
import pytest
from click.testing import CliRunner

from chatroutes_cli.app import CommandGroup, cli, command_modules, summary
from chatroutes_cli.exit_codes import ExitCode
from chatroutes_cli.failures import CommandError
from chatroutes_server import LocalServer
from tests.support.command_line import CommandLine
from tests.support.imported_modules import imported_modules
from tests.support.paths import PYTHON_PATH

COMMANDS = sorted(command_modules())


class FailingGroup(CommandGroup):
    """A group whose commands raise an error."""

    def __init__(self, error: BaseException) -> None:
        super().__init__("group")
        self.error = error

    def get_command(self, ctx: click.Context, cmd_name: str) -> click.Command:
        def fail() -> None:
            raise self.error

        return click.Command(cmd_name, callback=fail)


def test_commands_are_the_modules_of_the_package() -> None:
    with click.Context(cli) as ctx:
        assert {"ask", "list", "models"} <= set(cli.list_commands(ctx))
        for name in COMMANDS:
            command = cli.get_command(ctx, name)
            assert command is not None
            assert command.name == name
        assert cli.get_command(ctx, "unknown") is None


@pytest.mark.parametrize("name", COMMANDS)
def test_every_command_has_a_help_and_json(name: str) -> None:
    with click.Context(cli) as ctx:
        command = cli.get_command(ctx, name)
    assert command is not None
    assert command.help
    assert re.fullmatch(r"[A-Z][^\"]*\.", summary(command_modules()[name]))
    leaves = command.commands.values() if isinstance(command, click.Group) else [command]
    for leaf in leaves:
        assert re.match(r"[A-Z].*\.$", leaf.get_short_help_str(1000)), leaf.name
        for parameter in leaf.params:
            if isinstance(parameter, click.Option):
                assert re.search(r"[.)]$", parameter.help or ""), (leaf.name, parameter.name)
        if name == "serve":  # the server parses its options, such as --json
            continue
        assert "--json" in [option for parameter in leaf.params for option in parameter.opts]


def test_help_imports_click_and_no_other_package() -> None:
    modules = imported_modules(
        "import sys\nfrom chatroutes_cli.main import main\nassert main(['--help']) == 0"
    )
    packages = {name.partition(".")[0] for name in modules}
    assert "click" in packages
    others = {"rich", "httpx", "chatroutes_wire", "chatroutes_server", "platformdirs", "attrs"}
    assert not packages & {*others, "prompt_toolkit", "asyncio", "ssl"}


def test_error_without_a_key_names_the_alternatives(folders: Path) -> None:
    code, message = CommandLine(None, None).fail("list")

    assert code == 3
    assert "CHATROUTES_API_KEY" in message
    assert "chatroutes config set api-key" in message
    assert "chatroutes chat --local" in message


def test_errors_are_json_with_json(commands: CommandLine) -> None:
    result = commands.run("list", "--json", CHATROUTES_API_KEY="cr_wrong")

    error = json.loads(result.stderr)["error"]
    assert (result.exit_code, result.stdout) == (3, "")
    assert (error["exitCode"], error["status"], error["type"]) == (3, 401, "AuthenticationError")
    assert "cr_wrong" not in result.stderr


@pytest.mark.parametrize(
    "arguments",
    [("list", "--limit", "0"), ("list", "--nix"), ("nix",), ("tree",), ("config", "set", "nix")],
)
def test_usage_errors_are_json_with_json(commands: CommandLine, arguments: tuple[str, ...]) -> None:
    code, text = commands.fail(*arguments)
    json_code, json_text = commands.fail(*arguments, "--json")

    error = json.loads(json_text)["error"]
    assert (code, json_code, error["exitCode"]) == (2, 2, 2)
    assert text.endswith(f"Error: {error['message']}\n")


@pytest.mark.parametrize(
    ("name", "nearest"), [("aks", "'ask'"), ("shwo", "'show'"), ("exprot", "'export'")]
)
def test_unknown_command_suggests_the_nearest(
    commands: CommandLine, name: str, nearest: str
) -> None:
    code, message = commands.fail(name)

    assert code == 2
    assert f"No such command {name!r}. Did you mean {nearest}" in message
    assert "Did you mean" not in commands.fail("zzz")[1]


@pytest.mark.parametrize(
    "arguments",
    [("list", "--base-url", "localhost:8787"), ("show", ""), ("ask", "Why?", "-c", "")],
)
def test_argument_that_cannot_be_sent_is_a_usage_error(
    commands: CommandLine, arguments: tuple[str, ...]
) -> None:
    assert commands.fail(*arguments)[0] == ExitCode.USAGE


def test_local_and_base_url_exclude_each_other(commands: CommandLine) -> None:
    code, message = commands.fail("models", "--local", "--base-url", "http://127.0.0.1:1/api/v1")

    assert code == 2
    assert "--local and --base-url" in message


@pytest.mark.parametrize(
    ("fault", "code"),
    [
        ("status=400", 5),
        ("status=401", 3),
        ("status=403", 3),
        ("status=404", 4),
        ("status=409", 5),
        ("status=422", 5),
        ("status=429,retry_after=99", 6),
        ("status=503,retry_after=99", 8),
        ("malformed", 8),
    ],
)
def test_exit_codes_of_the_service(
    commands: CommandLine, server: LocalServer, fault: str, code: int
) -> None:
    server.faults.add(f"listModels:{fault}")
    result = commands.run("models")
    server.faults.clear()

    assert (result.exit_code, result.stdout) == (code, "")
    assert result.stderr.startswith("Error: ")
    assert result.stderr.count("\n") == 1
    assert server.api_key not in result.stderr
    assert ("wait for 99 s." in result.stderr) is ("retry_after" in fault)


def test_help_documents_the_exit_codes(commands: CommandLine) -> None:
    documented = re.findall(r"^ +(\d+)  (\w.*)", commands.read("--help"), re.MULTILINE)

    assert [(int(code), text) for code, text in documented] == [
        (code, code.meaning) for code in ExitCode
    ]


@pytest.mark.parametrize(
    ("error", "code"),
    [
        (KeyboardInterrupt(), 130),
        (click.Abort(), 130),
        (BrokenPipeError(), 141),
        (OSError(28, "No space left on device", "a\x1bfile"), 1),
        (CommandError("It failed.", ExitCode.NOT_FOUND), 4),
        (click.UsageError("It failed."), 2),
    ],
)
def test_failure_of_a_command_has_an_exit_code(error: BaseException, code: int) -> None:
    result = CliRunner().invoke(FailingGroup(error), ["failing"])

    assert result.exit_code == code
    assert "Traceback" not in result.output
    assert "\x1b" not in result.output


def test_defect_is_raised() -> None:
    result = CliRunner().invoke(FailingGroup(ZeroDivisionError()), ["failing"])

    assert isinstance(result.exception, ZeroDivisionError)


def test_python_m_chatroutes_without_the_extra_names_it(tmp_path: Path) -> None:
    (tmp_path / "click.py").write_text("raise ModuleNotFoundError(name='click')")
    path = os.pathsep.join([str(tmp_path), PYTHON_PATH])

    result = subprocess.run(
        [sys.executable, "-m", "chatroutes", "chat"],
        env={**os.environ, "PYTHONPATH": path},
        capture_output=True,
        text=True,
    )

    assert (result.returncode, result.stdout) == (1, "")
    assert result.stderr == (
        "chatroutes: the command line needs more packages: "
        'install them with pip install "chatroutes[cli]"\n'
    )


@pytest.mark.skipif(sys.platform == "win32", reason="Windows has no such permissions")
def test_warnings_are_json_with_json(folders: Path) -> None:
    commands = CommandLine(None, None, CHATROUTES_MODEL="other")

    saved = commands.run("config", "set", "api-key", "--json", input="key")
    path = Path(json.loads(saved.stdout)["path"])
    path.chmod(0o644)
    text, lines = (
        commands.run("list", "--base-url", "http://127.0.0.1:9", *more).stderr.splitlines()
        for more in ([], ["--json"])
    )
    overridden = commands.run("config", "set", "model", "gpt-5", "--json")

    assert text[0] == f"Warning: other users may read the API key. Run: chmod 600 {path}"
    assert text[0] == f"Warning: {json.loads(lines[0])['warning']['message']}"
    assert json.loads(lines[1])["error"]["exitCode"] == 7
    assert "CHATROUTES_MODEL" in json.loads(overridden.stderr)["warning"]["message"]


@pytest.mark.skipif(sys.platform == "win32", reason="the test uses a shell of POSIX")
@pytest.mark.parametrize("closed", ["<&-", ">&-", "2>&-", "<&- >&- 2>&-"])
def test_closed_standard_streams_are_supported(commands: CommandLine, closed: str) -> None:
    variables = {name: value for name, value in commands.environment.items() if value is not None}

    result = subprocess.run(
        ["sh", "-c", f"'{sys.executable}' -m chatroutes chat {closed}"],
        env={**os.environ, **variables, "PYTHONPATH": PYTHON_PATH},
        stdin=subprocess.DEVNULL,
        capture_output=True,
        text=True,
    )

    assert (result.returncode, result.stdout, result.stderr) == (0, "", "")


@pytest.mark.skipif(not Path("/dev/full").exists(), reason="the system has no /dev/full")
@pytest.mark.parametrize(
    "arguments", [["config", "get"], ["--help"], ["serve", "--help"]], ids=" ".join
)
def test_full_disk_is_an_error(commands: CommandLine, arguments: list[str]) -> None:
    variables = {name: value for name, value in commands.environment.items() if value is not None}
    with open("/dev/full", "w") as full:
        result = subprocess.run(
            [sys.executable, "-m", "chatroutes", *arguments],
            env={**os.environ, **variables, "PYTHONPATH": PYTHON_PATH, "PYTHONUNBUFFERED": ""},
            stdout=full,
            stderr=subprocess.PIPE,
            text=True,
        )

    assert (result.returncode, result.stderr) == (1, "Error: No space left on device.\n")


@pytest.mark.skipif(sys.platform == "win32", reason="the error of a pipe is another one")
@pytest.mark.parametrize("arguments", [["config", "get"], ["--help"], ["--version"]], ids=" ".join)
def test_reader_that_has_ended_is_no_error(commands: CommandLine, arguments: list[str]) -> None:
    variables = {name: value for name, value in commands.environment.items() if value is not None}
    reader, writer = os.pipe()
    os.close(reader)
    with open(writer, "w") as output:
        result = subprocess.run(
            [sys.executable, "-m", "chatroutes", *arguments],
            env={**os.environ, **variables, "PYTHONPATH": PYTHON_PATH},
            stdout=output,
            stderr=subprocess.PIPE,
            text=True,
        )

    assert (result.returncode, result.stderr) == (141, "")


def test_base_url_without_a_server_is_a_network_error(folders: Path) -> None:
    commands = CommandLine("key", "http://127.0.0.1:9/api/v1")

    code, message = commands.fail("models")

    assert code == 7
    assert message.startswith("Error: ")
    assert message.count("\n") == 1
    assert "127.0.0.1:9" in message
