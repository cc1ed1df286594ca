"""The command `config`, and the file of the settings."""

from __future__ import annotations

import stat
import sys
from pathlib import Path

import pytest

from tests.support.command_line import CommandLine

KEY = "cr_prod_sk_0123456789abcdef"


@pytest.fixture
def settings(folders: Path) -> CommandLine:
    """Commands without settings in the environment."""
    return CommandLine(None, None)


def path_of(settings: CommandLine) -> Path:
    return Path(settings.read("config", "path").strip())


def test_key_is_read_from_the_standard_input(settings: CommandLine, folders: Path) -> None:
    assert settings.read("config", "set", "api-key", input=f"{KEY}\n") == ""

    path = path_of(settings)
    assert path == folders / "config" / "config.json"
    assert settings.read("config", "get", "api-key") == "…cdef\n"
    assert list(path.parent.iterdir()) == [path]
    if sys.platform != "win32":
        assert stat.S_IMODE(path.stat().st_mode) == 0o600
        assert stat.S_IMODE(path.parent.stat().st_mode) == 0o700


def test_key_as_an_argument_is_rejected(settings: CommandLine) -> None:
    code, message = settings.fail("config", "set", "api-key", KEY)

    assert code == 2
    assert "cannot be an argument" in message
    assert KEY not in message
    assert not path_of(settings).exists()


@pytest.mark.parametrize(
    ("name", "value"),
    [
        ("api-key", "two\nlines"),
        ("api-key", " "),
        ("api-key", "https://example.com"),
        ("base-url", "ftp://example.com"),
        ("base-url", "example.com"),
        ("model", ""),
    ],
)
def test_invalid_value_is_not_saved(settings: CommandLine, name: str, value: str) -> None:
    code, message = settings.fail("config", "set", name, input=value)

    assert code == 2
    assert name in message
    assert not path_of(settings).exists()


def test_settings_are_saved_and_removed(settings: CommandLine) -> None:
    settings.read("config", "set", "model", "gpt-4")
    settings.read("config", "set", "base-url", "http://localhost:8787/api/v1")

    assert settings.read("config", "get", "model") == "gpt-4\n"
    assert settings.read_json("config", "get") == [
        {"name": "api-key", "value": None, "from": None},
        {"name": "base-url", "value": "http://localhost:8787/api/v1", "from": "file"},
        {"name": "model", "value": "gpt-4", "from": "file"},
    ]
    assert settings.read_json("config", "unset", "model") == {"name": "model", "removed": True}
    assert settings.read_json("config", "unset", "model") == {"name": "model", "removed": False}
    assert settings.fail("config", "get", "model") == (1, "Error: The setting model is not set.\n")


def test_environment_takes_precedence(settings: CommandLine) -> None:
    settings.read("config", "set", "model", "gpt-4")

    result = settings.run("config", "get", "model", "--json", CHATROUTES_MODEL="gpt-5")

    assert '"value": "gpt-5", "from": "CHATROUTES_MODEL"' in result.stdout


def test_saved_key_and_url_are_used(commands: CommandLine, settings: CommandLine) -> None:
    settings.read("config", "set", "api-key", input=str(commands.environment["CHATROUTES_API_KEY"]))
    settings.read("config", "set", "base-url", str(commands.environment["CHATROUTES_BASE_URL"]))

    assert settings.read("models").startswith("gpt-5\t")


@pytest.mark.skipif(sys.platform == "win32", reason="Windows has no such permissions")
def test_key_that_others_can_read_is_reported(settings: CommandLine) -> None:
    settings.read("config", "set", "api-key", input=KEY)
    path_of(settings).chmod(0o644)

    result = settings.run("models", "--base-url", "ftp://example.com")

    assert f"chmod 600 {path_of(settings)}" in result.stderr
    assert KEY not in result.stderr


@pytest.mark.parametrize("content", ["{", "[]", '{"api-key": 1}', f'{{"key": "{KEY}"}}', "\udcff"])
def test_damaged_file_is_an_error_without_its_content(settings: CommandLine, content: str) -> None:
    path = path_of(settings)
    path.parent.mkdir()
    path.write_bytes(content.encode("utf-8", "surrogateescape"))

    code, message = settings.fail("models")

    assert code == 1
    assert str(path) in message
    assert KEY not in message
    assert settings.fail("config", "set", "model", "gpt-4")[0] == 1


def test_folder_that_cannot_be_created_is_an_error(settings: CommandLine, folders: Path) -> None:
    (folders / "config").write_text("a file")

    code, message = settings.fail("config", "set", "model", "gpt-4")
    local = settings.run("models", "--local", XDG_DATA_HOME=str(folders / "config"))

    assert code == 1
    assert str(folders / "config") in message
    assert local.exit_code == 1
    assert f"Cannot create the folder {folders / 'config'}" in local.stderr
