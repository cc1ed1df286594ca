"""The names of `httpx` for annotations. The package is imported when one is looked up."""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from httpx import *  # noqa: F403  for type checkers
else:

    def __getattr__(name: str) -> object:
        import httpx

        return getattr(httpx, name)
