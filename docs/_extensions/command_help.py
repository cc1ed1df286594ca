"""Sphinx extension: show the preformatted paragraphs of the help of `chatroutes` as code, not as prose.

sphinx_click returns such a paragraph, which follows `\\b` in the source, as lines that begin with a bar.
"""

from __future__ import annotations

import re
import textwrap

import click
from sphinx.application import Sphinx


def format_preformatted_paragraphs(app: Sphinx, context: click.Context, lines: list[str]) -> None:
    """Replace each block of lines with a bar by a code block."""
    formatted: list[str] = []
    block: list[str] = []
    for line in [*lines, ""]:
        if line.startswith("| "):
            block.append(line.removeprefix("| "))
            continue
        if block:
            code = textwrap.indent(textwrap.dedent("\n".join(block)), "   ")
            formatted += [".. code-block:: text", "", *code.split("\n"), ""]
            block = []
        formatted.append(line)
    lines[:] = formatted


def format_values(app: Sphinx, context: click.Context, lines: list[str]) -> None:
    """Write the name of the value of an option in capitals, as the help does: `--title <TITLE>`."""
    for at, line in enumerate(lines):
        if line.startswith(".. option:: "):
            lines[at] = re.sub(r"<(\w+)>", lambda name: f"<{name[1].strip('_').upper()}>", line)


def setup(app: Sphinx) -> dict[str, bool]:
    app.connect("sphinx-click-process-description", format_preformatted_paragraphs)
    app.connect("sphinx-click-process-epilog", format_preformatted_paragraphs)
    app.connect("sphinx-click-process-options", format_values)
    return {"parallel_read_safe": True}
