"""Writing a file so that it is never seen half written."""

from __future__ import annotations

import contextlib
import os
import secrets
from collections.abc import Iterable
from pathlib import Path


def write_file(
    path: str | os.PathLike[str], pieces: Iterable[bytes], *, overwrite: bool = True
) -> None:
    """Write a file under a temporary name in the same folder, and then rename it.

    If writing fails, the temporary file is removed, and an existing file stays as it is. A path that
    is no regular file, such as `/dev/stdout`, is written directly.

    Args:
        path: The path. If it is a symbolic link, its target is written.
        pieces: The content.
        overwrite: Whether an existing file is replaced.

    Raises:
        FileExistsError: If the file exists, and `overwrite` is false.
        OSError: If the file cannot be written.
    """
    target = Path(os.path.realpath(path))
    if target.exists() and not target.is_file() and not target.is_dir():
        with target.open("wb") as file:
            file.writelines(pieces)
        return
    if not overwrite and target.exists():
        raise FileExistsError(f"{os.fspath(path)} exists")
    temporary = target.with_name(f".{secrets.token_hex(8)}.tmp")
    try:
        with temporary.open("xb") as file:
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
    with contextlib.suppress(AttributeError, NotImplementedError, PermissionError):
        target.hardlink_to(temporary)
        return
    # The file system has no hard links.
    if target.exists():
        raise FileExistsError(f"{target} exists")
    temporary.replace(target)
