"""The session of a server process in PostgreSQL. It holds advisory locks.

PostgreSQL releases these locks when the process ends, also after a crash:

* A shared lock while the process runs. A process that gets the exclusive lock is the only one that uses
  the database.
* A lock for each branch whose turn runs.

The processes send notifications to each other, such as when a lock is released.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Collection
from contextlib import suppress
from threading import Event, Lock, Thread

import psycopg
from sqlalchemy import Connection, Engine, text
from sqlalchemy.exc import DBAPIError

from chatroutes_server.store.schema import APPLICATION_ID

# Seconds after which a listener without notifications checks whether it has to stop.
LISTEN_INTERVAL = 1
# Several schemas can share a database.
ALIVE = f"{APPLICATION_ID}, hashtext(current_schema()::text)"
BRANCH = "hashtextextended(current_schema() || '.' || CAST(:name AS text), 0)"
TRY_LOCK = text(f"SELECT pg_try_advisory_lock({BRANCH})")
UNLOCK = text(f"SELECT pg_advisory_unlock({BRANCH})")
NOTIFY = text("SELECT pg_notify('chatroutes', :payload)")
LISTEN = text("LISTEN chatroutes")


class ServerSession:
    """The session of this process. It is opened again if it was lost. Any thread may use it.

    Args:
        engine: Creates the connections.
    """

    def __init__(self, engine: Engine) -> None:
        self._engine = engine.execution_options(isolation_level="AUTOCOMMIT")
        self._connection: Connection | None = None
        self._locked: Counter[str] = Counter()  # branches; a new session locks them again
        self._lock = Lock()
        self._closed = Event()
        self._listener: Thread | None = None

    def open(self) -> bool:
        """Open the session. Return whether it is new, and no other process has one."""
        if self._connection is not None:
            return False
        with self._lock:
            if self._connection is not None:
                return False
            connection = self._engine.connect()
            alone = bool(connection.execute(text(f"SELECT pg_try_advisory_lock({ALIVE})")).scalar())
            connection.execute(text(f"SELECT pg_advisory_lock_shared({ALIVE})"))
            if alone:
                connection.execute(text(f"SELECT pg_advisory_unlock({ALIVE})"))
            for name in self._locked.elements():
                connection.execute(TRY_LOCK, {"name": name})
            self._connection = connection
            return alone

    def try_lock(self, names: Collection[str]) -> bool:
        """Lock branches, if no other process has locked one of them.

        A branch that this process has locked is locked once more.
        """
        self.open()
        with self._lock:
            connection = self._connection
            if connection is None:
                return False
            locked: list[str] = []
            for name in sorted(names):
                if not connection.execute(TRY_LOCK, {"name": name}).scalar():
                    _unlock(connection, locked)
                    return False
                locked.append(name)
            self._locked.update(locked)
            return True

    def unlock(self, names: Collection[str]) -> None:
        """Release a lock of branches."""
        with self._lock:
            self._locked.subtract(names)
            self._locked = +self._locked
            if self._connection is not None:
                _unlock(self._connection, names)

    def notify(self, payload: str) -> None:
        """Send a notification to all processes, also to this one."""
        self.open()
        with self._lock:
            if self._connection is not None:
                self._connection.execute(NOTIFY, {"payload": payload})

    def listen(self, callback: Callable[[str], None]) -> None:
        """Call a function with each notification, in a thread of its own."""
        self._listener = Thread(
            target=self._listen, args=(callback,), name="chatroutes-listener", daemon=True
        )
        self._listener.start()

    def lose(self) -> None:
        """Close the session, because its connection does not work."""
        with self._lock:
            if self._connection is not None:
                with suppress(DBAPIError):
                    self._connection.invalidate()
                    self._connection.close()
            self._connection = None

    def close(self) -> None:
        self._closed.set()
        if self._listener is not None:
            self._wake_listener()
            self._listener.join()
        self.lose()

    def _wake_listener(self) -> None:
        """Send an empty notification, which ends the listener's wait. It ends later if there is no session."""
        with self._lock, suppress(DBAPIError):
            if self._connection is not None:
                self._connection.execute(NOTIFY, {"payload": ""})

    def _listen(self, callback: Callable[[str], None]) -> None:
        while not self._closed.is_set():
            # The processes that wait notify again from time to time, so a lost connection loses nothing.
            with suppress(DBAPIError, psycopg.Error), self._engine.connect() as connection:
                driver_connection = connection.connection.driver_connection
                assert isinstance(driver_connection, psycopg.Connection)
                connection.execute(LISTEN)
                while not self._closed.is_set():
                    for each in driver_connection.notifies(timeout=LISTEN_INTERVAL, stop_after=1):
                        if each.payload:  # see `_wake_listener`
                            callback(each.payload)
            self._closed.wait(LISTEN_INTERVAL)


def _unlock(connection: Connection, names: Collection[str]) -> None:
    for name in names:
        connection.execute(UNLOCK, {"name": name})
