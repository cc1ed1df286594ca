"""The options that commands share, and the client of a command."""

from __future__ import annotations

from collections.abc import Callable
from contextlib import ExitStack
from typing import TYPE_CHECKING, Any, Concatenate, ParamSpec, TypeVar

import click

from chatroutes_cli.exit_codes import ExitCode
from chatroutes_cli.failures import NO_KEY, CommandError

if TYPE_CHECKING:
    from chatroutes import ChatRoutes

P = ParamSpec("P")
R = TypeVar("R")
FC = TypeVar("FC", bound=Callable[..., Any] | click.Command)


RETRY_ATTEMPTS = 2
RETRY_DELAY = 0.5
"""Seconds. These values report a server that does not run after 1.5 s: a person waits for less time than a program."""


class Session:
    """The shared options of a command, and its client, which is closed after the command.

    Attributes:
        as_json: Whether the option `--json` was given.
        is_local: Whether the option `--local` was given.
        base_url: The value of the option `--base-url`.
    """

    def __init__(self) -> None:
        self.as_json: bool = False
        self.is_local: bool = False
        self.base_url: str | None = None
        self.word_delay: float = 0.0
        self._client: ChatRoutes | None = None
        self._resources = ExitStack()

    @property
    def client(self) -> ChatRoutes:
        """The client of the service, or of a local server that runs until the end of the command.

        Raises:
            CommandError: If there is no API key, or the local server cannot start.
        """
        if self._client is None:
            self._client = self._resources.enter_context(self._connect())
        return self._client

    def model(self, given: str | None) -> str | None:
        """Return the model of a new conversation: the one given, or else the one of the settings."""
        from chatroutes_cli.settings import get_setting

        return given or get_setting("model")

    def close(self) -> None:
        """Close the client, and stop the local server."""
        self._client = None
        self._resources.close()

    def _connect(self) -> ChatRoutes:
        from chatroutes_cli.settings import get_setting

        if self.is_local and self.base_url:
            raise click.UsageError("--local and --base-url cannot be combined.")
        if self.is_local:
            return self._connect_to_local_server()
        api_key = get_setting("api-key")
        if not api_key:
            raise CommandError(NO_KEY, ExitCode.AUTHENTICATION)
        from chatroutes import ChatRoutes

        base_url = self.base_url or get_setting("base-url")
        return ChatRoutes(api_key, base_url, retry_attempts=RETRY_ATTEMPTS, retry_delay=RETRY_DELAY)

    def _connect_to_local_server(self) -> ChatRoutes:
        from chatroutes_cli.progress import status
        from chatroutes_cli.settings import database_path

        with status("Starting the local server"):
            from chatroutes import ChatRoutes
            from chatroutes_server import LocalServer

            local = LocalServer(
                database=database_path(),
                word_delay=self.word_delay,
                resume_window=0,  # a reply that Ctrl-C stopped ends at once
            )
            server = self._resources.enter_context(local)
        return ChatRoutes(server.api_key, server.base_url)


def pass_session(command: Callable[Concatenate[Session, P], R]) -> Callable[P, R]:
    """Pass the session to a command, as its first argument."""
    return click.make_pass_decorator(Session, ensure=True)(command)


def _set(name: str) -> Callable[[click.Context, click.Parameter, Any], None]:
    def callback(ctx: click.Context, _parameter: click.Parameter, value: Any) -> None:
        if value:
            setattr(ctx.ensure_object(Session), name, value)

    return callback


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
        callback=_set("base_url"),
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
    return click.option("-b", "--branch", metavar="BRANCH", help=text)


def model_option(command: FC) -> FC:
    """Add the option `--model`. Pass its value to `Session.model`."""
    option = click.option(
        "-m",
        "--model",
        metavar="MODEL",
        help="Model of the reply (see `chatroutes models`). Default: that of the conversation. For a new "
        "one, the setting `model`, or else the default of the service.",
    )
    return option(command)
