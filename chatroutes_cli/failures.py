"""Failures of commands: their exit codes, and what is printed."""

from __future__ import annotations

import errno
import os
import sys
from typing import Any, NoReturn

import click

from chatroutes_cli.exit_codes import ExitCode

NO_KEY = (
    "There is no API key. Set CHATROUTES_API_KEY, or run `chatroutes config set api-key`. "
    "Without an account, use the local server: `chatroutes chat --local`."
)


class CommandError(Exception):
    """A failure with a message for the user and an exit code.

    Args:
        message: One sentence, or a few, without the API key.
        exit_code: The exit code of the command.
        details: More fields for `--json`.
    """

    def __init__(
        self, message: str, exit_code: ExitCode = ExitCode.FAILURE, **details: object
    ) -> None:
        super().__init__(message)
        self.message: str = message
        self.exit_code: ExitCode = exit_code
        self.details: dict[str, object] = details


def to_command_error(error: Exception) -> CommandError | None:
    """Return what to print for an exception, or None if it is a defect of this program."""
    if isinstance(error, CommandError):
        return error
    if isinstance(error, OSError):
        reason = error.strerror or str(error) or type(error).__name__
        message = f"{error.filename}: {reason}" if error.filename else reason
        return CommandError(f"{message}.")
    if _is_from("chatroutes.errors", "ChatRoutesError", error):
        return _from_sdk(error)
    if _is_from("chatroutes_server.errors", "StartupError", error):
        return CommandError(f"The local server cannot start: {error}.")
    return None


def _is_from(module: str, name: str, error: Exception) -> bool:
    """Return whether an exception has a class. The module of the class is not imported."""
    kind = getattr(sys.modules.get(module), name, None)
    return kind is not None and isinstance(error, kind)


def _from_sdk(error: Any) -> CommandError:
    from chatroutes import errors

    code = ExitCode.FAILURE
    for kind, code_of_kind in (
        (errors.AuthenticationError, ExitCode.AUTHENTICATION),
        (errors.PermissionDeniedError, ExitCode.AUTHENTICATION),
        (errors.NotFoundError, ExitCode.NOT_FOUND),
        (errors.ConflictError, ExitCode.REJECTED),
        (errors.ValidationError, ExitCode.REJECTED),
        (errors.RateLimitError, ExitCode.RATE_LIMITED),
        (errors.NetworkError, ExitCode.NETWORK),
        (errors.ServerError, ExitCode.SERVICE),
        (errors.ResponseError, ExitCode.SERVICE),
    ):
        if isinstance(error, kind):
            code = code_of_kind
            break
    if isinstance(error, errors.ValidationError) and error.status_code is None:
        code = ExitCode.USAGE  # the client sent nothing
    hint = error.hint
    if code is ExitCode.AUTHENTICATION and error.status_code == 401:
        hint = "Check CHATROUTES_API_KEY, or save another key with `chatroutes config set api-key`."
    sentences = [f"{error.message.rstrip('. ')}."]
    if hint:
        sentences.append(hint)
    if error.retry_after:
        sentences.append(f"The service asks to wait for {error.retry_after:,.0f} s.")
    if code is ExitCode.SERVICE and error.request_id:
        sentences.append(f"The id of the request is {error.request_id}.")
    return CommandError(
        " ".join(sentences),
        code,
        type=type(error).__name__,
        status=error.status_code,
        code=error.code,
        requestId=error.request_id,
        retryAfter=error.retry_after,
        partialContent=error.partial_content,
    )


def fail(ctx: click.Context, error: CommandError, as_json: bool) -> NoReturn:
    """Print a failure on the standard error output, and end the command with its exit code."""
    if as_json:
        from chatroutes_cli.output import to_json

        details = {name: value for name, value in error.details.items() if value is not None}
        failure = {"message": error.message, "exitCode": int(error.exit_code), **details}
        click.echo(to_json({"error": failure}), err=True)
    else:
        from chatroutes_cli.terminal import print_error

        print_error(error.message)
    ctx.exit(int(error.exit_code))


def uses_json() -> bool:
    """Return whether the current command has the option `--json`."""
    from chatroutes_cli.session import Session

    context = click.get_current_context(silent=True)
    session = None if context is None else context.find_object(Session)
    return session is not None and session.as_json


def warn(message: str, *, as_json: bool) -> None:
    """Print a warning on the standard error output, as a line of JSON if the errors are JSON."""
    if as_json:
        from chatroutes_cli.output import to_json

        click.echo(to_json({"warning": {"message": message}}), err=True)
    else:
        from chatroutes_cli.terminal import print_warning

        print_warning(message)


def is_broken_pipe(error: BaseException) -> bool:
    """Return whether the program that read the output has ended. On Windows, the error is EINVAL."""
    if isinstance(error, BrokenPipeError):
        return True
    return sys.platform == "win32" and isinstance(error, OSError) and error.errno == errno.EINVAL


def discard_output() -> None:
    """Discard what is still in the buffer of the standard output, so that Python does not report it."""
    try:
        descriptor = sys.stdout.fileno()
    except (OSError, ValueError):  # not a file, as in tests
        return
    null = os.open(os.devnull, os.O_WRONLY)
    os.dup2(null, descriptor)
    os.close(null)
