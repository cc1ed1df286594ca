"""API keys: what they look like, and those of this server's own making."""

from __future__ import annotations

import secrets


def new_key() -> str:
    return f"cr_local_sk_{secrets.token_hex(32)}"


def is_sendable(key: str) -> bool:
    """Tell whether a header can carry the key."""
    return key.isascii() and key.isprintable() and bool(key) and " " not in key
