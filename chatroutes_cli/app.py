"""The click group `chatroutes`, which finds the commands by the names of their modules."""

from __future__ import annotations

import importlib
import os
import signal
import sys
import warnings
from collections.abc import Callable, Sequence
from functools import cache
from typing import Any, NoReturn, cast

import click

from chatroutes import __version__
from chatroutes_cli import commands
from chatroutes_cli.exit_codes import ExitCode
from chatroutes_cli.failures import (
    CommandError,
    discard_output,
    fail,
    is_broken_pipe,
    to_command_error,
    uses_json,
    warn,
)
from chatroutes_cli.session import Session

EXIT_CODES = "\n".join(f"  {code:3}  {code.meaning}" for code in ExitCode)
EPILOG = f"""\b
Exit codes:
{EXIT_CODES}

\b
Environment variables:
  CHATROUTES_API_KEY    API key; takes precedence over the saved one
  CHATROUTES_BASE_URL   URL of the service
  CHATROUTES_MODEL      model of new questions
  CHATROUTES_CONFIG     file of the settings (see `chatroutes config path`)
  NO_COLOR, FORCE_COLOR turn colors off or on
"""

FOLDER = os.path.dirname(commands.__file__)


@cache
def command_modules() -> dict[str, str]:
    """Return the name of the module of each command.

    A module whose name would be a keyword of Python ends with an underscore: `import_`.
    """
    # pkgutil would do the same, and takes longer to import.
    names = [file.removesuffix(".py") for file in os.listdir(FOLDER) if file.endswith(".py")]
    return {name.rstrip("_").replace("_", "-"): name for name in names if not name.startswith("_")}


def summary(module: str) -> str:
    """Return the docstring of the module of a command, from its first line, without importing it."""
    with open(os.path.join(FOLDER, f"{module}.py"), encoding="utf-8") as file:
        return file.readline().strip().strip('"')


class CommandGroup(click.Group):
    """A group that imports a command when it is used, and prints failures without a traceback."""

    def make_context(self, *arguments: Any, **more: Any) -> click.Context:
        """Parse the options of the group, and print its help or the version."""
        try:
            return super().make_context(*arguments, **more)
        except OSError as error:  # click would end with the exit code 1
            if not is_broken_pipe(error):
                raise
            discard_output()
            raise SystemExit(ExitCode.BROKEN_PIPE) from None

    def list_commands(self, ctx: click.Context) -> list[str]:
        return sorted(command_modules())

    def get_command(self, ctx: click.Context, cmd_name: str) -> click.Command | None:
        module = command_modules().get(cmd_name)
        if module is None:
            return None
        command: click.Command = importlib.import_module(f"{commands.__name__}.{module}").command
        command.name = cmd_name
        return command

    def resolve_command(
        self, ctx: click.Context, args: list[str]
    ) -> tuple[str | None, click.Command | None, list[str]]:
        """Return the command that the arguments name. An error suggests the nearest names."""
        try:
            return super().resolve_command(ctx, args)
        except click.UsageError as error:
            import difflib

            near = difflib.get_close_matches(args[0], self.list_commands(ctx))
            if not near:
                raise
            names = " or ".join(map(repr, near))
            raise click.UsageError(f"{error.message} Did you mean {names}?", ctx) from None

    def format_commands(self, ctx: click.Context, formatter: click.HelpFormatter) -> None:
        """Write the summaries of the commands. Importing the commands would take longer."""
        modules = command_modules()
        with formatter.section("Commands"):
            formatter.write_dl([(name, summary(modules[name])) for name in sorted(modules)])

    def invoke(self, ctx: click.Context) -> Any:
        session = ctx.ensure_object(Session)
        # The parser can fail before it has seen this option.
        is_json = "--json" in ctx.args
        try:
            result = super().invoke(ctx)
            sys.stdout.flush()
            return result
        except (KeyboardInterrupt, click.Abort):
            click.echo(err=True)  # after the ^C of the terminal
            ctx.exit(ExitCode.INTERRUPTED)
        except Exception as error:  # a defect is raised again
            if is_broken_pipe(error):
                discard_output()
                ctx.exit(ExitCode.BROKEN_PIPE)
            if isinstance(error, click.UsageError) and is_json:
                fail(ctx, CommandError(error.format_message(), ExitCode.USAGE), as_json=True)
            failure = to_command_error(error)
            if failure is None:
                raise
            fail(ctx, failure, session.as_json)
        finally:
            session.close()


@click.group(
    cls=CommandGroup,
    epilog=EPILOG,
    context_settings={"help_option_names": ["-h", "--help"], "max_content_width": 100},
)
@click.version_option(
    __version__,
    prog_name="chatroutes",
    message="%(prog)s %(version)s",
    help="Print the version and exit.",
)
def cli() -> None:
    """Chat with many models, in conversations with branches.

    To begin without an account, run `chatroutes chat --local`. It uses a server on this computer.
    """


def _show_warning(message: Warning | str, *_details: object, **_more: object) -> None:
    """Print a warning of the SDK as a sentence, without a line of source code."""
    warn(str(message), as_json=uses_json())


def _open_closed_streams() -> None:
    """Replace streams that are None, because the program that started this one has closed them."""
    for name, mode in (("stdin", "r"), ("stdout", "w"), ("stderr", "w")):
        if getattr(sys, name) is None:
            null = open(os.devnull, mode)  # noqa: SIM115 - until the end of the program
            setattr(sys, name, null)


def _terminate(_number: int, _frame: object) -> NoReturn:
    """End the command as an exception does, which restores the terminal. Python would end at once."""
    raise SystemExit(ExitCode.TERMINATED)


def run(arguments: Sequence[str] | None = None) -> int:
    """Run a command, and return its exit code."""
    if signal.getsignal(signal.SIGTERM) is signal.SIG_DFL:
        signal.signal(signal.SIGTERM, _terminate)
    _open_closed_streams()
    for stream in (sys.stdout, sys.stderr):
        reconfigure = cast("Callable[..., None] | None", getattr(stream, "reconfigure", None))
        if reconfigure is not None:  # a terminal may not have every character
            reconfigure(errors="replace")
    warnings.showwarning = _show_warning
    try:
        cli.main(arguments, prog_name="chatroutes")
    except SystemExit as end:
        code = int(end.code or 0)
    except OSError as error:  # while the help was printed
        code = _report_unwritable(error)
    try:
        sys.stdout.flush()
    except OSError as error:
        discard_output()
        code = code or _report_unwritable(error)  # another failure was reported already
    return code


def _report_unwritable(error: OSError) -> int:
    """Print why the output cannot be written, unless its reader has ended. Return the exit code."""
    from chatroutes_cli import terminal

    if is_broken_pipe(error):
        return ExitCode.BROKEN_PIPE
    terminal.print_error(f"{error.strerror or error}.")
    return ExitCode.FAILURE
