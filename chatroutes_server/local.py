"""A server in a thread of a Python program: for tests, examples and notebooks."""

from __future__ import annotations

import atexit
import contextlib
import os
import shutil
import tempfile
from collections.abc import Iterable, Sequence
from concurrent.futures import Future
from dataclasses import replace
from pathlib import Path
from threading import Thread
from types import TracebackType
from typing import TYPE_CHECKING, Self

from chatroutes_server import _missing_extra
from chatroutes_server._fast_import import pause_garbage_collection
from chatroutes_server.api_keys import new_key
from chatroutes_server.config import DEFAULT_KEEP_ALIVE, ServerConfig
from chatroutes_server.errors import StartupError
from chatroutes_server.faults.spec import Fault, Faults
from chatroutes_server.llm.providers import Upstream
from chatroutes_server.rate_limit import RateLimit

if TYPE_CHECKING:
    from chatroutes_server.server import Server
    from chatroutes_server.store.database import Database


class LocalServer:
    """A ChatRoutes server on localhost that runs for as long as the `with` block.

    Args:
        api_key: The API key that requests must send. By default, a key is generated. With `database`,
            it is stored there, and is the same at the next start.
        api_keys: More API keys. Each is an account that sees only its own data.
        database: Path of the SQLite file for the data. By default, a temporary file that is removed
            when the server stops.
        word_delay: Seconds between the words of a reply.
        port: Port to listen on, on 127.0.0.1; 0 for a free port. A string of digits, as from an
            environment variable, is converted.
        rate_limit: Number of requests that each key may send, such as "60/minute". By default, there
            is no limit.
        upstreams: Models that reply through an OpenAI-compatible endpoint: `Upstream` objects, or
            strings such as "NAME=URL".
        strict_models: Whether to reject unknown model names. By default, the built-in model replies
            for them.
        faults: Faults to inject: `Fault` objects, strings such as "sendMessage:status=503", or one
            such string. Add more while the server runs with `server.faults.add(...)`.
        allowed_hosts: Hosts that requests may name, besides localhost and loopback addresses; "*" for
            every host. The names have no port.
        allowed_origins: Origins whose web pages may use the server (CORS), such as
            "http://localhost:3000"; "*" for every origin.
        keep_alive: Seconds of silence in a stream after which the server sends a comment. If the
            response has not begun yet, it begins then.

    Raises:
        ValueError: If a fault is invalid.

    Raises (on entering):
        ImportError: If the extra `server` is not installed.
        StartupError: If an argument is invalid, the port is in use, or the database cannot be used.
    """

    def __init__(
        self,
        *,
        api_key: str | None = None,
        database: str | os.PathLike[str] | None = None,
        word_delay: float = 0.0,
        port: int | str = 0,
        api_keys: Sequence[str] = (),
        rate_limit: str | None = None,
        upstreams: Sequence[Upstream | str] = (),
        strict_models: bool = False,
        faults: Iterable[Fault | str] | Fault | str = (),
        allowed_hosts: Sequence[str] = (),
        allowed_origins: Sequence[str] = (),
        keep_alive: float = DEFAULT_KEEP_ALIVE,
    ) -> None:
        # The generated key of a database is known when the database is open.
        self._api_key = new_key() if api_key is None and database is None else api_key
        self._keeps_key = self._api_key is None
        self._api_keys = list(api_keys)
        self._database_path = database
        self._word_delay = word_delay
        self._port = port
        self._rate_limit = rate_limit
        self._upstreams = upstreams
        self._strict_models = strict_models
        self._allowed_hosts = _as_list(allowed_hosts)
        self._allowed_origins = _as_list(allowed_origins)
        self._keep_alive = keep_alive
        self.faults: Faults = Faults(faults)
        self._base_url: str | None = None
        self._folder: str | None = None
        self._server: Server | None = None
        self._thread: Thread | None = None

    @property
    def api_key(self) -> str:
        """The API key for clients. A generated key of a database is available after the first start."""
        if self._api_key is None:
            raise RuntimeError(
                "the API key is in the database: use LocalServer in a with statement"
            )
        return self._api_key

    @property
    def base_url(self) -> str:
        """The base URL for clients, which ends in `/api/v1`. Available while the server runs."""
        if self._base_url is None:
            raise RuntimeError("the server is not running: use LocalServer in a with statement")
        return self._base_url

    def __enter__(self) -> Self:
        if self._thread is not None:
            raise RuntimeError("the server is already running")
        try:
            with pause_garbage_collection():
                from chatroutes_server.server import create_server
                from chatroutes_server.store.database import Database
        except ModuleNotFoundError as error:
            if not _missing_extra.is_missing_dependency(error):
                raise
            raise ImportError(_missing_extra.MESSAGE) from error
        config = self._config()
        try:
            database = Database(self._create_database_path(), temporary=self._database_path is None)
            try:
                if self._keeps_key:
                    self._api_key = database.generated_key()
                config = replace(config, api_keys=[self.api_key, *self._api_keys])
                ready: Future[str] = Future()
                self._server = create_server(database, config, ready.set_result)
            except BaseException:
                database.close()
                raise
            # A program that ends inside the `with` block must not wait for this thread for ever:
            # Python joins all threads that are no daemons before it calls the functions of atexit.
            self._thread = Thread(
                target=_run,
                args=(self._server, database, ready),
                name="chatroutes-server",
                daemon=True,
            )
            self._thread.start()
            atexit.register(self._stop)
            self._base_url = ready.result()
        except BaseException:
            self._stop()
            raise
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        traceback: TracebackType | None,
    ) -> None:
        self._stop()

    def _config(self) -> ServerConfig:
        return ServerConfig(
            api_keys=[*([] if self._api_key is None else [self._api_key]), *self._api_keys],
            port=_parse_port(self._port),
            word_delay=self._word_delay,
            keep_alive=self._keep_alive,
            rate_limit=None if self._rate_limit is None else RateLimit.parse(self._rate_limit),
            upstreams=[
                Upstream.parse(upstream) if isinstance(upstream, str) else upstream
                for upstream in self._upstreams
            ],
            strict_models=self._strict_models,
            allowed_hosts=self._allowed_hosts,
            allowed_origins=self._allowed_origins,
            faults=self.faults,
        )

    def _create_database_path(self) -> Path:
        if self._database_path is not None:
            return Path(self._database_path)
        self._folder = tempfile.mkdtemp(prefix="chatroutes-")
        return Path(self._folder, "chatroutes.db")

    def _stop(self) -> None:
        atexit.unregister(self._stop)
        if self._server is not None:
            self._server.stop()
        if self._thread is not None:
            self._thread.join()
        if self._folder is not None:
            shutil.rmtree(self._folder)
        self._base_url = self._folder = self._server = self._thread = None


def _run(server: Server, database: Database, ready: Future[str]) -> None:
    try:
        server.run()
    except BaseException as error:  # `__enter__` waits in another thread and raises it there
        if ready.done():
            raise
        ready.set_exception(error)
    finally:
        database.close()


def _as_list(values: Sequence[str]) -> list[str]:
    return [values] if isinstance(values, str) else list(values)


def _parse_port(port: int | str) -> int:
    with contextlib.suppress(ValueError):
        if isinstance(port, (int, str)) and not isinstance(port, bool):
            return int(port)
    raise StartupError(f"invalid port {port!r}: expected 0 to 65535")
