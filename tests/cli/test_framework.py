"""What all commands share: their discovery, their options, exit codes and imports."""

from __future__ import annotations

import json
import re
from pathlib import Path

import click
import pytest

from chatroutes_cli.app import cli, command_modules
from tests.support.command_line import CommandLine
from tests.support.imported_modules import imported_modules

COMMANDS = sorted(command_modules())


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
    leaves = command.commands.values() if isinstance(command, click.Group) else [command]
    for leaf in leaves:
        assert re.match(r"[A-Z].*\.$", leaf.get_short_help_str(1000)), leaf.name
        for parameter in leaf.params:
            if isinstance(parameter, click.Option):
                assert re.search(r"[.)]$", parameter.help or ""), (leaf.name, parameter.name)
        assert "--json" in [option for parameter in leaf.params for option in parameter.opts]


def test_help_imports_click_and_no_other_package() -> None:
    modules = imported_modules(
        "import sys\nfrom chatroutes_cli.main import main\nassert main(['--help']) == 0"
    )
    packages = {name.partition(".")[0] for name in modules}
    assert "click" in packages
    others = {"rich", "httpx", "chatroutes_wire", "chatroutes_server", "platformdirs", "attrs"}
    assert not packages & {*others, "prompt_toolkit", "asyncio", "ssl"}


def test_command_without_a_key_names_the_ways_to_begin(folders: Path) -> None:
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


def test_local_and_base_url_exclude_each_other(commands: CommandLine) -> None:
    code, message = commands.fail("models", "--local", "--base-url", "http://127.0.0.1:1/api/v1")

    assert code == 2
    assert "--local and --base-url" in message


def test_base_url_without_a_server_is_a_network_error(folders: Path) -> None:
    commands = CommandLine("key", "http://127.0.0.1:9/api/v1")

    code, message = commands.fail("models")

    assert code == 7
    assert message.startswith("Error: ")
    assert message.count("\n") == 1
    assert "127.0.0.1:9" in message
