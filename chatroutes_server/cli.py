"""The command line: one server, until a signal stops it."""

from __future__ import annotations

import argparse
import ipaddress
import logging
import signal
import sys
from collections.abc import Sequence
from pathlib import Path
from types import FrameType

from chatroutes_server import _missing_extra
from chatroutes_server.api_keys import new_key
from chatroutes_server.config import DEFAULT_KEEP_ALIVE, ServerConfig
from chatroutes_server.errors import StartupError
from chatroutes_server.faults.spec import Faults
from chatroutes_server.llm.providers import Upstream
from chatroutes_server.rate_limit import RateLimit

PROGRAM = "python -m chatroutes_server"


def main(arguments: Sequence[str] | None = None) -> int:
    """Serve until SIGINT or SIGTERM; give the exit status."""
    options = _parser().parse_args(arguments)
    try:
        return _serve(options)
    except ModuleNotFoundError as error:
        if not _missing_extra.is_missing_dependency(error):
            raise
        sys.stderr.write(f"{PROGRAM}: {_missing_extra.MESSAGE}\n")
    except StartupError as error:
        sys.stderr.write(f"{PROGRAM}: {error}\n")
    return 1


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(
        prog=PROGRAM,
        description="Serve the ChatRoutes API on this machine, with a built-in model.",
        formatter_class=argparse.ArgumentDefaultsHelpFormatter,
    )
    parser.add_argument("--host", default="127.0.0.1", help="address to listen on")
    parser.add_argument("--port", type=int, default=8787, help="port; 0 takes a free one")
    parser.add_argument(
        "--database", type=Path, default=Path("chatroutes.db"), help="SQLite file for the data"
    )
    parser.add_argument(
        "--api-key",
        dest="api_keys",
        metavar="KEY",
        action="append",
        help="key that requests must carry, else one is made up; repeat it for more accounts, "
        "each of which sees its own data only",
    )
    parser.add_argument(
        "--word-delay", type=float, default=0.02, help="seconds between the words of a reply"
    )
    parser.add_argument(
        "--keep-alive",
        type=float,
        default=DEFAULT_KEEP_ALIVE,
        help="seconds of silence in a stream after which a comment is sent",
    )
    parser.add_argument(
        "--rate-limit",
        metavar="N/PERIOD",
        help="requests that each key may send per second, minute or hour, such as 60/minute",
    )
    parser.add_argument(
        "--upstream",
        dest="upstreams",
        metavar="NAME=URL",
        action="append",
        default=[],
        help="send this model's turns to an OpenAI-compatible endpoint, such as "
        "llama3=http://localhost:11434/v1; repeat it for more; after a comma: key=ENVVAR, "
        "model=NAME (there), provider=NAME, timeout=SECONDS",
    )
    parser.add_argument(
        "--config", type=Path, metavar="FILE", help="TOML file with tables [upstreams.NAME]"
    )
    parser.add_argument(
        "--strict-models", action="store_true", help="refuse names of models that are not served"
    )
    parser.add_argument(
        "--fault",
        dest="faults",
        metavar="SPEC",
        action="append",
        default=[],
        help="make something go wrong, such as sendMessage:status=503,times=2 or "
        "streamMessage:cut_after=3 or *:delay=0.5 (also stall, malformed, retry_after); "
        "repeat it for more",
    )
    return parser


def _serve(options: argparse.Namespace) -> int:
    generated = options.api_keys is None
    api_keys: list[str] = [new_key()] if generated else options.api_keys
    config = _config(options, api_keys)
    # Only now: loading them takes a second, which nobody waits for to be told of a wrong option.
    from chatroutes_server.server import build_server
    from chatroutes_server.store.database import Database

    logging.basicConfig(
        stream=sys.stderr, level=logging.WARNING, format="%(asctime)s %(levelname)s %(message)s"
    )
    # What uvicorn has to say about starting and failing is said here, in one sentence.
    logging.getLogger("uvicorn.error").setLevel(logging.CRITICAL)

    def on_ready(base_url: str) -> None:
        key = f" (API key: {api_keys[0]})" if generated else ""
        sys.stdout.write(f"ChatRoutes server ready at {base_url}{key}\n")
        sys.stdout.flush()

    database = Database(options.database)
    try:
        server = build_server(database, config, on_ready)

        def stop(_number: int, _frame: FrameType | None) -> None:
            # uvicorn stops at these signals by itself, and then raises them once more.
            server.stop()

        signal.signal(signal.SIGINT, stop)
        signal.signal(signal.SIGTERM, stop)
        if not _is_loopback(options.host):
            sys.stderr.write(
                f"{PROGRAM}: listening on {options.host}, where other machines may reach it; "
                "whoever has the key can read and change everything\n"
            )
        server.run()
    finally:
        database.close()
    return 0


def _config(options: argparse.Namespace, api_keys: list[str]) -> ServerConfig:
    from chatroutes_server.config_file import Configuration, read_configuration

    try:
        faults = Faults(options.faults)
    except ValueError as error:
        raise StartupError(f"a fault that cannot be: {error}") from None
    configured = (
        Configuration([], False) if options.config is None else read_configuration(options.config)
    )
    return ServerConfig(
        api_keys=api_keys,
        host=options.host,
        port=options.port,
        word_delay=options.word_delay,
        keep_alive=options.keep_alive,
        rate_limit=None if options.rate_limit is None else RateLimit.parse(options.rate_limit),
        upstreams=[*map(Upstream.parse, options.upstreams), *configured.upstreams],
        strict_models=options.strict_models or configured.strict_models,
        faults=faults,
    )


def _is_loopback(host: str) -> bool:
    try:
        return ipaddress.ip_address(host).is_loopback
    except ValueError:
        return host == "localhost"
