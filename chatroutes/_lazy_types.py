"""The names of `chatroutes.types` for annotations: it is loaded when one of them is looked up."""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from .types import *  # noqa: F403  a type checker knows the names
else:

    def __getattr__(name: str) -> object:
        from . import types

        return getattr(types, name)
