"""The formats of an export: each is written piece by piece."""

from __future__ import annotations

import os
from collections.abc import Iterator
from typing import IO, Final, Literal, TypeAlias, get_args

from ._document import ConversationExport
from ._files import write_file
from ._paths import select_branch

ExportFormat: TypeAlias = Literal["json", "markdown", "openai", "sharegpt", "html"]
"""The formats of `write`."""

SUFFIXES: Final[dict[ExportFormat, str]] = {
    "json": ".json",
    "markdown": ".md",
    "openai": ".jsonl",
    "sharegpt": ".json",
    "html": ".html",
}
"""The end of the name of a file in each format."""


def write(
    export: ConversationExport,
    target: str | os.PathLike[str] | IO[str],
    format: ExportFormat = "json",
    *,
    branch_id: str | None = None,
    overwrite: bool = True,
) -> None:
    """Write an exported conversation to a file.

    The file is complete or unchanged: it is written under another name, and then renamed.

    Args:
        export: The conversation.
        target: The path of the file, or an open text file.
        format: One of these:

            - `json`: the document as it is, which `read` reads.
            - `markdown`: a transcript with one section for each branch. Raw HTML in messages is escaped.
            - `openai`: JSON Lines, one line for each branch: `{"messages": [{"role", "content"}]}`.
            - `sharegpt`: a JSON list, one object for each branch: `{"conversations": [{"from", "value"}]}`.
            - `html`: a page to fold, search and navigate the messages. The page loads nothing and sends
              nothing.
        branch_id: The id of the only branch to write, with the messages that it inherits. Default: all
            branches.
        overwrite: Whether an existing file is replaced.

    Raises:
        FileExistsError: If the file exists, and `overwrite` is false.
        OSError: If the file cannot be written.
        InvalidExportError: If `export` is not the document that `conversations.export` returns.
        ValueError: If the format or the branch is unknown, or JSON cannot represent the document.
        TypeError: If `target` is neither a path nor an open file.
    """
    if not (isinstance(target, (str, os.PathLike)) or hasattr(target, "writelines")):
        raise TypeError(f"target must be a path or an open text file, not {target!r:.80}")
    pieces = iter_text(export, format, branch_id=branch_id)
    if isinstance(target, (str, os.PathLike)):
        write_file(target, (piece.encode() for piece in pieces), overwrite=overwrite)
    else:
        target.writelines(pieces)


def iter_text(
    export: ConversationExport, format: ExportFormat = "json", *, branch_id: str | None = None
) -> Iterator[str]:
    """Return an iterator over the pieces of the text that `write` writes. UTF-8 can encode them.

    Raises:
        InvalidExportError: If `export` is not the document that `conversations.export` returns.
        ValueError: If the format or the branch is unknown.
    """
    from ._validation import require_export

    require_export(export)
    if format not in get_args(ExportFormat):
        formats = ", ".join(get_args(ExportFormat))
        raise ValueError(f"unknown format {format!r}: expected one of {formats}")
    if branch_id is not None:
        export = select_branch(export, branch_id)
    if format == "json":
        from ._json_format import iter_json

        return iter_json(export)
    if format == "markdown":
        from ._markdown import iter_markdown

        return iter_markdown(export)
    if format == "html":
        from ._html import render_html

        return iter([render_html(export)])
    from ._chat_formats import iter_openai, iter_sharegpt

    return (iter_openai if format == "openai" else iter_sharegpt)(export, branch_id)
