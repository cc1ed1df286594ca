"""Print the completion script of a shell."""

from __future__ import annotations

import click

from chatroutes_cli.options import json_option
from chatroutes_cli.session import Session, pass_session

SHELLS = ("bash", "zsh", "fish")


@click.command()
@click.argument("shell", type=click.Choice(SHELLS))
@json_option
@pass_session
def command(session: Session, shell: str) -> None:
    """Print a script that completes the commands and options in a shell.

    \b
      bash  eval "$(chatroutes completion bash)"      in ~/.bashrc
      zsh   eval "$(chatroutes completion zsh)"       in ~/.zshrc
      fish  chatroutes completion fish | source       in ~/.config/fish/config.fish
    """
    from click.shell_completion import get_completion_class

    from chatroutes_cli.app import cli
    from chatroutes_cli.output import write_json

    completion = get_completion_class(shell)
    assert completion is not None
    script = completion(cli, {}, "chatroutes", "_CHATROUTES_COMPLETE").source()
    if session.as_json:
        write_json({"shell": shell, "script": script})
    else:
        click.echo(script)
