"""Running the application under uvicorn, for the command line and for LocalServer alike."""

from __future__ import annotations

import asyncio
import math
import socket
from collections.abc import Callable

import uvicorn

from chatroutes_server.app import build_app
from chatroutes_server.calls import Service
from chatroutes_server.contract import Contract
from chatroutes_server.errors import StartupError
from chatroutes_server.models import BuiltinModel
from chatroutes_server.store.database import Database
from chatroutes_server.turns import Turns

PATIENCE = 1.5  # seconds that open answers and running turns get when the server stops


def build_server(
    database: Database,
    *,
    api_key: str,
    host: str,
    port: int,
    word_delay: float,
    on_ready: Callable[[str], None],
) -> Server:
    """Put a server together; its `run` returns when `should_exit` has been set."""
    if not (api_key.isascii() and api_key.isprintable() and api_key and " " not in api_key):
        raise StartupError("the API key must be printable ASCII without spaces, and not empty")
    if not 0 <= port <= 65535:
        raise StartupError(f"the port must be from 0 to 65535, and not {port}")
    if not 0 <= word_delay < math.inf:
        raise StartupError(f"the word delay must be 0 or more seconds, and not {word_delay}")
    contract = Contract()
    turns = Turns(database, BuiltinModel(word_delay))
    config = uvicorn.Config(
        build_app(contract, Service(database, turns), api_key),
        host=host,
        port=port,
        loop="asyncio",
        http="h11",
        ws="none",
        lifespan="off",
        interface="asgi3",
        log_config=None,
        access_log=False,
        server_header=False,
        # A backstop: connections are cut off after PATIENCE, but a busy machine may need longer to notice.
        timeout_graceful_shutdown=30,
    )
    return Server(config, contract.base_path, turns, on_ready)


class Server(uvicorn.Server):
    """A uvicorn that tells its base URL once it listens, and hurries open streams to stop."""

    def __init__(
        self, config: uvicorn.Config, base_path: str, turns: Turns, on_ready: Callable[[str], None]
    ) -> None:
        super().__init__(config)
        self._base_path = base_path
        self._turns = turns
        self._on_ready = on_ready

    async def startup(self, sockets: list[socket.socket] | None = None) -> None:
        try:
            await super().startup(sockets)
        except SystemExit as error:
            # uvicorn exits where it cannot bind; the reason is what it was handling.
            wanted = _address(self.config.host, self.config.port)
            raise StartupError(f"cannot listen on {wanted}: {_reason(error)}") from error
        host, port = self.servers[0].sockets[0].getsockname()[:2]
        self._on_ready(f"http://{_address(host, port)}{self._base_path}")

    async def shutdown(self, sockets: list[socket.socket] | None = None) -> None:
        self._turns.hurry()
        # A client that reads nothing would hold its answer, and with it the server, for ever.
        loop = asyncio.get_running_loop()
        cut_off = loop.call_later(PATIENCE, self._abort_connections)
        await super().shutdown(sockets)
        cut_off.cancel()
        await self._turns.stop(PATIENCE)

    def _abort_connections(self) -> None:
        for connection in list(self.server_state.connections):
            connection.transport.abort()


def _address(host: str, port: int) -> str:
    return f"[{host}]:{port}" if ":" in host else f"{host}:{port}"


def _reason(error: SystemExit) -> str:
    cause = error.__context__
    return (cause.strerror or str(cause)) if isinstance(cause, OSError) else str(cause)
