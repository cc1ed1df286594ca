"""One module per resource of the API: each method builds a request, sends it and returns the result.

A module is imported when its class is looked up here. So are the other classes that annotations name.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from ..batch import AsyncBatch as AsyncBatch
    from ..comparison import AsyncComparisonStream as AsyncComparisonStream
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
    from ..search import AsyncSearchIterator as AsyncSearchIterator
    from ..stream import AsyncMessageStream as AsyncMessageStream
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
        "AsyncAutobranch": ".autobranch",
        "AsyncBatch": "..batch",
        "AsyncBranches": ".branches",
        "AsyncCheckpoints": ".checkpoints",
        "AsyncComparisonStream": "..comparison",
        "AsyncConversations": ".conversations",
        "AsyncMessageStream": "..stream",
        "AsyncMessages": ".messages",
        "AsyncModels": ".models",
        "AsyncSearchIterator": "..search",
    }

    def __getattr__(name: str) -> object:
        import importlib

        if name.endswith("WithRawResponse"):
            return getattr(importlib.import_module("..raw_response_methods", __name__), name)
        if name.endswith("WithStreamingResponse"):
            return getattr(importlib.import_module("..streaming_response_methods", __name__), name)
        if name not in _MODULE_BY_NAME:
            raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
        return getattr(importlib.import_module(_MODULE_BY_NAME[name], __name__), name)
