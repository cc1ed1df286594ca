"""The command line, `chatroutes-server` or `python -m chatroutes_server`: its options, and the exit status."""

from __future__ import annotations

import argparse
import contextlib
import gc
import ipaddress
import json
import logging
import os
import shlex
import signal
import sys
from collections.abc import Sequence
from dataclasses import replace
from pathlib import Path
from types import FrameType

from chatroutes_server import _missing_extra
from chatroutes_server._fast_import import pause_garbage_collection
from chatroutes_server.api_keys import API_KEY_VARIABLE, configured_keys
from chatroutes_server.config import (
    DEFAULT_KEEP_ALIVE,
    DEFAULT_RESUME_WINDOW,
    ConfigFile,
    ServerConfig,
    load_config_file,
)
from chatroutes_server.contract import load_contract
from chatroutes_server.descriptors import raise_soft_limit
from chatroutes_server.errors import StartupError
from chatroutes_server.faults.spec import Faults
from chatroutes_server.llm.providers import Upstream
from chatroutes_server.log_filter import RepeatedErrorFilter
from chatroutes_server.rate_limit import RateLimit

COMMAND = "chatroutes-server"
PROGRAM = COMMAND if Path(sys.argv[0]).stem == COMMAND else "python -m chatroutes_server"
LOG_LEVELS = ("debug", "info", "warning", "error")
FAILURE, USAGE = 1, 2  # exit statuses; argparse has the same for an unknown option


def main(arguments: Sequence[str] | None = None, program: str = PROGRAM) -> int:
    """Run the server until SIGINT or SIGTERM, and return the exit status.

    Args:
        arguments: The options. Default: those of this process.
        program: The name of the command in messages and in the help.
    """
    options = _parser(program).parse_args(arguments)
    try:
        if options.version:
            sys.stdout.write(f"{COMMAND} {load_contract().version}\n")
            return 0
        return _serve(options, _config(options), program)
    except ModuleNotFoundError as error:
        if not _missing_extra.is_missing_dependency(error):
            raise
        sys.stderr.write(f"{program}: {_missing_extra.MESSAGE}\n")
    except _InvalidOptionError as error:
        sys.stderr.write(f"{program}: {error}\n")
        return USAGE
    except StartupError as error:
        sys.stderr.write(f"{program}: {error}\n")
    return FAILURE


class _InvalidOptionError(StartupError):
    """The value of an option is invalid."""


class _HelpFormatter(argparse.ArgumentDefaultsHelpFormatter):
    """Shows the default of each option that has one."""

    def _get_help_string(self, action: argparse.Action) -> str | None:
        return super()._get_help_string(action) if action.default else action.help


class _Parser(argparse.ArgumentParser):
    def format_help(self) -> str:
        # Reading the contract takes a tenth of a second, so read it only for the help.
        with contextlib.suppress(ModuleNotFoundError):  # the extra is not installed
            names = sorted(each.id for each in load_contract().operations)
            self.epilog = f"The operations of --fault are {', '.join(names)}, and * for every one."
        return super().format_help()


def _parser(program: str) -> argparse.ArgumentParser:
    parser = _Parser(
        prog=program,
        description="Run a local ChatRoutes server with a built-in model.",
        formatter_class=_HelpFormatter,
    )
    parser.add_argument(
        "--version",
        action="store_true",
        help="print the version of the server and of the API, and exit",
    )
    parser.add_argument("--host", default="127.0.0.1", help="address to listen on")
    parser.add_argument(
        "--port", type=int, default=8787, help="port to listen on; 0 for a free port"
    )
    parser.add_argument(
        "--database",
        default="chatroutes.db",
        help="SQLite file for the data, or a PostgreSQL database such as postgresql://user@host/name, "
        "which several servers can share (default: %(default)s)",
    )
    parser.add_argument(
        "--api-key",
        dest="api_keys",
        metavar="KEY",
        action="append",
        default=[],
        help="API key that requests must send. Repeat the option for more accounts: each key is an account "
        "with data of its own. Other users of the machine can see the options of a process; "
        f"--api-key-file and the environment variable {API_KEY_VARIABLE} keep the key private. Without "
        "any of the three, the server generates a key, keeps it in the database and prints it at each start",
    )
    parser.add_argument(
        "--api-key-file",
        dest="api_key_files",
        metavar="FILE",
        type=Path,
        action="append",
        default=[],
        help="file with API keys, one per line. Its keys follow those of --api-key",
    )
    parser.add_argument(
        "--word-delay",
        metavar="SECONDS",
        type=float,
        default=0.02,
        help="seconds between the words of a reply",
    )
    parser.add_argument(
        "--keep-alive",
        metavar="SECONDS",
        type=float,
        default=DEFAULT_KEEP_ALIVE,
        help="seconds of silence in a stream after which the server sends a comment",
    )
    parser.add_argument(
        "--resume-window",
        metavar="SECONDS",
        type=float,
        default=DEFAULT_RESUME_WINDOW,
        help="seconds (0 to 600) for which a reply continues after its last client has disconnected, if its "
        "request has an Idempotency-Key. In this time, a client can retry. The reply is then stopped",
    )
    parser.add_argument(
        "--rate-limit",
        metavar="N/PERIOD",
        help="number of requests that each key may send per second, minute or hour, such as 60/minute",
    )
    parser.add_argument(
        "--upstream",
        dest="upstreams",
        metavar="NAME=URL",
        action="append",
        default=[],
        help="get the replies of the model NAME from an OpenAI-compatible endpoint, such as "
        "llama3=http://localhost:11434/v1. Options follow after commas: key=ENVVAR (environment "
        "variable with the API key), model=NAME (name of the model at the endpoint), provider=NAME, "
        "timeout=SECONDS. Repeat the option for more models",
    )
    parser.add_argument(
        "--config",
        type=Path,
        metavar="FILE",
        help="TOML file with a table [upstreams.NAME] per model",
    )
    parser.add_argument(
        "--strict-models",
        action="store_true",
        help="reject unknown model names; otherwise the built-in model replies for them, with a warning in "
        "the metadata of the reply",
    )
    parser.add_argument(
        "--allow-host",
        dest="allowed_hosts",
        metavar="HOST",
        action="append",
        default=[],
        help="accept requests for this host name too; * for every name. Without it, a request must name "
        "localhost, a loopback address or the host of --host. This protects from DNS rebinding",
    )
    parser.add_argument(
        "--allow-origin",
        dest="allowed_origins",
        metavar="ORIGIN",
        action="append",
        default=[],
        help="let the web pages of this origin use the server (CORS), such as http://localhost:3000; * for "
        "every origin",
    )
    parser.add_argument(
        "--fault",
        dest="faults",
        metavar="SPEC",
        action="append",
        default=[],
        help="inject a fault, such as sendMessage:status=503,times=2 or streamMessage:cut_after=3 or "
        "*:delay=0.5 (also stall, malformed, retry_after). Repeat the option for more faults",
    )
    parser.add_argument(
        "--log-level",
        choices=LOG_LEVELS,
        default="warning",
        help="least severe messages to log on the standard error output. With info, this includes one "
        "line per request: method, path, status, milliseconds and request id",
    )
    parser.add_argument(
        "--json",
        action="store_true",
        help="print the URL, and the API key if the server generates one, as a line of JSON",
    )
    return parser


