"""Run the local server."""

from __future__ import annotations

import click


@click.command(
    # The options are those of `chatroutes-server`, which also prints the help.
    context_settings={"ignore_unknown_options": True, "help_option_names": []},
    add_help_option=False,
)
@click.argument("options", nargs=-1, type=click.UNPROCESSED, metavar="[OPTIONS]...")
@click.pass_context
def command(ctx: click.Context, options: tuple[str, ...]) -> None:
    """Run the local server until Ctrl-C.

    It prints the variables for a shell, with which other commands and programs use it; with --json, a
    line of JSON. `chatroutes serve --help` lists the options, which are those of `chatroutes-server`:
    the port, the database, API keys, other models, faults and limits.

    \b
      chatroutes serve --port 8787
      chatroutes serve --database "$(chatroutes config path --database)"
      chatroutes serve --upstream llama3=http://localhost:11434/v1
    """
    from chatroutes_server.cli import main

    ctx.exit(main(options, program="chatroutes serve"))
