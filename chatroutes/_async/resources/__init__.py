"""One module per resource of the API: each method builds a request, sends it and returns the result.

A module is imported when its class is looked up here.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from ..raw_response_methods import (
        AsyncAutobranchWithRawResponse as AsyncAutobranchWithRawResponse,
    )
    from ..raw_response_methods import AsyncBranchesWithRawResponse as AsyncBranchesWithRawResponse
    from ..raw_response_methods import (
        AsyncCheckpointsWithRawResponse as AsyncCheckpointsWithRawResponse,
    )
    from ..raw_response_methods import (
        AsyncConversationsWithRawResponse as AsyncConversationsWithRawResponse,
    )
    from ..raw_response_methods import AsyncMessagesWithRawResponse as AsyncMessagesWithRawResponse
    from ..raw_response_methods import AsyncModelsWithRawResponse as AsyncModelsWithRawResponse
    from ..streaming_response_methods import (
        AsyncAutobranchWithStreamingResponse as AsyncAutobranchWithStreamingResponse,
    )
    from ..streaming_response_methods import (
        AsyncBranchesWithStreamingResponse as AsyncBranchesWithStreamingResponse,
    )
    from ..streaming_response_methods import (
        AsyncCheckpointsWithStreamingResponse as AsyncCheckpointsWithStreamingResponse,
    )
    from ..streaming_response_methods import (
        AsyncConversationsWithStreamingResponse as AsyncConversationsWithStreamingResponse,
    )
    from ..streaming_response_methods import (
        AsyncMessagesWithStreamingResponse as AsyncMessagesWithStreamingResponse,
    )
    from ..streaming_response_methods import (
        AsyncModelsWithStreamingResponse as AsyncModelsWithStreamingResponse,
    )
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

        if name.endswith("WithRawResponse"):
            return getattr(importlib.import_module("..raw_response_methods", __name__), name)
        if name.endswith("WithStreamingResponse"):
            return getattr(importlib.import_module("..streaming_response_methods", __name__), name)
        if name not in _MODULE_BY_NAME:
            raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
        return getattr(importlib.import_module(f".{_MODULE_BY_NAME[name]}", __name__), name)