def _serve(options: argparse.Namespace, config: ServerConfig, program: str) -> int:
    # These imports take a second. Import them after the options have been checked.
    with pause_garbage_collection():
        from chatroutes_server.server import create_server
        from chatroutes_server.store.database import Database

    handler = logging.StreamHandler(sys.stderr)
    handler.addFilter(RepeatedErrorFilter())
    level = logging.getLevelNamesMapping()[options.log_level.upper()]
    logging.basicConfig(
        handlers=[handler],
        level=max(level, logging.WARNING),  # of other packages
        format="%(asctime)s %(levelname)s %(message)s",
    )
    logging.getLogger("chatroutes_server").setLevel(level)
    # The server reports its errors itself, as a StartupError or with the request id.
    logging.getLogger("uvicorn.error").setLevel(logging.CRITICAL)

    raise_soft_limit()
    database = Database(options.database)
    try:
        generated_key = None if config.api_keys else database.generated_key()
        if generated_key is not None:
            config = replace(config, api_keys=[generated_key])

        def on_ready(base_url: str) -> None:
            describe = _ready_json if options.json else _ready_text
            sys.stdout.write(describe(base_url, generated_key))
            sys.stdout.flush()

        server = create_server(database, config, on_ready)

        def stop(_number: int, _frame: FrameType | None) -> None:
            # Uvicorn handles both signals while it runs. After that it restores these handlers and
            # raises the signal again, which would end the process with another exit status.
            server.stop()

        signal.signal(signal.SIGINT, stop)
        signal.signal(signal.SIGTERM, stop)
        if not _is_loopback(options.host):
            sys.stderr.write(
                f"{program}: warning: listening on {options.host}, which other machines may reach; "
                "anyone who has an API key can read and change its data\n"
            )
        # The imported objects stay. Every full collection would visit them, which takes 30 ms.
        gc.freeze()
        server.run()
    finally:
        database.close()
    return 0


def _ready_text(base_url: str, generated_key: str | None) -> str:
    """Return the lines for the start: the variables that programs with the SDK read, for a shell."""
    lines = [
        f"ChatRoutes server ready at {base_url}",
        f"export CHATROUTES_BASE_URL={shlex.quote(base_url)}",
    ]
    if generated_key is not None:
        lines.append(f"export CHATROUTES_API_KEY={generated_key}")
    return "\n".join([*lines, ""])


def _ready_json(base_url: str, generated_key: str | None) -> str:
    """Return the same as `_ready_text`, for programs."""
    fields = {"baseUrl": base_url, "apiKey": generated_key}
    return json.dumps({name: value for name, value in fields.items() if value is not None}) + "\n"


def _config(options: argparse.Namespace) -> ServerConfig:
    """Return the configuration of the options.

    Raises:
        _InvalidOptionError: If the value of an option, or the content of a file, is invalid.
        StartupError: If a file cannot be read.
    """
    try:
        return _read_config(options)
    except StartupError as error:
        if isinstance(error.__cause__, OSError):
            raise
        raise _InvalidOptionError(str(error)) from None


def _read_config(options: argparse.Namespace) -> ServerConfig:
    try:
        faults = Faults(options.faults)
    except ValueError as error:
        raise StartupError(f"invalid fault: {error}") from None
    file = ConfigFile() if options.config is None else load_config_file(options.config)
    return ServerConfig(
        api_keys=configured_keys(options.api_keys, options.api_key_files, os.environ),
        host=options.host,
        port=options.port,
        word_delay=options.word_delay,
        keep_alive=options.keep_alive,
        resume_window=options.resume_window,
        rate_limit=None if options.rate_limit is None else RateLimit.parse(options.rate_limit),
        upstreams=[*map(Upstream.parse, options.upstreams), *file.upstreams],
        strict_models=options.strict_models or file.strict_models,
        allowed_hosts=options.allowed_hosts,
        allowed_origins=options.allowed_origins,
        faults=faults,
    )


def _is_loopback(host: str) -> bool:
    try:
        return ipaddress.ip_address(host).is_loopback
    except ValueError:
        return host == "localhost"
