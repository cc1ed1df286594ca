"""Changes of a database file, made while no server or another server uses it."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import Any

from chatroutes_server.store.connection import Connection
from chatroutes_server.store.database import Database


def write_to_database(path: Path, work: Callable[[Connection], Any]) -> None:
    """Run a function in a transaction on the database."""
    database = Database(path)
    database.write_sync(work)
    database.close()
