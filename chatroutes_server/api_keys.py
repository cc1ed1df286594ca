"""API keys: how to generate one, and which strings can be one."""

from __future__ import annotations

import secrets


def new_key() -> str:
    """Return a random API key."""
    return f"cr_local_sk_{secrets.token_hex(32)}"


def is_sendable(key: str) -> bool:
    """Return whether the key can be sent in an HTTP header."""
    return key.isascii() and key.isprintable() and bool(key) and " " not in key
