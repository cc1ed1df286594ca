"""The file of a database: its header, its permissions, and the check that it was not replaced.

A database of this server has its `application_id` in the header, and its schema version in
`user_version`. Both are checked before SQLite opens the file for writing, because it may then write
files beside it. Other files and unsupported versions are rejected and not changed.

A new file can be read and written by its owner only. SQLite gives the files beside it, such as the
write-ahead log, the same permissions.

On Linux and macOS, a file that is deleted or replaced while it is open stays open, and writes to it are
lost. `FileIdentity` therefore compares the device and the inode of the path with those of the
files that were opened. A database that becomes smaller was overwritten in its place, because the
server never removes pages.
"""

from __future__ import annotations

import logging
import os
import sqlite3
from contextlib import closing
from pathlib import Path
from threading import Lock
from typing import NoReturn

from chatroutes_server.errors import InternalError, StartupError
from chatroutes_server.store import migrations
from chatroutes_server.store.schema import APPLICATION_ID

logger: logging.Logger = logging.getLogger("chatroutes_server")

MODE = 0o600
SUFFIXES = ("-wal", "-shm")  # of the files that SQLite keeps beside an open database


class DatabaseMovedError(InternalError):
    """The database was deleted or replaced while it was open."""


def check_or_create(path: Path) -> None:
    """Check the header of an existing file, or create an empty file.

    Raises:
        StartupError: If the file cannot be opened, is not a database of this server, or has an
            unsupported version.
    """
    try:
        size = path.stat().st_size
    except FileNotFoundError:
        _create(path)
        return
    except OSError as error:
        raise _cannot_open(path, error.strerror) from error
    if size > 0:
        _check_header(path)
    for each, name in ((path, "it"), (path.resolve().parent, "its folder")):
        if not os.access(each, os.W_OK):
            raise _cannot_open(path, f"{name} is read-only")


def _create(path: Path) -> None:
    try:
        os.close(os.open(path, os.O_RDWR | os.O_CREAT, MODE))
    except OSError as error:
        raise _cannot_open(path, error.strerror) from error


def make_private(path: Path) -> None:
    """Make the file, and the files beside it, accessible to its owner only.

    Raises:
        StartupError: If the permissions cannot be changed.
    """
    target = path.resolve()
    try:
        for each in (target, *(Path(f"{target}{suffix}") for suffix in SUFFIXES)):
            if each.stat().st_mode & 0o777 != MODE:
                each.chmod(MODE)
    except OSError as error:
        raise StartupError(
            f"cannot make the database {path} private for the generated API key: {error.strerror}; "
            "pass an API key instead"
        ) from error


def _check_header(path: Path) -> None:
    # SQLite reads the header here, and not `open`: the system drops all locks of a process on a file
    # when the process closes the file once, and another server of this process may have it open.
    # With `immutable`, SQLite reads only this file and writes nothing.
    uri = f"{path.absolute().as_uri()}?mode=ro&immutable=1"
    try:
        with closing(sqlite3.connect(uri, uri=True)) as connection:
            (application_id,) = connection.execute("PRAGMA application_id").fetchone()
            (version,) = connection.execute("PRAGMA user_version").fetchone()
    except sqlite3.OperationalError as error:
        raise _cannot_open(path, str(error)) from error
    except sqlite3.DatabaseError:
        application_id = version = 0
    if application_id != APPLICATION_ID:
        raise StartupError(
            f"{path} is not a database of the ChatRoutes server; the file was not changed"
        )
    migrations.require_supported(version, path)


def _cannot_open(path: Path, reason: str | None) -> StartupError:
    return StartupError(f"cannot open the database {path}: {reason}")


class FileIdentity:
    """The identity of the files of an open database.

    Create it after SQLite has opened all of them.
    """

    def __init__(self, path: Path) -> None:
        self._path = str(path.absolute())
        self._identity, self._size = _identify(self._path)
        target = path.resolve()  # SQLite follows symbolic links
        paths = [f"{target}{suffix}" for suffix in SUFFIXES]
        self._identities_beside = [(each, _identify(each)[0]) for each in paths]
        self._reported = False
        self._lock = Lock()

    def require_unchanged(self) -> None:
        """Check that the paths still lead to the same files. Log the first failure.

        Raises:
            DatabaseMovedError: If a file was deleted or replaced.
        """
        previous_size = self._size  # read before the size: other threads change it
        identity, size = _identify(self._path)
        if identity != self._identity or size < previous_size:
            self._fail(f"the database {self._path}")
        self._size = size
        for path, identity in self._identities_beside:
            if _identify(path)[0] != identity:
                self._fail(f"{path}, a part of the database,")

    def _fail(self, name: str) -> NoReturn:
        message = f"{name} was deleted or replaced while the server was running; restart the server"
        with self._lock:
            if not self._reported:
                logger.error("%s", message)
                self._reported = True
        raise DatabaseMovedError(message)


def _identify(path: str) -> tuple[tuple[int, int] | None, int]:
    """Return the device and the inode of a file, or None without one, and its size."""
    try:
        status = os.stat(path)
    except OSError:
        return None, 0
    return (status.st_dev, status.st_ino), status.st_size
