"""The entry point of `chatroutes` and of `python -m chatroutes`."""

from __future__ import annotations

import sys
from collections.abc import Sequence

from chatroutes_cli.exit_codes import ExitCode

MISSING_EXTRA = (
    'the command line needs more packages: install them with pip install "chatroutes[cli]"'
)


def main(arguments: Sequence[str] | None = None) -> int:
    """Run a command, and return its exit code."""
    try:
        from chatroutes_cli.app import run
    except ModuleNotFoundError as error:
        if (error.name or "").partition(".")[0] == "chatroutes_cli":
            raise
        sys.stderr.write(f"chatroutes: {MISSING_EXTRA}\n")
        return ExitCode.FAILURE
    except KeyboardInterrupt:  # while the modules are imported
        return ExitCode.INTERRUPTED
    return run(arguments)
