"""Read and change the saved settings."""

from __future__ import annotations

import os
import sys

import click

from chatroutes_cli import settings, terminal
from chatroutes_cli.exit_codes import ExitCode
from chatroutes_cli.failures import CommandError, warn
from chatroutes_cli.options import json_option
from chatroutes_cli.session import Session, pass_session

KEY = "api-key"
NAME = click.Choice(list(settings.SETTINGS))
MIN_KEY = 20
"""The number of characters of a key of which the last ones are shown."""


@click.group()
def command() -> None:
    """Read and change the saved settings.

    \b
      api-key   API key of the account
      base-url  URL of the service
      model     model of new questions

    Environment variables take precedence over them: CHATROUTES_API_KEY, CHATROUTES_BASE_URL and
    CHATROUTES_MODEL.
    """


@command.command("set")
@click.argument("name", type=NAME)
@click.argument("value", required=False)
@json_option
@pass_session
def set_setting(session: Session, name: str, value: str | None) -> None:
    """Save a setting.

    Do not pass the API key as an argument, because other users of the computer could see it in the list
    of processes. The command prompts for it, or reads it from the standard input:

    \b
      chatroutes config set api-key
      pass show chatroutes | chatroutes config set api-key
      chatroutes config set model gpt-5
    """
    if name == KEY and value is not None:
        raise click.UsageError(
            "The API key cannot be an argument, which other users could see. Leave it out: the command "
            "prompts for it, or reads it from the standard input. Revoke a key that others may have seen."
        )
    if value is None:
        value = _read_value(name)
    value = value.strip()
    if not value:
        raise CommandError(f"The {name} is empty.", ExitCode.USAGE)
    _validate(name, value)
    path = settings.save_settings({**settings.load_settings(), name: value})
    variable = settings.SETTINGS[name]
    if session.as_json:
        from chatroutes_cli.output import write_json

        write_json({"name": name, "path": str(path)})
    elif terminal.is_terminal(sys.stdout):
        terminal.write(f"Saved {name} in {terminal.clean_text(str(path))}.")
    if os.environ.get(variable):
        warn(f"{variable} is set, and takes precedence.", as_json=session.as_json)


@command.command("get")
@click.argument("name", type=NAME, required=False)
@json_option
@pass_session
def get_setting(session: Session, name: str | None) -> None:
    """Print a setting, or all of them. Of the API key, only the end is shown."""
    saved = settings.load_settings()
    names = [name] if name else list(settings.SETTINGS)
    rows = [_describe(each, saved) for each in names]
    if name and rows[0]["value"] is None:
        raise CommandError(f"The setting {name} is not set.")
    if session.as_json:
        from chatroutes_cli.output import write_json

        write_json(rows[0] if name else rows)
    elif name:
        click.echo(terminal.clean_line(rows[0]["value"] or ""))
    else:
        from chatroutes_cli.output import write_table

        write_table(("Setting", "Value", "From"), [tuple(row.values()) for row in rows])


@command.command("unset")
@click.argument("name", type=NAME)
@json_option
@pass_session
def unset_setting(session: Session, name: str) -> None:
    """Remove a saved setting."""
    saved = settings.load_settings()
    was_saved = saved.pop(name, None) is not None
    if was_saved:
        settings.save_settings(saved)
    if session.as_json:
        from chatroutes_cli.output import write_json

        write_json({"name": name, "removed": was_saved})


@command.command("path")
@click.option("--database", is_flag=True, help="Print the path of the database of --local.")
@json_option
@pass_session
def print_path(session: Session, database: bool) -> None:
    """Print the path of the file of the settings."""
    path = settings.database_path() if database else settings.settings_path()
    if session.as_json:
        from chatroutes_cli.output import write_json

        write_json({"path": str(path), "exists": path.exists()})
    else:
        click.echo(str(path))


def _read_value(name: str) -> str:
    if terminal.is_terminal(sys.stdin):
        value: str = click.prompt(name, hide_input=name == KEY, err=True)
        return value
    from chatroutes_cli.input import read_stdin

    return read_stdin()


def _validate(name: str, value: str) -> None:
    """Check a value as the client does.

    Raises:
        CommandError: If it is invalid. The message does not have the key.
    """
    from chatroutes import ChatRoutes, ValidationError

    try:
        ChatRoutes(
            api_key=value if name == KEY else "key",
            base_url=value if name == "base-url" else "http://localhost",
        ).close()
    except ValidationError as error:
        raise CommandError(f"Invalid {name}: {error}", ExitCode.USAGE) from None


def _describe(name: str, saved: dict[str, str]) -> dict[str, str | None]:
    variable = settings.SETTINGS[name]
    value = os.environ.get(variable)
    source = variable if value else None
    if not value:
        value = saved.get(name)
        source = "file" if value else None
    if value and name == KEY:
        value = f"…{value[-4:]}" if len(value) >= MIN_KEY else "…"
    return {"name": name, "value": value, "from": source}
