"""The formats of an export: each is a generator of text, so that a large file is never in memory."""

from __future__ import annotations

import os
from collections.abc import Iterable, Iterator
from typing import IO, Literal, TypeAlias, get_args

from ._document import ConversationExport
from ._files import write_file

ExportFormat: TypeAlias = Literal["json"]
"""The formats of `write`."""


def write(
    export: ConversationExport,
    target: str | os.PathLike[str] | IO[str],
    format: ExportFormat = "json",
    *,
    overwrite: bool = True,
) -> None:
    """Write an exported conversation to a file.

    The file is complete or unchanged: it is written under another name, and then renamed.

    Args:
        export: The conversation.
        target: The path of the file, or an open text file.
        format: The format of the file: `json`, the document as it is, which `read` reads.
        overwrite: Whether an existing file is replaced.

    Raises:
        FileExistsError: If the file exists, and `overwrite` is false.
        OSError: If the file cannot be written.
        ValueError: If the format is unknown, or JSON cannot represent the document.
    """
    pieces = iter_text(export, format)
    if isinstance(target, (str, os.PathLike)):
        write_file(target, _encode(pieces), overwrite=overwrite)
    else:
        target.writelines(pieces)


def iter_text(export: ConversationExport, format: ExportFormat = "json") -> Iterator[str]:
    """Return an iterator over the pieces of the text that `write` writes.

    Raises:
        ValueError: If the format is unknown.
    """
    if format not in get_args(ExportFormat):
        formats = ", ".join(get_args(ExportFormat))
        raise ValueError(f"unknown format {format!r}: expected one of {formats}")
    from ._json_format import iter_json

    return iter_json(export)


def _encode(pieces: Iterable[str]) -> Iterator[bytes]:
    return (piece.encode("utf-8") for piece in pieces)
