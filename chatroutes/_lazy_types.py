"""The names of `chatroutes.types` for annotations. The module is imported when one is looked up."""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from .types import *  # noqa: F403  for type checkers
else:

    def __getattr__(name: str) -> object:
        from . import types

        return getattr(types, name)
