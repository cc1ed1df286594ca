"""Find the known name that is most similar to an unknown name."""

from __future__ import annotations

from collections.abc import Iterable
from difflib import get_close_matches

MAX_LENGTH = 100  # characters; comparing long names takes long


def nearest_name(name: str, known: Iterable[str]) -> str | None:
    """Return the most similar known name, or None if none is similar."""
    by_plain_name = {_plain(each): each for each in known}
    matches = get_close_matches(_plain(name[:MAX_LENGTH]), by_plain_name, n=1)
    return by_plain_name[matches[0]] if matches else None


def _plain(name: str) -> str:
    return name.replace("_", "").replace("-", "").lower()
