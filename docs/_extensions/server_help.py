"""Sphinx extension: append the help of the command of the local server to the page reference/server.md."""

from __future__ import annotations

import os
import subprocess
import sys

from sphinx.application import Sphinx

import chatroutes_server.cli

PAGE = "reference/server"


def add_help(app: Sphinx, docname: str, source: list[str]) -> None:
    """Append the help to the source of its page."""
    if docname == PAGE:
        command = [sys.executable, "-m", "chatroutes_server", "--help"]
        environment = os.environ | {"COLUMNS": "90", "NO_COLOR": "1"}
        done = subprocess.run(command, capture_output=True, encoding="utf-8", env=environment)
        done.check_returncode()
        source[0] += f"\n```text\n{done.stdout}```\n"
        app.env.note_dependency(chatroutes_server.cli.__file__, docname=docname)


def setup(app: Sphinx) -> dict[str, bool]:
    app.connect("source-read", add_help)
    return {"parallel_read_safe": True}
