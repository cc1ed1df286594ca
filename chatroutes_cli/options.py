"""The options that commands share."""

from __future__ import annotations

import sys
from collections.abc import Callable, Sequence
from typing import Any, TypeVar

import click

from chatroutes_cli.session import Session

FC = TypeVar("FC", bound=Callable[..., Any] | click.Command)

LIMIT = click.IntRange(1, sys.maxsize)
"""The type of the options `--limit`. `itertools.islice` accepts no larger number."""


def _set(name: str) -> Callable[[click.Context, click.Parameter, Any], None]:
    def callback(ctx: click.Context, _parameter: click.Parameter, value: Any) -> None:
        if value:
            setattr(ctx.ensure_object(Session), name, value)

    return callback


def require_value(_ctx: click.Context, _parameter: click.Parameter, value: Any) -> Any:
    """Return the value of an option, as its callback.

    Raises:
        click.BadParameter: If it is empty, as the variable of a shell that is not set. It is not the default.
    """
    if value == "":
        raise click.BadParameter("It is empty.")
    return value


def _set_base_url(ctx: click.Context, parameter: click.Parameter, value: str | None) -> None:
    _set("base_url")(ctx, parameter, require_value(ctx, parameter, value))


def json_option(command: FC) -> FC:
    """Add the option `--json`. It sets `Session.as_json`."""
    option = click.option(
        "--json",
        is_flag=True,
        expose_value=False,
        is_eager=True,
        callback=_set("as_json"),
        help="Write JSON, for programs. Errors are JSON on the standard error output.",
    )
    return option(command)


def client_options(command: FC) -> FC:
    """Add the options of a command that uses the service: `--local`, `--base-url` and `--json`."""
    local = click.option(
        "--local",
        is_flag=True,
        expose_value=False,
        callback=_set("is_local"),
        help="Use a server on this computer. It needs no account, and keeps its conversations.",
    )
    base_url = click.option(
        "--base-url",
        metavar="URL",
        expose_value=False,
        callback=_set_base_url,
        help="URL of the service, such as http://localhost:8787/api/v1.",
    )
    return local(base_url(json_option(command)))


def branch_option(help: str, default: str = "") -> Callable[[FC], FC]:
    """Return a decorator that adds the option `--branch`. `chatroutes_cli.branches` finds the branch.

    Args:
        help: What the command does with the branch, without a period.
        default: The branch without the option.
    """
    text = f"{help}: its id, the beginning of its id, or its title."
    if default:
        text += f" Default: {default}."
    return click.option("-b", "--branch", metavar="BRANCH", callback=require_value, help=text)


def model_option(command: FC) -> FC:
    """Add the option `--model`. Pass its value to `Session.model`."""
    option = click.option(
        "-m",
        "--model",
        metavar="MODEL",
        callback=require_value,
        help="Model of the reply (see `chatroutes models`). Default: that of the conversation. For a new "
        "one, the setting `model`, or else the default of the service.",
    )
    return option(command)


def conversation_option(help: str) -> Callable[[FC], FC]:
    """Return a decorator that adds the option `--conversation`, the id of a conversation."""
    return click.option("-c", "--conversation", metavar="ID", callback=require_value, help=help)


def system_option(command: FC) -> FC:
    """Add the option `--system`, the system prompt of a new conversation."""
    option = click.option(
        "-s", "--system", metavar="TEXT", help="Instructions for a new conversation."
    )
    return option(command)


def format_option(formats: Sequence[str], *, what: str, default: str) -> Callable[[FC], FC]:
    """Return a decorator that adds the option `--format`, with the parameter `format_`.

    Args:
        formats: The names of the formats.
        what: What has the format, such as "file".
        default: The format if the name of the file does not determine one.
    """
    return click.option(
        "-f",
        "--format",
        "format_",
        type=click.Choice(formats),
        help=f"Format of the {what}. Default: that of the name of the file, or else `{default}`.",
    )
