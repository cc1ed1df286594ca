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
from threading import Thread
from types import TracebackType
from typing import TYPE_CHECKING, NoReturn, Self, SupportsIndex

from chatroutes_server import _missing_extra
from chatroutes_server._fast_import import pause_garbage_collection
from chatroutes_server.api_keys import new_key
from chatroutes_server.config import DEFAULT_KEEP_ALIVE, DEFAULT_RESUME_WINDOW, ServerConfig
from chatroutes_server.errors import StartupError
from chatroutes_server.faults.spec import Fault, Faults
from chatroutes_server.llm.providers import Upstream
from chatroutes_server.llm.replies import Replies, RepliesSource
from chatroutes_server.rate_limit import RateLimit

if TYPE_CHECKING:
    from chatroutes_server.server import Server
    from chatroutes_server.store.database import Database


class LocalServer:
    """A ChatRoutes server on localhost, for a `with` block, or from `start()` to `stop()`.

    Args:
        api_key: The API key that requests must send. By default, a key is generated. With `database`,
            it is stored there, and is the same at the next start.
        api_keys: More API keys. Each is an account that sees only its own data.
        database: Path of the SQLite file for the data, or the URL of a PostgreSQL database such as
            `postgresql://user@host/name` (extra `postgres`). By default, a temporary file that is
            removed when the server stops.
        word_delay: Seconds between the words of a reply.
        port: Port to listen on, on 127.0.0.1; 0 for a free port. A string of digits, as from an
            environment variable, is converted.
        rate_limit: Number of requests that each key may send, such as "60/minute". By default, there
            is no limit.
        replies: The replies, in place of those of the built-in model: a str or a `Reply` for every
            request, a list of them in the order of the requests, or a function, also an async one,
            that receives a `ReplyRequest` and returns one. A dict has one of these for each model
            name ("*" for the others), or for each pattern of the message (`re.compile`).
        upstreams: Models that reply through an OpenAI-compatible endpoint: `Upstream` objects, or
            strings such as "NAME=URL".
        strict_models: Whether to reject unknown model names. By default, the built-in model replies
            for them, with a warning in the metadata of the reply.
        faults: Faults to inject: `Fault` objects, strings such as "sendMessage:status=503", or one
            such string. Add more while the server runs with `server.faults.add(...)`.
        allowed_hosts: Hosts that requests may name, besides localhost and loopback addresses; "*" for
            every host. The names have no port.
        allowed_origins: Origins whose web pages may use the server (CORS), such as
            "http://localhost:3000"; "*" for every origin.
        keep_alive: Seconds of silence in a stream after which the server sends a comment. If the
            response has not begun yet, it begins then.
        resume_window: Seconds for which a reply continues after its last client has disconnected, 0 to
            600. In this time, a client can retry with its Idempotency-Key. The reply is then stopped.

    Raises:
        ValueError: If a fault or a reply is invalid.

    Raises (on entering and by `start`):
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
        resume_window: float = DEFAULT_RESUME_WINDOW,
        replies: RepliesSource | None = None,
    ) -> None:
        # The generated key of a database is known when the database is open.
        self._api_key = new_key() if api_key is None and database is None else api_key
        self._keeps_key = self._api_key is None
        self._api_keys = _as_list(api_keys)
        self._database = database
        self._word_delay = word_delay
        self._port = port
        self._rate_limit = rate_limit
        self._upstreams = upstreams
        self._strict_models = strict_models
        self._allowed_hosts = _as_list(allowed_hosts)
        self._allowed_origins = _as_list(allowed_origins)
        self._keep_alive = keep_alive
        self._resume_window = resume_window
        self.faults: Faults = Faults(faults)
        self._replies = Replies(replies)
        self._base_url: str | None = None
        self._folder: str | None = None
        self._server: Server | None = None
        self._thread: Thread | None = None

    def __repr__(self) -> str:
        return f"<{type(self).__name__} {self._base_url or 'that is not running'}>"

    def __reduce_ex__(self, protocol: SupportsIndex) -> NoReturn:
        raise TypeError(
            "A LocalServer cannot be copied or pickled, because it runs in this process. Pass its "
            "base_url and its api_key."
        )

    @property
    def api_key(self) -> str:
        """The API key for clients. A generated key of a database is available after the first start."""
        if self._api_key is None:
            raise RuntimeError("the API key is in the database: start the server first")
        return self._api_key

    @property
    def base_url(self) -> str:
        """The base URL for clients, which ends in `/api/v1`. Available while the server runs."""
        if self._base_url is None:
            raise RuntimeError(
                "the server is not running: use LocalServer in a with statement, or call start()"
            )
        return self._base_url

    def set_replies(self, replies: RepliesSource | None) -> None:
        """Replace the replies, for the requests from now on. None restores the built-in model.

        Raises:
            ValueError: If a reply is invalid.
        """
        self._replies.set(replies)

    def start(self) -> Self:
        """Start the server, for programs without a `with` block, such as notebooks.

        Does nothing if the server is running. A server that was stopped can be started again.
        """
        return self if self._thread is not None else self._start()

    def stop(self) -> None:
        """Stop the server. Does nothing if it is not running. The end of the program also stops it."""
        self._stop()

    def __enter__(self) -> Self:
        if self._thread is not None:
            raise RuntimeError("the server is already running")
        return self._start()

    def _start(self) -> Self:
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
            database = Database(self._database_location(), temporary=self._database is None)
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
            # Python joins all threads that are not daemons before it calls the functions of atexit.
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
            resume_window=self._resume_window,
            rate_limit=None if self._rate_limit is None else RateLimit.parse(self._rate_limit),
            upstreams=[
                Upstream.parse(upstream) if isinstance(upstream, str) else upstream
                for upstream in (
                    [self._upstreams] if isinstance(self._upstreams, str) else self._upstreams
                )
            ],
            strict_models=self._strict_models,
            allowed_hosts=self._allowed_hosts,
            allowed_origins=self._allowed_origins,
            faults=self.faults,
            replies=self._replies,
        )

    def _database_location(self) -> str | os.PathLike[str]:
        if self._database is not None:
            return self._database
        self._folder = tempfile.mkdtemp(prefix="chatroutes-")
        return os.path.join(self._folder, "chatroutes.db")

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
