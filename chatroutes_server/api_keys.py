"""API keys: how to generate one, which strings can be one, and where the command line finds them."""

from __future__ import annotations

import secrets
from collections.abc import Iterable, Mapping
from pathlib import Path

from chatroutes_server.errors import StartupError

API_KEY_VARIABLE = "CHATROUTES_SERVER_API_KEY"


def new_key() -> str:
    """Return a random API key."""
    return f"cr_local_sk_{secrets.token_hex(32)}"


def is_sendable(key: object) -> bool:
    """Return whether the key is a string that can be sent in an HTTP header."""
    if not isinstance(key, str):
        return False
    return key.isascii() and key.isprintable() and bool(key) and " " not in key


def configured_keys(
    keys: Iterable[str], files: Iterable[Path], environment: Mapping[str, str]
) -> list[str]:
    """Return the given keys and those of the files, or else the key of the environment variable.

    Raises:
        StartupError: If a file cannot be read, or has no key.
    """
    found = [*keys]
    for path in files:
        found += _read_keys(path)
    variable = environment.get(API_KEY_VARIABLE, "").strip()
    return found or ([variable] if variable else [])


def _read_keys(path: Path) -> list[str]:
    try:
        lines = path.read_text("utf-8-sig").splitlines()
    except OSError as error:
        raise StartupError(f"cannot read the API key file {path}: {error.strerror}") from error
    except UnicodeDecodeError as error:
        raise StartupError(f"the API key file {path} is not UTF-8") from error
    keys = [line.strip() for line in lines if line.strip()]
    if not keys:
        raise StartupError(f"the API key file {path} has no key: expected one key per line")
    return keys
