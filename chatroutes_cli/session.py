"""The session of a command: the values of the options that all commands share, and the client."""

from __future__ import annotations

from collections.abc import Callable
from contextlib import ExitStack
from typing import TYPE_CHECKING, Concatenate, ParamSpec, TypeVar

import click

from chatroutes_cli.exit_codes import ExitCode
from chatroutes_cli.failures import NO_KEY, CommandError

if TYPE_CHECKING:
    from chatroutes import ChatRoutes

P = ParamSpec("P")
R = TypeVar("R")

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
