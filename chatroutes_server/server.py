"""The server: the application under uvicorn, for the command line and for LocalServer."""

from __future__ import annotations

import asyncio
import contextlib
import errno
import importlib
import socket
from collections.abc import Callable, Sequence
from typing import TYPE_CHECKING, cast

import uvicorn

from chatroutes_server.app import create_app
from chatroutes_server.config import ServerConfig, Timeouts
from chatroutes_server.contract import load_contract
from chatroutes_server.descriptors import ConnectionLimits
from chatroutes_server.errors import StartupError
from chatroutes_server.generation.manager import GenerationManager
from chatroutes_server.generation.single_flight import SingleFlight
from chatroutes_server.lifespan import GRACEFUL_SHUTDOWN_TIMEOUT
from chatroutes_server.listener import Listener
from chatroutes_server.llm.builtin import BuiltinModel
from chatroutes_server.llm.providers import Upstream
from chatroutes_server.llm.registry import ModelRegistry
from chatroutes_server.middleware.drain import DrainMiddleware
from chatroutes_server.protocol import ServerProtocol
from chatroutes_server.rate_limit import Limiter, RateLimiter
from chatroutes_server.request_context import AppState
from chatroutes_server.store import accounts
from chatroutes_server.store.database import Database
from chatroutes_server.store.rate_limits import SharedRateLimiter

if TYPE_CHECKING:
    import httpx

    from chatroutes_server.llm.openai_compatible import OpenAICompatibleModel

# asyncio imports it when it first looks up a host. Then the process may have no descriptor left.
importlib.import_module("concurrent.futures.thread")

TICK_INTERVAL = 0.1  # seconds; uvicorn's `on_tick` counts on it
SHUTDOWN_POLL_INTERVAL = 0.005  # seconds


def create_server(
    database: Database, config: ServerConfig, on_ready: Callable[[str], None]
) -> Server:
    """Return a server that is not running yet. It calls `on_ready` with its base URL.

    Raises:
        StartupError: If the configuration or the contract cannot be served.
    """
    contract = load_contract()
    user_ids = database.write_sync(
        lambda connection: accounts.register_keys(connection, config.api_keys)
    )
    limiter: Limiter | None = None
    if config.rate_limit is not None:
        limiter = (
            SharedRateLimiter(database, config.rate_limit)
            if database.is_shared
            else RateLimiter(config.rate_limit)
        )
    upstream_client, upstream_models = _create_upstream_models(config.upstreams)
    models = ModelRegistry(
        BuiltinModel(config.word_delay, config.replies), upstream_models, config.strict_models
    )
    state = AppState(
        database=database,
        generations=GenerationManager(database, models, config.resume_window),
        single_flight=SingleFlight(),
        models=models,
        upstream_client=upstream_client,
        contract_version=contract.version,
        keep_alive=config.keep_alive,
    )
    # The reply of an upstream needs a connection to the upstream as well.
    limits = ConnectionLimits.from_process(2 if upstream_models else 1)
    app = create_app(contract, state, user_ids, limiter, config, limits.requests)
    uvicorn_config = uvicorn.Config(
        DrainMiddleware(app, config.timeouts.rejected),
        host=config.host,
        port=config.port,
        loop="asyncio",
        http=ServerProtocol,
        ws="none",
        lifespan="on",
        interface="asgi3",
        log_config=None,
        access_log=False,
        proxy_headers=False,
        server_header=False,
    )

    def on_startup(host: str, port: int) -> None:
        on_ready(f"http://{_format_address(host, port)}{contract.base_path}")

    return Server(
        uvicorn_config,
        limits.connections,
        config.timeouts,
        on_startup,
        state.generations.prepare_to_stop,
    )


def _create_upstream_models(
    upstreams: Sequence[Upstream],
) -> tuple[httpx.AsyncClient | None, list[OpenAICompatibleModel]]:
    if not upstreams:
        return None, []
    # Importing httpx takes a tenth of the time of a start, so import it only if it is needed.
    from chatroutes_server.llm.openai_compatible import OpenAICompatibleModel, create_client

    client = create_client()
    return client, [OpenAICompatibleModel(upstream, client) for upstream in upstreams]


