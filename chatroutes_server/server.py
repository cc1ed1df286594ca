"""Running the application under uvicorn, for the command line and for LocalServer alike."""

from __future__ import annotations

import asyncio
import contextlib
import socket
from collections.abc import Callable, Sequence
from functools import partial
from typing import TYPE_CHECKING, Any

import uvicorn
from uvicorn.server import ServerState

from chatroutes_server.api.validation import Contract
from chatroutes_server.app import build_app
from chatroutes_server.config import ServerConfig
from chatroutes_server.errors import StartupError
from chatroutes_server.gate import Gate
from chatroutes_server.generation.manager import Turns
from chatroutes_server.generation.single_flight import Errands
from chatroutes_server.llm.builtin import BuiltinModel
from chatroutes_server.llm.providers import Upstream
from chatroutes_server.llm.registry import Catalogue
from chatroutes_server.protocol import EnvelopeProtocol
from chatroutes_server.rate_limit import RateLimiter
from chatroutes_server.request_context import AppState
from chatroutes_server.store import idempotency
from chatroutes_server.store.accounts import register
from chatroutes_server.store.database import Database

if TYPE_CHECKING:
    import httpx

    from chatroutes_server.llm.openai_compatible import UpstreamModel

CLEANUP_INTERVAL = 60 * 60  # seconds between looks for what is to be forgotten
POLL_INTERVAL = (
    0.1  # seconds between looks at the clock, and at a signal's wish that the server stop
)
GRACEFUL_SHUTDOWN_TIMEOUT = (
    1.5  # seconds that open answers and running turns get when the server stops
)
# Seconds after which it stops waiting for answers though their connections were cut off: on a busy
# machine it may take long to notice.
SHUTDOWN_TIMEOUT = 30


def build_server(
    database: Database, config: ServerConfig, on_ready: Callable[[str], None]
) -> Server:
    """Put a server together; its `run` returns after `stop`."""
    contract = Contract()
    try:
        config.faults.validate_operations(operation.id for operation in contract.operations)
    except ValueError as error:
        raise StartupError(f"a fault that cannot be: {error}") from None
    connections = Connections()
    accounts = database.prepare(lambda connection: register(connection, config.api_keys))
    limiter = None if config.rate_limit is None else RateLimiter(config.rate_limit)
    client, models = _models_of(config.upstreams)
    catalogue = Catalogue(BuiltinModel(config.word_delay), models, config.strict_models)
    turns = Turns(database, catalogue)
    errands = Errands()
    app_state = AppState(database, turns, errands, catalogue, contract.version, config.keep_alive)
    gate = Gate(contract, app_state, accounts, limiter, config.faults, connections.close)
    uvicorn_config = uvicorn.Config(
        build_app(contract, gate),
        host=config.host,
        port=config.port,
        loop="asyncio",
        http=EnvelopeProtocol,
        ws="none",
        lifespan="off",
        interface="asgi3",
        log_config=None,
        access_log=False,
        server_header=False,
    )
    work = Work(database, turns, errands, client)
    return Server(uvicorn_config, contract.base_path, work, connections, on_ready)


def _models_of(
    upstreams: Sequence[Upstream],
) -> tuple[httpx.AsyncClient | None, list[UpstreamModel]]:
    if not upstreams:
        return None, []
    # Loading httpx is a tenth of the work of starting, and for nothing where nobody else is asked.
    from chatroutes_server.llm.openai_compatible import UpstreamModel, new_client

    client = new_client()
    return client, [UpstreamModel(each, client) for each in upstreams]


class Work:
    """What goes on in a server besides answering."""

    def __init__(
        self,
        database: Database,
        turns: Turns,
        errands: Errands,
        client: httpx.AsyncClient | None,
    ) -> None:
        self._database = database
        self._turns = turns
        self._errands = errands
        self._client = client
        self._sweeping: asyncio.Task[None] | None = None

    async def begin(self) -> None:
        await self._turns.recover()
        self._sweeping = asyncio.create_task(self._sweep())

    def hurry(self) -> None:
        self._turns.hurry()

    async def end(self) -> None:
        if self._sweeping is not None:
            self._sweeping.cancel()
        await self._errands.stop()
        await self._turns.stop(GRACEFUL_SHUTDOWN_TIMEOUT)
        if self._client is not None:
            await self._client.aclose()

    async def _sweep(self) -> None:
        while True:
            while await self._database.write(idempotency.sweep):
                await asyncio.sleep(0)
            await asyncio.sleep(CLEANUP_INTERVAL)


