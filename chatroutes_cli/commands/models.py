"""List the models."""

from __future__ import annotations

import click

from chatroutes_cli.options import client_options
from chatroutes_cli.session import Session, pass_session


@click.command()
@client_options
@pass_session
def command(session: Session) -> None:
    """List the models that can reply."""
    from chatroutes_cli.output import write_json, write_table
    from chatroutes_cli.progress import status

    with status("Listing models"):
        models = session.client.models.list()
    if session.as_json:
        write_json(models)
        return
    rows = [
        (model.get("id"), model.get("provider"), "default" if model.get("isDefault") else None)
        for model in models
    ]
    write_table(("Model", "Provider", ""), rows, empty="The service has no models.")
