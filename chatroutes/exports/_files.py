"""The files of exports: their names, and atomic writes."""

from __future__ import annotations

import contextlib
import os
import re
import secrets
import shutil
import unicodedata
from collections.abc import Generator, Iterable, Mapping
from hashlib import sha256
from pathlib import Path
from typing import Any

MAX_TITLE, MAX_ID = 80, 80
"""The numbers of bytes of a title and of an id in the name of a file, which has 255 bytes at most."""


def write_file(
    path: str | os.PathLike[str], pieces: Iterable[bytes], *, overwrite: bool = True
) -> None:
    """Write a file under a temporary name in the same folder, and then rename it.

    If writing fails, the temporary file is removed, and an existing file stays as it is. A path of
    another kind than a regular file, such as `/dev/stdout`, is written directly.

    Args:
        path: The path. If it is a symbolic link, its target is written.
        pieces: The content.
        overwrite: Whether an existing file is replaced.

    Raises:
        FileExistsError: If the file exists, and `overwrite` is false.
        OSError: If the file cannot be written.
    """
    if os.path.exists(path) and not os.path.isfile(path) and not os.path.isdir(path):
        with _naming(path), open(path, "wb") as file:
            file.writelines(pieces)
        return
    target = Path(os.path.realpath(path))
    if not overwrite and target.exists():
        raise FileExistsError(f"{os.fspath(path)} exists")
    with _naming(path):
        _write_and_rename(target, pieces, overwrite)


@contextlib.contextmanager
def _naming(path: str | os.PathLike[str]) -> Generator[None]:
    """Set the file name of system errors to this path, in place of a temporary file."""
    try:
        yield
    except OSError as error:
        if error.errno is not None:
            error.filename = os.fspath(path)
            del error.filename2  # if it were None, the message would end in "-> None"
        raise


def _write_and_rename(target: Path, pieces: Iterable[bytes], overwrite: bool) -> None:
    temporary = target.with_name(f".{secrets.token_hex(8)}.tmp")
    try:
        with temporary.open("xb") as file:
            if target.exists():  # its permissions may be stricter than those of a new file
                shutil.copymode(target, temporary)
            file.writelines(pieces)
            file.flush()
            os.fsync(file.fileno())
        if overwrite:
            temporary.replace(target)
        else:
            _rename_to_new(temporary, target)
    finally:
        temporary.unlink(missing_ok=True)


def _rename_to_new(temporary: Path, target: Path) -> None:
    """Rename a file, and fail if another one has the name by now."""
    try:
        os.link(temporary, target)
    except FileExistsError:
        raise
    except (AttributeError, OSError):  # the system or the file system has no hard links
        if target.exists():
            raise FileExistsError(f"{target} exists") from None
        temporary.replace(target)


def file_name(conversation: Mapping[str, Any], suffix: str) -> str:
    """Return a name for the file of a conversation: its title and its id.

    Before the suffix, the name has letters, digits, hyphens and underscores only, so that it is valid on
    every system.

    Args:
        conversation: A conversation, or any dict with `id` and `title`.
        suffix: The end of the name, such as ".json".
    """
    conversation_id = str(conversation["id"])
    name = re.sub(r"[^A-Za-z0-9_-]+", "-", conversation_id)[:MAX_ID].strip("-")
    if name != conversation_id:  # another id could give the same name
        digest = sha256(conversation_id.encode("utf-8", "replace")).hexdigest()
        name = f"{name}-{digest[:8]}".strip("-")
    title = unicodedata.normalize("NFC", str(conversation.get("title") or "")[: 8 * MAX_TITLE])
    letters = [each if unicodedata.category(each)[0] in "LNM" else " " for each in title]
    words = "-".join("".join(letters).split()).encode()[:MAX_TITLE].decode(errors="ignore")
    return f"{words.strip('-') or 'conversation'}-{name}{suffix}"