class Server(uvicorn.Server):
    """A uvicorn server that can be stopped from any thread, and stops in milliseconds.

    Uvicorn's own `main_loop` and `shutdown` take 0.1 to 0.3 seconds to stop an idle server. That is
    too slow for a test suite in which each test has a server. Its `startup` accepts any number of
    connections. The methods are not part of uvicorn's documented interface, so pyproject.toml has
    an upper bound for it. `tests/server/test_shutdown.py`, `test_descriptors.py` and
    `test_local_server.py` fail without any of them.
    """

    def __init__(
        self,
        config: uvicorn.Config,
        max_connections: int,
        timeouts: Timeouts,
        on_startup: Callable[[str, int], None],  # called with the host and the port
        on_shutdown: Callable[[], None],  # called before the server waits for open responses
    ) -> None:
        super().__init__(config)
        self._timeouts = timeouts
        self._on_startup = on_startup
        self._on_shutdown = on_shutdown
        self._loop: asyncio.AbstractEventLoop | None = None
        self._stopped = asyncio.Event()
        self._listener = Listener(self._create_protocol, max_connections, self._make_room)

    def run(self, sockets: list[socket.socket] | None = None) -> None:
        # On Windows, the default event loop has no `add_reader`, which the listener needs.
        with asyncio.Runner(loop_factory=asyncio.SelectorEventLoop) as runner:
            runner.run(self.serve(sockets=sockets))

    def stop(self) -> None:
        """Make `run` return. Any thread may call this at any time."""
        self.should_exit = True
        if self._loop is not None:
            with contextlib.suppress(RuntimeError):  # the loop is closed: the server has stopped
                self._loop.call_soon_threadsafe(self._stopped.set)

    async def startup(self, sockets: list[socket.socket] | None = None) -> None:
        """Listen, and report the address.

        Raises:
            StartupError: If the application does not start, or the address cannot be used.
        """
        await self.lifespan.startup()
        if self.lifespan.should_exit:
            raise StartupError("cannot start; the log has the reason")
        try:
            host, port = await self._listener.start(self.config.host, self.config.port)
        except OSError as error:
            await self.lifespan.shutdown()
            address = _format_address(self.config.host, self.config.port)
            reason = error.strerror or str(error)
            if error.errno == errno.EADDRINUSE:
                reason += "; choose another port, or a free one with --port 0"
            raise StartupError(f"cannot listen on {address}: {reason}") from error
        self.started = True
        self._on_startup(host, port)

    def _create_protocol(self) -> ServerProtocol:
        return ServerProtocol(
            self.config,
            self.server_state,
            self.lifespan.state,
            timeouts=self._timeouts,
            on_close=self._listener.release,
        )

    def _make_room(self) -> None:
        """Close connections that have no request."""
        for connection in list(cast("set[ServerProtocol]", self.server_state.connections)):
            connection.make_room()

    async def main_loop(self) -> None:
        """Return as soon as `stop` is called; uvicorn's method returns at its next tick."""
        self._loop = asyncio.get_running_loop()
        ticks = 0
        while not await self.on_tick(ticks):
            ticks += 1
            with contextlib.suppress(TimeoutError):
                await asyncio.wait_for(self._stopped.wait(), TICK_INTERVAL)

    async def shutdown(self, sockets: list[socket.socket] | None = None) -> None:
        """Close idle connections, wait for open responses, and abort those that take too long.

        Uvicorn's method cancels the tasks of open responses instead, and logs an error for each.
        """
        self._on_shutdown()
        await self._listener.stop()
        for connection in list(self.server_state.connections):
            connection.shutdown()
        # A client that does not read would keep its response, and the server, open forever.
        abort = asyncio.get_running_loop().call_later(
            GRACEFUL_SHUTDOWN_TIMEOUT, self._abort_connections
        )
        while (self.server_state.connections or self.server_state.tasks) and not self.force_exit:
            await asyncio.sleep(SHUTDOWN_POLL_INTERVAL)
        abort.cancel()
        await self.lifespan.shutdown()

    def _abort_connections(self) -> None:
        for connection in list(self.server_state.connections):
            connection.transport.abort()


def _format_address(host: str, port: int) -> str:
    return f"[{host}]:{port}" if ":" in host else f"{host}:{port}"
