"""One module per resource of the API: each method builds a request, sends it and returns the result.

A module is imported when its class is looked up here.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from .autobranch import AsyncAutobranch as AsyncAutobranch
    from .branches import AsyncBranches as AsyncBranches
    from .checkpoints import AsyncCheckpoints as AsyncCheckpoints
    from .conversations import AsyncConversations as AsyncConversations
    from .messages import AsyncMessages as AsyncMessages
    from .models import AsyncModels as AsyncModels
else:
    _MODULE_BY_NAME = {
        "AsyncAutobranch": "autobranch",
        "AsyncBranches": "branches",
        "AsyncCheckpoints": "checkpoints",
        "AsyncConversations": "conversations",
        "AsyncMessages": "messages",
        "AsyncModels": "models",
    }

    def __getattr__(name: str) -> object:
        import importlib

        if name not in _MODULE_BY_NAME:
            raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
        return getattr(importlib.import_module(f".{_MODULE_BY_NAME[name]}", __name__), name)
