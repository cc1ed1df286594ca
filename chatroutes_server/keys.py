"""API keys of this server's own making."""

from __future__ import annotations

import secrets


def new_key() -> str:
    return f"cr_local_sk_{secrets.token_hex(32)}"
