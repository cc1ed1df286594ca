"""A throw-away PostgreSQL server, from the programs of the system."""

from __future__ import annotations

import glob
import os
import shlex
import shutil
import signal
import subprocess
import sys
import tempfile
from pathlib import Path
from typing import Any, Self
from urllib.parse import quote

from tests.support.paths import short_temporary_folder

NOT_INSTALLED = "NOT RUN: PostgreSQL is not installed; on Debian: apt install postgresql"
UNPRIVILEGED_ID = 65534  # of a user and a group: PostgreSQL does not run as root


def find_program(name: str) -> str | None:
    """Return the path of a program of PostgreSQL. Debian has them in no folder of the PATH."""
    folders = sorted(glob.glob("/usr/lib/postgresql/*/bin"), reverse=True)
    return shutil.which(name) or shutil.which(name, path=os.pathsep.join(folders))


class PostgreSQL:
    """A server that listens on a socket in a temporary folder only.

    Use it in a `with` statement. Its databases are deleted at the end.
    """

    def __init__(self) -> None:
        self._folder = Path(
            tempfile.mkdtemp(prefix="chatroutes-postgresql-", dir=short_temporary_folder())
        )
        self._count = 0
        if os.geteuid() == 0:
            os.chown(self._folder, UNPRIVILEGED_ID, UNPRIVILEGED_ID)

    def __enter__(self) -> Self:
        self._cleaner = self._start_cleaner()
        self._run("initdb", "--auth=trust", "--encoding=UTF8", "--no-sync", "--username=postgres")
        self.start()
        return self

    def __exit__(self, *_: object) -> None:
        self._cleaner.communicate()

    def _start_cleaner(self) -> subprocess.Popen[bytes]:
        """Start a process that cleans up when this process ends, even if it is killed."""
        stop = shlex.join(self._command("pg_ctl", "stop", "-m", "immediate"))
        return subprocess.Popen(
            ["sh", "-c", f"cat; {stop}; rm -rf {shlex.quote(str(self._folder))}"],
            stdin=subprocess.PIPE,  # `cat` ends when no process has the other end any more
            stdout=subprocess.DEVNULL,
            stderr=subprocess.DEVNULL,
            start_new_session=True,  # signals to the group of this process do not end it
            **self._owner(),
        )

    def start(self) -> None:
        settings = [f"unix_socket_directories={self._folder}", "listen_addresses=", "fsync=off"]
        options = " ".join(f"-c {each}" for each in settings)
        self._run("pg_ctl", "start", "-w", "-o", options, "-l", str(self._folder / "log"))

    def stop(self) -> None:
        """Stop the server at once, as in a crash. Does nothing if it is stopped."""
        if (self._folder / "data" / "postmaster.pid").exists():
            self._run("pg_ctl", "stop", "-m", "immediate")

    def create_database(self) -> str:
        """Create an empty database, and return its URL."""
        self._count += 1
        name = f"test_{self._count}"
        self.execute(f"CREATE DATABASE {name}")
        return self.url(name)

    def create_schema(self) -> str:
        """Create an empty schema, which is faster than a database, and return its URL."""
        self._count += 1
        name = f"test_{self._count}"
        self.execute(f"CREATE SCHEMA {name}")
        return f"{self.url('postgres')}&options=-csearch_path%3D{name}"

    def url(self, database: str) -> str:
        return f"postgresql://postgres@/{database}?host={quote(str(self._folder), safe='')}"

    def execute(self, statement: str, database: str = "postgres") -> str:
        """Execute a statement, and return its result as text."""
        psql = find_program("psql")
        assert psql is not None
        address = ["-h", str(self._folder), "-U", "postgres", "-d", database]
        command = [psql, "-XAtq", "-v", "ON_ERROR_STOP=1", *address, "-c", statement]
        result = subprocess.run(command, stdout=subprocess.PIPE, text=True, check=True)
        return result.stdout.strip()

    def _run(self, name: str, *arguments: str) -> None:
        command = self._command(name, *arguments)
        subprocess.run(command, stdout=subprocess.DEVNULL, check=True, **self._owner())

    def _command(self, name: str, *arguments: str) -> list[str]:
        program = find_program(name)
        assert program is not None
        return [program, "-D", str(self._folder / "data"), *arguments]

    def _owner(self) -> dict[str, Any]:
        """Return the arguments of `subprocess` for a process of the owner of the files."""
        if os.geteuid() != 0:
            return {"cwd": self._folder}
        return {
            "cwd": self._folder,
            "user": UNPRIVILEGED_ID,
            "group": UNPRIVILEGED_ID,
            "extra_groups": [],
        }


def main() -> None:
    """Print the URL of an empty database, and run its server until Ctrl-C."""
    if find_program("initdb") is None:
        sys.exit(NOT_INSTALLED)
    with PostgreSQL() as server:
        url = server.create_database()
        # `signal.pause` would miss a signal that arrives just before it.
        signal.pthread_sigmask(signal.SIG_BLOCK, {signal.SIGINT})
        sys.stdout.write(f"{url}\n")
        sys.stdout.flush()
        signal.sigwait({signal.SIGINT})


if __name__ == "__main__":
    main()
