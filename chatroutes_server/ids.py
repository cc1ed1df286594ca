"""Ids: a prefix for the kind of the object, then 96 random bits."""

from __future__ import annotations

import secrets


def new_id(prefix: str) -> str:
    """Return a random id such as `conv_1f0c…`, which cannot be guessed."""
    return f"{prefix}_{secrets.token_hex(12)}"
