"""The error message for a missing extra `server`."""

from __future__ import annotations

MESSAGE = 'the server needs more packages: install them with pip install "chatroutes[server]"'


def is_missing_dependency(error: ModuleNotFoundError) -> bool:
    """Return whether the missing module belongs to another package than this one."""
    return (error.name or "").partition(".")[0] != "chatroutes_server"