class Connections:
    """The connections that are open."""

    state: ServerState

    def close(self, client: Any) -> None:
        """Close the connection of this client, once what was sent to it has gone out."""
        for connection in list(self.state.connections):
            if getattr(connection, "client", None) == client:
                connection.transport.close()

    def abort(self) -> None:
        """Close them all, whatever has not gone out yet."""
        for connection in list(self.state.connections):
            connection.transport.abort()


class Server(uvicorn.Server):
    """A uvicorn that tells its base URL once it listens, and stops as soon as it is asked to.

    Its parent looks every tenth of a second whether it is to stop, and again whether everybody has
    left: too slow where each test has a server of its own.
    """

    def __init__(
        self,
        config: uvicorn.Config,
        base_path: str,
        work: Work,
        connections: Connections,
        on_ready: Callable[[str], None],
    ) -> None:
        super().__init__(config)
        connections.state = self.server_state
        self._connections = connections
        self._base_path = base_path
        self._work = work
        self._on_ready = on_ready
        self._wake: Callable[[], object] | None = None

    def stop(self) -> None:
        """Ask the server to stop; from any thread, at any time."""
        self.should_exit = True
        if self._wake is not None:
            with contextlib.suppress(RuntimeError):  # its loop is closed: it has stopped already
                self._wake()

    async def startup(self, sockets: list[socket.socket] | None = None) -> None:
        try:
            await self._work.begin()
            await super().startup(sockets)
        except SystemExit as error:
            # uvicorn exits where it cannot bind; the reason is what it was handling.
            await self._work.end()
            wanted = _address(self.config.host, self.config.port)
            raise StartupError(f"cannot listen on {wanted}: {_reason(error)}") from error
        host, port = self.servers[0].sockets[0].getsockname()[:2]
        self._on_ready(f"http://{_address(host, port)}{self._base_path}")

    async def main_loop(self) -> None:
        woken = asyncio.Event()
        self._wake = partial(asyncio.get_running_loop().call_soon_threadsafe, woken.set)
        ticks = 0
        while not await self.on_tick(ticks):
            ticks += 1
            with contextlib.suppress(asyncio.TimeoutError):
                await asyncio.wait_for(woken.wait(), POLL_INTERVAL)

    async def shutdown(self, sockets: list[socket.socket] | None = None) -> None:
        self._work.hurry()
        await self._stop_accepting()
        for connection in list(self.server_state.connections):
            connection.shutdown()
        # A client that reads nothing would hold its answer, and with it the server, for ever.
        cut_off = asyncio.get_running_loop().call_later(
            GRACEFUL_SHUTDOWN_TIMEOUT, self._connections.abort
        )
        with contextlib.suppress(asyncio.TimeoutError):
            await asyncio.wait_for(self._everybody_left(), SHUTDOWN_TIMEOUT)
        cut_off.cancel()
        await self._work.end()

    async def _stop_accepting(self) -> None:
        # What was accepted a moment ago is known to the loop alone: it takes two rounds until it is a
        # connection. Closed before, the server would leave it to the garbage collector, and its client
        # waiting.
        loop = asyncio.get_running_loop()
        with contextlib.suppress(NotImplementedError):  # Windows' loop makes it one at once
            for server in self.servers:
                for each in server.sockets:
                    loop.remove_reader(each.fileno())
        for _ in range(2):
            await asyncio.sleep(0)
        for server in self.servers:
            server.close()

    async def _everybody_left(self) -> None:
        pause = POLL_INTERVAL / 100
        while (self.server_state.connections or self.server_state.tasks) and not self.force_exit:
            await asyncio.sleep(pause)
            pause = min(2 * pause, POLL_INTERVAL)


def _address(host: str, port: int) -> str:
    return f"[{host}]:{port}" if ":" in host else f"{host}:{port}"


def _reason(error: SystemExit) -> str:
    cause = error.__context__
    return (cause.strerror or str(cause)) if isinstance(cause, OSError) else str(cause)
