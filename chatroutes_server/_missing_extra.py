"""What to say when the packages that the server stands on are not installed."""

from __future__ import annotations

MESSAGE = 'the server needs more packages: pip install "chatroutes[server]" installs them'


def is_missing_dependency(error: ModuleNotFoundError) -> bool:
    """Tell a package that is not installed from a fault of this package's own."""
    return (error.name or "").partition(".")[0] != "chatroutes_server"
