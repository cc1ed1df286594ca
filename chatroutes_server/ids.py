"""Ids: a word for the kind, and 96 random bits that nobody can guess."""

from __future__ import annotations

import secrets


def new_id(kind: str) -> str:
    return f"{kind}_{secrets.token_hex(12)}"
