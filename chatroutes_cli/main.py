"""The entry point of `chatroutes` and of `python -m chatroutes`."""

from __future__ import annotations

import sys
from collections.abc import Sequence

MISSING_EXTRA = (
    'the command line needs more packages: install them with pip install "chatroutes[cli]"'
)


def main(arguments: Sequence[str] | None = None) -> int:
    """Run a command, and return the exit code (see `chatroutes_cli.exit_codes`)."""
    try:
        from chatroutes_cli.app import run
    except ModuleNotFoundError as error:
        if (error.name or "").partition(".")[0] == "chatroutes_cli":
            raise
        sys.stderr.write(f"chatroutes: {MISSING_EXTRA}\n")
        return 1
    except KeyboardInterrupt:  # while the modules are imported
        return 130
    return run(arguments)
